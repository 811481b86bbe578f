"""Salesforce, translated: nothing Salesforce-shaped leaves this room. The only room that imports simple_salesforce.

Begin with `invoices.py`; `session.py` holds the login, the time-outs and the one bounded re-login.
"""
