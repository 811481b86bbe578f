"""Date literals such as TODAY, LAST_N_DAYS:30 and THIS_FISCAL_QUARTER: each is a stretch of the org's days."""

from __future__ import annotations

import re
from datetime import date, timedelta

_PLAIN = {"YESTERDAY": -1, "TODAY": 0, "TOMORROW": 1}
_SHAPE = re.compile(
    r"(?:(?P<side>LAST|THIS|NEXT)_(?:FISCAL_)?(?P<unit>WEEK|MONTH|QUARTER|YEAR)"
    r"|(?P<n_side>LAST|NEXT)_N_(?:FISCAL_)?(?P<n_unit>DAY|WEEK|MONTH|QUARTER|YEAR)S"
    r"|N_(?:FISCAL_)?(?P<ago_unit>DAY|WEEK|MONTH|QUARTER|YEAR)S_AGO"
    r"|(?P<ninety>LAST|NEXT)_90_DAYS)"
)
_MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}


def is_period(word: str) -> bool:
    return word in _PLAIN or _SHAPE.fullmatch(word) is not None


def period(word: str, count: int, today: date) -> tuple[date, date] | None:
    """First day and the day after the last; None for any other word. The fiscal year is the calendar year."""
    if word in _PLAIN:
        day = today + timedelta(days=_PLAIN[word])
        return day, day + timedelta(days=1)
    match = _SHAPE.fullmatch(word)
    if match is None:
        return None
    if match["ninety"]:
        return _days(match["ninety"], 90, today)
    if match["ago_unit"]:
        return _units(match["ago_unit"], -count, -count + 1, today)
    if match["n_unit"] == "DAY":
        return _days(match["n_side"], count, today)
    if match["n_unit"]:
        span = (-count, 0) if match["n_side"] == "LAST" else (1, count + 1)
        return _units(match["n_unit"], *span, today)
    place = {"LAST": -1, "THIS": 0, "NEXT": 1}[match["side"]]
    return _units(match["unit"], place, place + 1, today)


def _days(side: str, count: int, today: date) -> tuple[date, date]:
    """LAST_N_DAYS runs up to and including today; NEXT_N_DAYS begins tomorrow."""
    tomorrow = today + timedelta(days=1)
    if side == "LAST":
        return today - timedelta(days=count), tomorrow
    return tomorrow, tomorrow + timedelta(days=count)


def _units(unit: str, first: int, after: int, today: date) -> tuple[date, date]:
    if unit == "DAY":
        return today + timedelta(days=first), today + timedelta(days=after)
    if unit == "WEEK":
        sunday = today - timedelta(days=(today.weekday() + 1) % 7)
        return sunday + timedelta(weeks=first), sunday + timedelta(weeks=after)
    size = _MONTHS[unit]
    month = (today.year * 12 + today.month - 1) // size * size
    return _month(month + first * size), _month(month + after * size)


def _month(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)
