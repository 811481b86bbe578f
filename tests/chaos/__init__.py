"""Each fault of the chaos table, by its number: table.py lists them all, docs/chaos.md shows them."""
