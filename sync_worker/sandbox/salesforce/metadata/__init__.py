"""An org's setup as files: read from a source folder or from a deployed archive, checked, and made into a schema.

Begin reading in `components.py`; `building.py` makes the schema, `deployment.py` judges a deployed archive.
"""
