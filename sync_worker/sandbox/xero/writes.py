"""What every PUT and POST of a list shares: `summarizeErrors`, all or nothing, and how a refused element comes back.

`summarizeErrors` is true when it is not given, whatever the OpenAPI file says (recorded): then one bad element refuses
the call and nothing is saved. Which elements the refusal lists is unsettled: only the bad ones here, so that a client
that counts positions is found out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sync_worker.sandbox.http import Response
from sync_worker.sandbox.xero import errors, reading
from sync_worker.sandbox.xero.call import Call
from sync_worker.sandbox.xero.reading import Sent

LARGEST_BODY = 3_500_000  # bytes; Xero's limits page (a newer one says 10 MB)


@dataclass(frozen=True, slots=True)
class Kind:
    """How elements of one kind are wrapped and marked."""

    plural: str
    error_flag: (
        str  # HasErrors on documents, HasValidationErrors on contacts and payments (recorded)
    )


def write(call: Call, kind: Kind, save: Callable[[Sent], dict[str, Any]]) -> Response:
    """Save every element; `save` gives the reply of one, or raises Invalid with its echo."""
    return write_all(call, kind, reading.elements(call.request, kind.plural), save)


def write_all(
    call: Call, kind: Kind, elements: Sequence[Sent], save: Callable[[Sent], dict[str, Any]]
) -> Response:
    summarize = reading.parameter_flag(call.request, "summarizeErrors", default=True)
    replies: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    for element in elements:
        mark = call.books.mark()
        try:
            reply = save(element)
            status = "OK"
        except errors.Invalid as invalid:
            call.books.take_back(mark)
            reply = _refused_element(kind, invalid)
            refused.append(reply)
            status = "ERROR"
        replies.append(reply if summarize else _with_status(reply, status))
    if refused and summarize:
        call.books.take_back()
        return errors.validation(refused)
    return call.answer(kind.plural, replies)


def _refused_element(kind: Kind, invalid: errors.Invalid) -> dict[str, Any]:
    return {
        **invalid.echo,
        kind.error_flag: True,
        "ValidationErrors": errors.messages(invalid.messages),
    }


def _with_status(reply: dict[str, Any], status: str) -> dict[str, Any]:
    """StatusAttributeString is there only without summarising, and ValidationErrors come after it (recorded)."""
    found = reply.pop("ValidationErrors", None)
    reply["StatusAttributeString"] = status
    if found is not None:
        reply["ValidationErrors"] = found
    return reply
