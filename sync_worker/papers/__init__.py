"""Papers that we draw ourselves: facts in, a PDF out. A room beside `bankfiles` and like it, not a part of `notify` or
`sync`: one module per paper, each a pure function, nothing read or sent here. What becomes of them: `sync/papers.py`.
"""
