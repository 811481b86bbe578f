"""What the business means: values and rules. No I/O, no clock, no settings. Begin with `invoice.py` and `plan.py`."""
