"""The lines of a document: read, checked against the chart of accounts and tax rates, and worked out.

A line keeps its id only when the client sends it; otherwise it is made anew on every update (Xero's documentation).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from sync_worker.sandbox.xero import arithmetic, errors, reading
from sync_worker.sandbox.xero.arithmetic import NO_TAX, ZERO
from sync_worker.sandbox.xero.books import Books
from sync_worker.sandbox.xero.reading import Sent
from sync_worker.sandbox.xero.records import Account, Line, LineTracking
from sync_worker.sandbox.xero.where import fold

LONGEST_DESCRIPTION = 4_000
_ONE = Decimal("1.0000")


class LineReader:
    """Reads the lines of one document and gathers what is wrong with them."""

    def __init__(
        self,
        books: Books,
        kind: str,
        line_amount_types: str,
        approved: bool,
        places: int,
        *,
        taxed_by_account: bool = True,
    ) -> None:
        self._books = books
        self._kind = kind
        self._types = line_amount_types
        self._approved = approved
        self._places = places
        self._taxed_by_account = taxed_by_account  # a quote's lines are not (recorded)
        self.problems: list[str] = []

    def read(self, sent: Sequence[Sent], held: Sequence[Line]) -> tuple[Line, ...]:
        known = {line.id: line for line in held}
        return tuple(self._line(one, known) for one in sent)

    def _line(self, sent: Sent, known: dict[str, Line]) -> Line:
        if sent.get("itemcode"):
            sent = self._with_item(sent)
        line_id = reading.guid(sent, "lineitemid")
        held = known.get(line_id) if line_id else None
        description = reading.text(sent, "description")
        if description is None and held is not None:
            description = held.description
        if description is not None and len(description) > LONGEST_DESCRIPTION:
            self._problem(errors.TOO_LONG, field="Description", limit=LONGEST_DESCRIPTION)
        line_id = held.id if held is not None else self._books.new_id()
        quantity, unit, amount = self._figures(sent, held)
        if quantity is None and unit is None and amount is None:
            return self._words_only(line_id, description, sent, held)
        return self._priced(line_id, description, sent, held, quantity, unit, amount)

    def _with_item(self, sent: Sent) -> Sent:
        """What a line leaves out and its item has: words, price, account, tax (Xero's invoices page)."""
        code = reading.text(sent, "itemcode") or ""
        item = self._books.items.first("code", fold(code))
        if item is None:
            self._problem(errors.ITEM_UNKNOWN, code=code)
            return sent
        buying = self._kind == "ACCPAY"
        price = item.purchases if buying else item.sales
        of_item = {
            "description": (item.purchase_description if buying else None) or item.description,
            "unitamount": price.unit_price if sent.get("lineamount") is None else None,
            "accountcode": None if sent.get("accountid") else price.account_code,
            "taxtype": price.tax_type,
        }
        given = {name: value for name, value in sent.items() if value is not None}
        return {**of_item, **given}

    def _figures(
        self, sent: Sent, held: Line | None
    ) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
        quantity = reading.number(sent, "quantity")
        unit = reading.number(sent, "unitamount")
        amount = reading.number(sent, "lineamount")
        if held is not None and quantity is None and unit is None and amount is None:
            return held.quantity, held.unit_amount, None
        return quantity, unit, amount

    def _words_only(
        self, line_id: str, description: str | None, sent: Sent, held: Line | None
    ) -> Line:
        """A line that only says something is allowed; one that says nothing is not."""
        if not description and self._approved:
            self._problem(errors.DESCRIPTION_NEEDED)
        account = self._account(sent, held)
        tax_type = reading.text(sent, "taxtype")
        return Line(
            id=line_id,
            description=description,
            tax_type=tax_type,
            account_code=account.code if account else None,
            account_id=account.id if account else None,
        )

    def _priced(
        self,
        line_id: str,
        description: str | None,
        sent: Sent,
        held: Line | None,
        quantity: Decimal | None,
        unit: Decimal | None,
        amount: Decimal | None,
    ) -> Line:
        if not description and self._approved and not sent.get("itemcode"):
            self._problem(errors.DESCRIPTION_NEEDED)
        account = self._account(sent, held)
        if (
            account is None
            and self._approved
            and not sent.get("accountcode")
            and not sent.get("accountid")
        ):
            self._problem(errors.ACCOUNT_NEEDED)
        tax_type = self._tax_type(sent, held, account)
        rate, discount = self._discounts(sent, held)
        quantity, unit = self._completed(quantity, unit, amount)
        gross = arithmetic.cents(quantity * unit)
        worked_out = arithmetic.line_amount(quantity, unit, rate, discount)
        if amount is not None and arithmetic.cents(amount) != worked_out:
            self._problem(errors.LINE_TOTAL, sent=arithmetic.cents(amount), expected=worked_out)
        return Line(
            id=line_id,
            description=description,
            quantity=quantity,
            unit_amount=unit,
            line_amount=worked_out,
            tax_type=tax_type,
            tax_amount=self._tax(sent, worked_out, tax_type),
            account_code=(account.code or None) if account else reading.text(sent, "accountcode"),
            account_id=account.id if account else None,
            item_code=reading.text(sent, "itemcode") or (held.item_code if held else None),
            discount_rate=rate,
            discount_amount=discount,
            discounted=gross - worked_out if rate is not None or discount is not None else ZERO,
            tracking=self._tracking(sent, held),
        )

    def _completed(
        self, quantity: Decimal | None, unit: Decimal | None, amount: Decimal | None
    ) -> tuple[Decimal, Decimal]:
        """Quantity and unit amount, the missing one worked out from the line amount."""
        if quantity is None:
            quantity = amount / unit if amount is not None and unit else _ONE
        quantity = arithmetic.four_places(quantity)
        if unit is None:
            unit = ZERO if amount is None else amount / quantity if quantity else ZERO
        return quantity, arithmetic.unit_price(unit, self._places)

    def _account(self, sent: Sent, held: Line | None) -> Account | None:
        accounts = self._books.accounts
        code, account_id = reading.text(sent, "accountcode"), reading.guid(sent, "accountid")
        if code:
            account = accounts.first("code", fold(code))
        elif account_id:
            account = accounts.get(account_id)
            code = account.code if account else account_id
        else:
            return accounts.get(held.account_id) if held and held.account_id else None
        if account is None or account.type == "BANK" or account.system in ("DEBTORS", "CREDITORS"):
            self._problem(errors.ACCOUNT_UNKNOWN, code=code)
            return None
        if account.status != "ACTIVE":
            self._problem(errors.ACCOUNT_ARCHIVED, code=code)
        return account

    def _tax_type(self, sent: Sent, held: Line | None, account: Account | None) -> str | None:
        """As sent, else as the line had it, else the account's own."""
        if self._types == NO_TAX:
            return "NONE"
        wanted = reading.text(sent, "taxtype") or (held.tax_type if held else None)
        if not wanted:
            if account is None and self._approved:
                self._problem(errors.TAX_TYPE_NEEDED)
            return account.tax_type if account and self._taxed_by_account else None
        rate = self._books.tax_rates.get(wanted.upper())
        if rate is None or rate.status != "ACTIVE":
            self._problem(errors.TAX_TYPE_UNKNOWN, tax=wanted)
            return wanted
        if account is not None and account.account_class not in rate.applies_to:
            self._problem(errors.TAX_TYPE_MISFIT, tax=rate.id, code=account.code)
        return rate.id

    def _tax(self, sent: Sent, amount: Decimal, tax_type: str | None) -> Decimal:
        if self._types == NO_TAX:
            return ZERO
        override = reading.number(sent, "taxamount")
        if override is not None:
            return arithmetic.cents(override)
        rate = self._books.tax_rates.get(tax_type) if tax_type else None
        percent = rate.effective_rate if rate else ZERO
        return arithmetic.tax_amount(amount, percent, self._types)

    def _discounts(self, sent: Sent, held: Line | None) -> tuple[Decimal | None, Decimal | None]:
        rate, amount = reading.number(sent, "discountrate"), reading.number(sent, "discountamount")
        if rate is None and amount is None and held is not None:
            rate, amount = held.discount_rate, held.discount_amount
        rate, amount = rate or None, amount or None
        if (rate or amount) and self._kind == "ACCPAY":
            self._problem(errors.NO_DISCOUNT_ON_BILLS)
        return (
            None if rate is None else arithmetic.cents(rate),
            None if amount is None else arithmetic.cents(amount),
        )

    def _tracking(self, sent: Sent, held: Line | None) -> tuple[LineTracking, ...]:
        given = reading.records(sent, "tracking")
        if given is None:
            return held.tracking if held else ()
        if len(given) > 2:
            self._problem(errors.TWO_TRACKINGS)
        found = [self._option(one) for one in given[:2]]
        return tuple(one for one in found if one is not None)

    def _option(self, sent: Sent) -> LineTracking | None:
        category_id, name = reading.guid(sent, "trackingcategoryid"), reading.text(sent, "name")
        option_id, option_name = (
            reading.guid(sent, "trackingoptionid"),
            reading.text(sent, "option"),
        )
        shelf = self._books.tracking
        category = shelf.get(category_id) if category_id else shelf.first("name", fold(name or ""))
        if category is None or category.status != "ACTIVE":
            self._problem(errors.TRACKING_UNKNOWN)
            return None
        for option in category.options:
            named = option_name is not None and fold(option.name) == fold(option_name)
            if option.status == "ACTIVE" and (option.id == option_id or named):
                return LineTracking(category.id, option.id, category.name, option.name)
        self._problem(errors.TRACKING_UNKNOWN)
        return None

    def _problem(self, text: str, **values: object) -> None:
        message = text.format(**values) if values else text
        if message not in self.problems:
            self.problems.append(message)
