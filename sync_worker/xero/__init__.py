"""Xero, translated: nothing Xero-shaped leaves this room. The only room that imports xero_python.

Begin with `invoices.py`; `client.py` is the one way out, `errors.py` says what each failure means.
"""
