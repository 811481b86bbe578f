"""Tax rates: listed, added (as TAX001 and on) and deleted. Their order is by name (recorded)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from sync_worker.sandbox.http import Response
from sync_worker.sandbox.xero import errors, listing, reading, writes
from sync_worker.sandbox.xero.arithmetic import ZERO, four_places
from sync_worker.sandbox.xero.books import Books
from sync_worker.sandbox.xero.call import Call
from sync_worker.sandbox.xero.errors import Invalid
from sync_worker.sandbox.xero.reading import Sent
from sync_worker.sandbox.xero.records import TaxComponent, TaxRate
from sync_worker.sandbox.xero.where import fold

TAX_RATES = writes.Kind("TaxRates", "HasErrors")
_CLASSES = ("ASSET", "EQUITY", "EXPENSE", "LIABILITY", "REVENUE")
_NAMES = ("Assets", "Equity", "Expenses", "Liabilities", "Revenue")
_STATUSES = {status: status for status in ("ACTIVE", "DELETED", "ARCHIVED")}


def get_tax_rates(call: Call) -> Response:
    shown = sorted(
        listing.plain(call, call.books.tax_rates, TAX_RATE_LIST), key=lambda rate: fold(rate.name)
    )
    return call.answer("TaxRates", [rendered(rate) for rate in shown])


def get_tax_rate(call: Call) -> Response:
    rate = call.books.tax_rates.get(call.segments[1].upper())
    if rate is None:
        raise errors.not_found()
    return call.answer("TaxRates", [rendered(rate)])


def put_tax_rates(call: Call) -> Response:
    return writes.write(call, TAX_RATES, lambda sent: rendered(_added(call.books, sent)))


def post_tax_rates(call: Call) -> Response:
    """Update the rate of that TaxType or name; only its name and status can change."""

    def update(sent: Sent) -> dict[str, Any]:
        tax_type, name = reading.text(sent, "taxtype"), reading.text(sent, "name")
        rates = call.books.tax_rates
        rate = rates.get((tax_type or "").upper()) or rates.first("name", fold(name or ""))
        if rate is None:
            return rendered(_added(call.books, sent))
        status = reading.word(sent, "status", _STATUSES, "TaxRateStatus") or rate.status
        changed = replace(rate, name=name or rate.name, status=status, updated=call.books.now())
        rates.put(changed)
        return rendered(changed)

    return writes.write(call, TAX_RATES, update)


def rendered(rate: TaxRate) -> dict[str, Any]:
    return {
        "Name": rate.name,
        "TaxType": rate.id,
        "ReportTaxType": rate.report_type,
        **{
            f"CanApplyTo{name}": kind in rate.applies_to
            for name, kind in zip(_NAMES, _CLASSES, strict=True)
        },
        "DisplayTaxRate": four_places(rate.display_rate),
        "EffectiveRate": four_places(rate.effective_rate),
        "Status": rate.status,
        "TaxComponents": [
            {
                "Name": part.name,
                "Rate": four_places(part.rate),
                "IsCompound": part.compound,
                "IsNonRecoverable": part.non_recoverable,
            }
            for part in rate.components
        ],
    }


def _added(books: Books, sent: Sent) -> TaxRate:
    name = reading.text(sent, "name") or ""
    parts = reading.records(sent, "taxcomponents") or []
    if not name or not parts or books.tax_rates.has("name", fold(name)):
        text = (
            errors.NAME_NOT_UNIQUE if name and parts else errors.FIELD_NEEDED.format(field="Name")
        )
        raise Invalid([text], {"Name": name})
    report = (reading.text(sent, "reporttaxtype") or "OUTPUT").upper()
    purchases = "INPUT" in report or "EXPENSES" in report
    made = sum(1 for rate in books.tax_rates if rate.id.startswith("TAX"))
    rate = TaxRate(
        id=f"TAX{made + 1:03d}",
        name=name,
        report_type=report,
        components=tuple(_component(part) for part in parts),
        applies_to=frozenset(_CLASSES) - {"REVENUE" if purchases else "EXPENSE"},
        updated=books.now(),
    )
    books.tax_rates.put(rate)
    return rate


def _component(sent: Sent) -> TaxComponent:
    rate: Decimal = reading.number(sent, "rate") or ZERO
    return TaxComponent(
        reading.text(sent, "name") or "",
        rate,
        reading.flag(sent, "iscompound") or False,
        reading.flag(sent, "isnonrecoverable") or False,
    )


TAX_RATE_LIST = listing.Listing[TaxRate](
    plural="TaxRates",
    fields={
        "Name": listing.Field(lambda t: t.name),
        "TaxType": listing.Field(lambda t: t.id),
        "Status": listing.Field(lambda t: t.status),
        "ReportTaxType": listing.Field(lambda t: t.report_type),
        "EffectiveRate": listing.Field(lambda t: t.effective_rate, "number"),
        "DisplayTaxRate": listing.Field(lambda t: t.display_rate, "number"),
        "CanApplyToRevenue": listing.Field(lambda t: "REVENUE" in t.applies_to, "bool"),
        "CanApplyToExpenses": listing.Field(lambda t: "EXPENSE" in t.applies_to, "bool"),
    },
)
