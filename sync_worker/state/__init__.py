"""What is remembered between runs, and the only room that speaks SQL. Begin with `journal.py`, then
`tables.py`."""
