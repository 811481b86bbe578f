"""One admitted call to the Accounting API: whose it is, which books it opens, and the envelope of its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sync_worker.sandbox.http import Request, Response
from sync_worker.sandbox.xero import reading, wire, xml_wire
from sync_worker.sandbox.xero.books import Books


@dataclass(frozen=True, slots=True)
class Call:
    request: Request
    books: Books
    segments: tuple[str, ...]  # the path after /api.xro/2.0
    client_id: str
    app_name: str
    modified_since_inclusive: bool = True
    late_visibility_ms: int = 0
    novelties: Mapping[str, str] = field(default_factory=dict)

    @property
    def unit_places(self) -> int:
        return 4 if self.request.parameter("unitdp") == "4" else 2

    def as_json(self) -> Call:
        """The call with a JSON body, whatever it came with. A file is left as it is."""
        if "attachments" in (segment.lower() for segment in self.segments[2:3]):
            return self
        return replace(self, request=xml_wire.read(self.request))

    def answer(
        self, key: str, elements: Sequence[Any], pagination: Mapping[str, int] | None = None
    ) -> Response:
        """The envelope, its members in Xero's order; `pagination` stands before the elements (recorded)."""
        if self.novelties:
            elements = [self._renewed(element) for element in elements]
        reply_id = self.books.reply_id()
        return wire.answer(
            {
                "SummarizeErrors": self._summarizes if key == "Quotes" else None,  # recorded
                "Id": reply_id,
                "Status": "OK",
                "ProviderName": self.app_name,
                "DateTimeUTC": wire.bare_instant(self.books.now()),
                "pagination": None if pagination is None else dict(pagination),
                key: list(elements),
            },
            headers={
                "Xero-Correlation-Id": reply_id,  # seen in xero-python's recorded calls
                **({"Content-Type": "application/json"} if key == "Quotes" else {}),  # recorded
            },
        )

    @property
    def _summarizes(self) -> bool:
        return reading.parameter_flag(self.request, "summarizeErrors", default=True)

    def _renewed(self, element: Any) -> Any:
        """With words that no SDK knows yet, in the members that are there."""
        return element | {k: word for k, word in self.novelties.items() if k in element}


Handler = Callable[[Call], Response]
