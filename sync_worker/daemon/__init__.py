"""Runs the processes on time and stops politely.

Begin with `runner.py` (one run), then `schedule.py` and `lifecycle.py`.
"""
