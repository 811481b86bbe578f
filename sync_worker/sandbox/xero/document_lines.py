"""The lines of a document as Xero shows them: of one alone or of a write, and in a list. Member order is recorded."""

from __future__ import annotations

from typing import Any

from sync_worker.sandbox.xero.arithmetic import ZERO, cents
from sync_worker.sandbox.xero.records import Line


def line_alone(line: Line, places: int) -> dict[str, Any]:
    """A line of a single document or of a write's answer."""
    tracking = [
        {
            "Name": t.category,
            "Option": t.option,
            "TrackingCategoryID": t.category_id,
            "TrackingOptionID": t.option_id,
        }
        for t in line.tracking
    ]
    return {**_line(line, places, tracking), "ValidationErrors": []}


def line_of_list(line: Line, places: int) -> dict[str, Any]:
    tracking = [
        {"Name": t.category, "Option": t.option, "TrackingCategoryID": t.category_id, "Options": []}
        for t in line.tracking
    ]
    return _line(line, places, tracking)


def line_of_order(line: Line, places: int, listed: bool) -> dict[str, Any]:
    """A line of a purchase order; a list does not name the account's id."""
    told = line_of_list(line, places) if listed else line_alone(line, places)
    return {**told, "ValidationErrors": None, "AccountID": None if listed else line.account_id}


def line_of_quote(line: Line, places: int, listed: bool) -> dict[str, Any]:
    told = _line(line, places, [])
    return {
        "LineItemID": line.id,
        **{name: told[name] for name in ("AccountCode", "Description", "UnitAmount")},
        "DiscountRate": line.discount_rate,
        "DiscountAmount": line.discount_amount or (ZERO if listed else None),
        "LineAmount": line.line_amount,
        "ItemCode": line.item_code or (None if listed else ""),
        "Quantity": line.quantity,
        "TaxAmount": line.tax_amount,
        "TaxType": line.tax_type,
        "Tracking": [
            {
                "TrackingCategoryID": t.category_id,
                "TrackingOptionID": t.option_id,
                "Name": t.category,
                "Option": t.option,
            }
            for t in line.tracking
        ],
    }


def _line(line: Line, places: int, tracking: list[dict[str, Any]]) -> dict[str, Any]:
    unit = line.unit_amount
    return {
        "ItemCode": line.item_code,
        "Description": line.description,
        "UnitAmount": unit if unit is None or places == 4 else cents(unit),
        "TaxType": line.tax_type,
        "TaxAmount": line.tax_amount,
        "LineAmount": line.line_amount,
        "AccountCode": line.account_code,
        "Tracking": tracking,
        "Quantity": line.quantity,
        "DiscountRate": line.discount_rate,
        "DiscountAmount": line.discount_amount,
        "LineItemID": line.id,
        "AccountID": line.account_id,
    }
