"""Bank files: a payout in, bytes out. One module per format, each a pure function; nothing is read or sent here.

What a format cannot carry is refused and never cut or replaced: `checks.py`. Sources: docs/bank-files.md.
"""
