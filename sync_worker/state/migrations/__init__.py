"""How the journal's schema came to be, one revision a file; `migrate.py` runs them."""
