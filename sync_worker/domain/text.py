"""Text as both vendors can hold it."""

from __future__ import annotations

import re

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


def printable(text: str) -> str:
    """Without control characters and halves of characters: neither XML nor UTF-8 has a place for them."""
    return _UNPRINTABLE.sub("", text)
