"""Pretend Salesforce and Xero: plain `handle(request) -> response` cores, and a Starlette shell at the edge.

Knows the vendors' wire formats and nothing of ours, so that an adapter and its double cannot share a mistake.
Begin reading in `http.py`, then `salesforce/` or `xero/`; `control.py` holds the control plane,
apart from what is imitated.
"""
