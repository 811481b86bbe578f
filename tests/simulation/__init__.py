"""The real worker lives thousands of lives on virtual time, and dies in most of them; an oracle judges each.

make simulate               # all of it: every point at which it may die, all pairs, 20,000 random lives
make simulate ARGS="--case seed:4711"    # one life again, with its story
"""
