"""SOQL statements by the thousand, from a seed: most of them right, the rest a right one with something wrong in it."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator

FIELDS = ("Id", "Name", "Total_Amount__c", "Status__c", "Invoice_Date__c", "CreatedDate")
PATHS = (*FIELDS, "Participant__r.Name", "Plan_Manager__r.Owner.Name", "i.Name")
OBJECTS = ("Invoice__c", "Account", "Contact", "maica_cc__Invoice__c")
UNITS = ("WEEK", "MONTH", "QUARTER", "YEAR", "FISCAL_QUARTER", "FISCAL_YEAR")
PERIODS = (
    *("TODAY", "YESTERDAY", "TOMORROW", "LAST_90_DAYS", "NEXT_90_DAYS"),
    *(f"{side}_{unit}" for side in ("LAST", "THIS", "NEXT") for unit in UNITS),
    *(f"{side}_N_{unit}S:3" for side in ("LAST", "NEXT") for unit in ("DAY", *UNITS)),
    *(f"N_{unit}S_AGO:2" for unit in ("DAY", *UNITS)),
)
VALUES = (
    "'abc'",
    "''",
    r"'tab\t new\n line\r \u00e9 \"'",
    r"'O\'Hara'",
    r"'a\\b'",
    "12",
    "-3.5",
    "1.0",
    "TRUE",
    "false",
    "NULL",
    "2026-03-04",
    "2026-03-04T12:00:00Z",
    "2026-03-04T12:00:00.000+10:00",
    *PERIODS,
)
DATE_PARTS = (
    *("CALENDAR_YEAR", "CALENDAR_QUARTER", "CALENDAR_MONTH", "DAY_IN_MONTH", "DAY_IN_WEEK"),
    *("DAY_IN_YEAR", "DAY_ONLY", "FISCAL_YEAR", "FISCAL_QUARTER", "FISCAL_MONTH", "HOUR_IN_DAY"),
    *("WEEK_IN_MONTH", "WEEK_IN_YEAR"),
)
MEASURES = (
    *("COUNT(Id)", "COUNT_DISTINCT(Name)", "SUM(Total_Amount__c)", "AVG(Total_Amount__c)"),
    *("MIN(Invoice_Date__c)", "MAX(CreatedDate)"),
)
SCOPES = ("mine", "everything", "delegated", "team", "mine_and_my_groups", "my_territory")
JUNK = (",", "(", ")", "AND", "OR", "NOT", "FROM", "WHERE", "=", "'abc'", "5", "IN", "LIKE", "BY")


def statements(count: int, seed: int) -> list[str]:
    return list(_Maker(random.Random(seed)).some(count))


class _Maker:
    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._one_of = chance.choice

    def some(self, count: int) -> Iterator[str]:
        for _ in range(count):
            right = self._query()
            yield self._spoilt(right) if self._happens(0.35) else self._respelt(right)

    def _happens(self, likelihood: float) -> bool:
        return self._chance.random() < likelihood

    def _if(self, likelihood: float, text: Callable[[], str]) -> str:
        return f" {text()}" if self._happens(likelihood) else ""

    def _query(self, depth: int = 0) -> str:
        if self._happens(0.15) and not depth:
            return self._aggregated()
        selected = [self._one_of(PATHS) for _ in range(self._chance.randint(1, 4))]
        if depth < 2 and self._happens(0.2):
            selected.append(f"({self._query(depth + 1)})")
        if not depth and self._happens(0.08):
            more = self._if(0.5, lambda: "WHEN Group THEN Name")
            otherwise = self._if(0.7, lambda: "ELSE Name, Id")
            selected.append(f"TYPEOF Owner WHEN User THEN Username, Name{more}{otherwise} END")
        if self._happens(0.06):
            selected = [self._one_of(["FIELDS(ALL)", "FIELDS(STANDARD)", "FIELDS(CUSTOM)"])]
        if self._happens(0.08):
            selected.append(f"{self._one_of(['toLabel', 'FORMAT'])}(Status__c) label")
        source = "Invoice_Line_Items__r" if depth else self._one_of(OBJECTS)
        return (
            f"SELECT {', '.join(selected)} FROM {source}{self._if(0.2, lambda: 'i')}"
            f"{'' if depth else self._if(0.05, lambda: f'USING SCOPE {self._one_of(SCOPES)}')}"
            f"{self._if(0.7, lambda: 'WHERE ' + self._condition())}"
            f"{self._if(0.4, self._order)}{self._if(0.3, lambda: f'LIMIT {self._number(200)}')}"
            f"{self._if(0.1, lambda: f'OFFSET {self._number(2000)}')}"
            f"{'' if depth else self._if(0.04, lambda: self._one_of(['FOR VIEW', 'FOR REFERENCE', 'FOR UPDATE']))}"
            f"{'' if depth else self._if(0.03, lambda: self._one_of(['UPDATE TRACKING', 'UPDATE VIEWSTAT']))}"
            f"{'' if depth else self._if(0.02, lambda: 'ALL ROWS')}"
        )

    def _aggregated(self) -> str:
        if self._happens(0.3):
            return (
                f"SELECT COUNT() FROM Account{self._if(0.6, lambda: 'WHERE ' + self._condition())}"
            )
        part = self._one_of(DATE_PARTS)
        keys = ["Status__c", "Participant__r.Name", f"{part}(CreatedDate)"]
        key = self._one_of([*keys, f"{part}(convertTimezone(CreatedDate))"])
        measure = self._one_of(MEASURES)
        subtotals = self._happens(0.3)
        group = f"{self._one_of(['ROLLUP', 'CUBE'])}(Status__c, Name)" if subtotals else key
        selected = "GROUPING(Status__c), Status__c" if subtotals else key
        having = f"HAVING {measure} {self._sign()} 5{self._if(0.4, lambda: f'AND {measure} != 7')}"
        return (
            f"SELECT {selected}, {measure}{self._if(0.4, lambda: 'total')} FROM Invoice__c"
            f"{self._if(0.4, lambda: 'WHERE ' + self._condition())} GROUP BY {group}"
            f"{self._if(0.4, lambda: having)}"
            f"{self._if(0.3, lambda: f'ORDER BY {measure} DESC NULLS LAST')}{self._if(0.2, lambda: 'LIMIT 7')}"
        )

    def _condition(self, depth: int = 0) -> str:
        if depth < 3 and self._happens(0.35):
            joint = self._one_of([" AND ", " OR "])
            if self._happens(0.08):
                return f"{self._comparison()} AND {self._comparison()} OR {self._comparison()}"
            return joint.join(self._bracketed(depth + 1) for _ in range(self._chance.randint(2, 3)))
        if self._happens(0.1):
            inner = self._comparison()
            return f"NOT ({inner})" if self._happens(0.5) else f"NOT {inner}"
        return self._comparison()

    def _bracketed(self, depth: int) -> str:
        inner = self._condition(depth)
        joined = " AND " in inner or " OR " in inner
        needs = joined or (inner.startswith("NOT") and self._happens(0.95))
        return f"({inner})" if needs or self._happens(0.2) else inner

    def _comparison(self) -> str:
        field = self._one_of(PATHS)
        kind = self._chance.random()
        if kind < 0.55:
            return f"{field} {self._sign()} {self._one_of(VALUES)}"
        if kind < 0.65:
            return f"{field} LIKE {self._one_of(['%a', 'a_b', '%', 'x%y']).join(chr(39) * 2)}"
        if kind < 0.8:
            values = ", ".join(f"'{n}'" for n in range(self._chance.randint(1, 3)))
            return f"{field} {self._one_of(['IN', 'NOT IN'])} ({values})"
        if kind < 0.87:
            return f"Status__c {self._one_of(['INCLUDES', 'EXCLUDES'])} ('a;b', 'c')"
        if kind < 0.94:
            return f"Id {self._one_of(['IN', 'NOT IN'])} (SELECT Invoice__c FROM Payment__c WHERE Paid__c = true)"
        return f"{self._one_of(DATE_PARTS)}(CreatedDate) {self._sign()} 2026"

    def _order(self) -> str:
        keys = [
            f"{self._one_of(PATHS)}{self._if(0.5, lambda: self._one_of(['ASC', 'DESC']))}"
            f"{self._if(0.3, lambda: self._one_of(['NULLS FIRST', 'NULLS LAST']))}"
            for _ in range(self._chance.randint(1, 2))
        ]
        return f"ORDER BY {', '.join(keys)}"

    def _sign(self) -> str:
        return self._one_of(["=", "!=", "<>", "<", "<=", ">", ">="])

    def _number(self, most: int) -> int:
        return self._chance.randint(1, most)

    def _respelt(self, text: str) -> str:
        """The same in other letters and spaces: keywords take any case, and white space is free."""
        if self._happens(0.2):
            keywords = r"\b(SELECT|FROM|WHERE|AND|OR|NOT|IN|LIKE|ORDER BY|GROUP BY|LIMIT)\b"
            text = re.sub(keywords, lambda match: match[0].lower(), text)
        return text.replace(" FROM ", "\n  FROM ") if self._happens(0.2) else text

    def _spoilt(self, text: str) -> str:
        tokens = re.findall(r"'(?:[^'\\]|\\.)*'|[\w.:+-]+|\s+|.", text)
        places = [n for n, token in enumerate(tokens) if token.strip()]
        at = self._one_of(places)
        how = self._chance.randrange(5)
        if how == 0:
            del tokens[at]
        elif how == 1:
            tokens.insert(at, f" {self._one_of(JUNK)} ")
        elif how == 2:
            tokens[at] = f" {self._one_of(JUNK)} "
        elif how == 3:
            tokens = tokens[:at]
        else:
            other = self._one_of(places)
            tokens[at], tokens[other] = tokens[other], tokens[at]
        return "".join(tokens)
