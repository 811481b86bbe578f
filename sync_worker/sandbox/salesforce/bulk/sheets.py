"""Rows as CSV text, in the line endings and with the delimiter that a job was given."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field

from sync_worker.sandbox.salesforce.errors import Refused

DELIMITERS = {
    "BACKQUOTE": "`",
    "CARET": "^",
    "COMMA": ",",
    "PIPE": "|",
    "SEMICOLON": ";",
    "TAB": "\t",
}
LINE_ENDINGS = {"LF": "\n", "CRLF": "\r\n"}


@dataclass(slots=True)
class Sheet:
    header: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)

    @classmethod
    def read(cls, text: str, delimiter: str, line_ending: str) -> Sheet:
        """Raises Refused in the words a job fails with."""
        _refuse_other_endings(text, line_ending)
        text = text.removeprefix("\ufeff")
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=DELIMITERS[delimiter])
        try:
            lines = [line for line in reader if line]
        except csv.Error as problem:
            raise Refused(
                "CLIENTINPUTERROR", f"InvalidBatch : Failed to parse CSV: {problem}"
            ) from None
        header, *rows = lines or [[]]
        for row in rows:
            if len(row) != len(header):
                raise Refused(
                    "CLIENTINPUTERROR",
                    "InvalidBatch : Failed to parse CSV: the number of columns in a row differs from the header",
                )
        return cls([each.strip() for each in header], rows)

    def written(self, delimiter: str, line_ending: str) -> str:
        lines = io.StringIO(newline="")
        writer = csv.writer(
            lines,
            delimiter=DELIMITERS[delimiter],
            quoting=csv.QUOTE_ALL,
            lineterminator=LINE_ENDINGS[line_ending],
        )
        if self.header:
            writer.writerow(self.header)
        writer.writerows(self.rows)
        return lines.getvalue()

    def part(self, start: int, count: int) -> Sheet:
        return Sheet(self.header, self.rows[start : start + count])

    def with_columns(self, *names: str) -> Sheet:
        """An empty sheet of the same columns behind some others."""
        return Sheet([*names, *self.header])

    def add(self, *cells: str, row: Sequence[str]) -> None:
        self.rows.append([*cells, *row])


def _refuse_other_endings(text: str, line_ending: str) -> None:
    first, _, _ = text.partition("\n")
    seen = "CRLF" if first.endswith("\r") else "LF"
    if "\n" in text and seen != line_ending:
        raise Refused(
            "CLIENTINPUTERROR",
            f"ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is {line_ending}",
        )
