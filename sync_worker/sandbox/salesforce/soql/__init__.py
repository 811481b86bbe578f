"""SOQL: text to tokens to a syntax tree to closures over rows. Begin reading in `plan.py`."""
