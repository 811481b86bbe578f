"""Letters filled in from templates: the operator's own where there are some, else those of config/templates.

A letter is two files, `payment.txt` and `payment.html`. The first line of the text is its subject. Templates are
Jinja's, in its sandbox: they see what they are given and nothing of the program.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError, select_autoescape
from jinja2.sandbox import ImmutableSandboxedEnvironment

from sync_worker.domain.errors import Misconfigured
from sync_worker.domain.finding import Finding
from sync_worker.domain.letter import Digest, Letter, PaymentNotice, Trouble

SUBJECT = "Subject:"


class Templates:
    """`folders` are looked through in this order, file by file."""

    def __init__(self, *folders: Path) -> None:
        self._jinja = ImmutableSandboxedEnvironment(
            loader=FileSystemLoader(folders),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self._jinja.filters |= {"money": money, "day": day}

    def payment(self, notice: PaymentNotice) -> Letter:
        return self._letter("payment", notice.key, notice.to, _facts(notice))

    def sync_errors(self, digest: Digest) -> Letter:
        shown = [_facts(trouble) for trouble in digest.shown]
        facts = _facts(digest) | {"shown": shown, "more": digest.more}
        return self._letter("sync_errors", digest.key, digest.to, facts)

    def problems(self) -> Iterator[Finding]:
        """What is wrong with the templates, found by filling in each with an example."""
        for fill in (partial(self.payment, A_PAYMENT), partial(self.sync_errors, A_DIGEST)):
            try:
                fill()
            except Misconfigured as wrong:
                yield from (Finding(problem, "correct the template") for problem in wrong.problems)

    def _letter(self, name: str, key: str, to: str, facts: Mapping[str, Any]) -> Letter:
        first, _, plain = self._filled(f"{name}.txt", facts).partition("\n")
        if not first.startswith(SUBJECT) or not first.removeprefix(SUBJECT).strip():
            msg = f"the template {name}.txt must begin with a line such as 'Subject: Your payment'"
            raise Misconfigured(msg)
        subject = first.removeprefix(SUBJECT).strip()
        return Letter(key, to, subject, plain.lstrip("\n"), self._filled(f"{name}.html", facts))

    def _filled(self, file: str, facts: Mapping[str, Any]) -> str:
        try:
            return self._jinja.get_template(file).render(facts)
        except (TemplateError, TypeError, ValueError, ArithmeticError) as wrong:
            known = ", ".join(sorted(facts))
            msg = f"the template {file} cannot be filled in: {wrong} (it knows {known})"
            raise Misconfigured(msg) from None


def money(amount: Decimal, currency: str) -> str:
    return f"{amount:,.2f} {currency}"


def day(when: date) -> str:
    return f"{when.day} {when:%B %Y}"


def _facts(notice: PaymentNotice | Digest | Trouble) -> dict[str, Any]:
    """Its fields by name. A line's end within a word is a blank: no name may begin a line of its own."""
    return {each.name: _one_line(getattr(notice, each.name)) for each in fields(notice)}


def _one_line(value: Any) -> Any:
    return " ".join(value.split()) if isinstance(value, str) else value


A_PAYMENT = PaymentNotice(
    payment="00000000-0000-0000-0000-000000000000",
    to="applicant@example.com",
    applicant="An Applicant",
    organisation="A Grant Maker",
    milestone="M-000001",
    bill="BILL-0001",
    amount=Decimal("1234.50"),
    currency="NZD",
    paid_on=date(2026, 3, 5),
    outstanding=Decimal(100),
    title="A Title",
)
A_DIGEST = Digest(
    "example",
    "finance@example.com",
    (Trouble("bill:M-000001", "a cause", "a cure", "sync-worker retry bill:M-000001"),),
    datetime(2026, 3, 5, tzinfo=UTC),
)
