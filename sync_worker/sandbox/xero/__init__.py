"""A pretend Xero: the token endpoint, the connections and the Accounting API of one app, held in memory.

Begin reading in `app.py` (a request's way through), then `books.py` (one organisation's records); each endpoint
has the module of its name. Facts carry their source: "Xero-OpenAPI 16.1", "recorded" (replies of a live demo company,
2026), "reported" (third parties), "unsettled" (nobody is known to have looked; what is hardest on a client is taken).
"""
