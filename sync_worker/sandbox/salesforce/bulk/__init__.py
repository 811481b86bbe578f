"""Bulk API 2.0: jobs that take rows in as CSV and jobs that give rows out. Begin reading in `jobs.py`."""
