"""Walks a reply against the vendor SDK's own description of it: unknown members, nulls, wrong kinds, odd words, no id.

Every reply of a test run is walked. Those of this process by `watch`, whatever test asked for them: the call fails. And
those of sandboxes that are served, in whatever process, once more when the run is over, by `kept_in`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

from xero_python.accounting import models

from sync_worker.sandbox.http import Request, Response
from sync_worker.sandbox.witness import is_told_in_json
from sync_worker.sandbox.xero.app import XeroSandbox

Check = Callable[[Any], list[str]]  # what is wrong with a value, each under its path

_LIST = re.compile(r"list\[(.+)\]")
_MS_DATE = re.compile(r"/Date\(-?\d+(\+0000)?\)/")
_ENVELOPE = {"Id", "Status", "ProviderName", "DateTimeUTC"}
# Xero sends these and the models do not know them (recorded in live replies, 2026, or in Xero-OpenAPI's examples).
_UNKNOWN_TO_MODELS = {
    "DateString",
    "DeliveryDateString",
    "DueDateString",
    "ExpectedPaymentDateString",
    "PlannedPaymentDateString",
    "DateUTCString",
    "InvoicePaymentServices",
    "HasErrors",
    "HasValidationErrors",
    "ValidationErrors",
    "Options",
    "ID",
    "IsDeleted",
    "IsArchived",
    "IsActive",
    "ReportingCodeName",
    "Attachments",
    "StatusAttributeString",
}
_UNKNOWN_TO = {"PurchaseOrder": {"Type", "IsDiscounted", "ExpectedArrivalDateString"}}
_SINGULARS = {
    "TrackingCategories": "TrackingCategory",
    "Currencies": "Currency",
    "Options": "TrackingOption",
}
_IDS = {  # what an element of each kind can be told apart by
    "Account": "AccountID",
    "Allocation": "AllocationID",
    "Attachment": "AttachmentID",
    "BankTransaction": "BankTransactionID",
    "BatchPayment": "BatchPaymentID",
    "BrandingTheme": "BrandingThemeID",
    "Contact": "ContactID",
    "ContactGroup": "ContactGroupID",
    "CreditNote": "CreditNoteID",
    "Currency": "Code",
    "Invoice": "InvoiceID",
    "Item": "ItemID",
    "Organisation": "OrganisationID",
    "Overpayment": "OverpaymentID",
    "Payment": "PaymentID",
    "Prepayment": "PrepaymentID",
    "PurchaseOrder": "PurchaseOrderID",
    "Quote": "QuoteID",
    "TaxRate": "TaxType",
    "TrackingCategory": "TrackingCategoryID",
    "TrackingOption": "TrackingOptionID",
    "User": "UserID",
}


def watch(told: Callable[[str], object]) -> None:
    """From now on a reply the SDK could not read is an AssertionError where it was asked for, and `told`: a sandbox
    that is served would only make a failed call of it."""
    answer = XeroSandbox.handle

    def handle(sandbox: XeroSandbox, request: Request) -> Response:
        reply = answer(sandbox, request)
        if reply.status == 200 and not sandbox.knobs.novelties and is_told_in_json(request, reply):
            found = _complaint(request.method, request.path, reply.json())
            if found:
                told(found)
            assert not found, found
        return reply

    XeroSandbox.handle = handle  # type: ignore[method-assign,assignment]  # every reply passes here


def kept_in(folder: Path) -> list[str]:
    """What is wrong with the replies a witness has kept."""
    found: list[str] = []
    for file in sorted(folder.glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            reply = json.loads(line)
            if reply["status"] == 200 and not reply["novelties"]:
                found.append(_complaint(reply["method"], reply["path"], reply["body"]))
    return [one for one in found if one]


def _complaint(method: str, path: str, body: dict[str, Any]) -> str:
    found = faults(body)
    return f"{method} {path}: {'; '.join(found[:5])}" if found else ""


def faults(reply: dict[str, Any]) -> list[str]:
    """What the SDK's models would not understand in an envelope."""
    if "AllocationID" in reply:  # a deleted allocation comes without one (Xero-OpenAPI 16.1)
        return _under("Allocation", _checked("Allocation")(reply))
    found: list[str] = []
    for key, value in reply.items():
        if key in _ENVELOPE:
            found += [] if isinstance(value, str) else [f"{key}: {value!r}"]
        elif key == "SummarizeErrors":  # in the envelope of quotes (recorded)
            found += [] if isinstance(value, bool) else [f"{key}: {value!r}"]
        elif key == "pagination":
            found += _under(key, _checked("Pagination")(value))
        else:
            found += _elements(key, value)
    return found


def _elements(key: str, elements: list[dict[str, Any]]) -> list[str]:
    kind = _SINGULARS.get(key, key.removesuffix("s"))
    check, id_member = _checked(kind), _IDS.get(kind)
    found: list[str] = []
    for at, element in enumerate(elements):
        wrong = check(element)
        refused = element.get("StatusAttributeString") == "ERROR"
        if id_member is not None and not refused and not element.get(id_member):
            wrong = [*wrong, f".{id_member}: missing"]
        if wrong:
            found += _under(f"{key}[{at}]", wrong)
    return found


@cache
def _checked(kind: str) -> Check:
    if match := _LIST.fullmatch(kind):
        return _list_check(match[1])
    if kind in _SIMPLE:
        fits = _SIMPLE[kind]
        return lambda value: [] if fits(value) else [_misfit(value, kind)]
    model = getattr(models, kind)
    if issubclass(model, Enum):
        words = {member.value for member in model}
        return lambda value: [] if value in words else [_misfit(value, kind)]
    return _model_check(model)


def _list_check(kind: str) -> Check:
    def check(value: Any) -> list[str]:
        if not isinstance(value, list):
            return [": null" if value is None else f": {value!r} is no list"]
        one = _checked(kind)
        return [f"[{at}]{wrong}" for at, item in enumerate(value) for wrong in one(item)]

    return check


def _model_check(model: Any) -> Check:
    kinds = {model.attribute_map[name]: kind for name, kind in model.openapi_types.items()}
    allowed = {model.attribute_map[name]: words for name, words in _allowed_words(model).items()}

    def check(value: Any) -> list[str]:
        if not isinstance(value, dict):
            return [_misfit(value, model.__name__)]
        found: list[str] = []
        for key, member in value.items():
            kind = kinds.get(key)
            if kind is not None:
                wrong = _checked(kind)(member)
                if wrong:
                    found += _under(f".{key}", wrong)
                elif key in allowed and member not in allowed[key]:
                    found.append(f".{key}: {member!r} is no {model.__name__}.{key}")
            elif key not in _UNKNOWN_TO_MODELS and key not in _UNKNOWN_TO.get(model.__name__, ()):
                found.append(f".{key}: unknown")
        return found

    return check


def _allowed_words(model: Any) -> dict[str, set[str]]:
    """The words a model's setter takes, which it keeps to itself: found by offering it one it cannot know."""
    words: dict[str, set[str]] = {}
    blank = model.__new__(model)
    for name, kind in model.openapi_types.items():
        if kind != "str":
            continue
        try:
            setattr(blank, name, "no such word")
        except ValueError as error:
            if match := re.search(r"must be one of \[(.+)\]", str(error)):
                words[name] = set(re.findall(r"'([^']*)'", match[1]))
    return words


def _under(path: str, wrong: list[str]) -> list[str]:
    return [path + one for one in wrong]


def _misfit(value: Any, kind: str) -> str:
    return ": null" if value is None else f": {value!r} is no {kind}"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_ms_date(value: Any) -> bool:
    return isinstance(value, str) and _MS_DATE.fullmatch(value) is not None


_SIMPLE: dict[str, Callable[[Any], bool]] = {
    "str": lambda value: isinstance(value, str),
    "bool": lambda value: isinstance(value, bool),
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "float": _is_number,
    "date[ms-format]": _is_ms_date,
    "datetime[ms-format]": _is_ms_date,
}
