"""One safety rule taken out of the real code, and the tests that must notice."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

HOUSE = Path(__file__).resolve().parents[2]


class Stale(ValueError):
    """The code or a test moved on, and this entry of the table did not."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """`text` stands exactly once in `file`, both as the code has them; `killers` are pytest's own names."""

    broken: str
    """The promise, as it reads once it is broken."""
    file: str
    text: str
    becomes: str
    killers: tuple[str, ...]

    def source(self, house: Path = HOUSE) -> str:
        """The whole file as it becomes. Raises Stale."""
        before = (house / self.file).read_text(encoding="utf-8")
        if (times := before.count(self.text)) != 1:
            raise Stale(f"{self.broken!r}: its text stands {times} times in {self.file}, not once")
        return before.replace(self.text, self.becomes)

    def check_killers(self, house: Path = HOUSE) -> None:
        """Raises Stale where there is none, or one that is no test."""
        if not self.killers:
            raise Stale(f"{self.broken!r} names no test")
        for killer in self.killers:
            file, _, name = killer.partition("::")
            plain = re.escape(name.partition("[")[0])
            path = house / file
            text = path.read_text(encoding="utf-8") if path.is_file() else ""
            if not name or not re.search(rf"^def {plain}\(", text, re.MULTILINE):
                raise Stale(f"{self.broken!r}: there is no test {killer}")
