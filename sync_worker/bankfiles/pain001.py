"""pain.001.001.03, ISO 20022's order of credit transfers, for accounts in Australia or New Zealand.

Structure: ISO 20022, CustomerCreditTransferInitiationV03. Neither country has IBANs: a bank is named by its clearing
code (AUBSB, NZNCC), an account by its number (Othr). Which optional elements a bank wants is its own affair.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from xml.etree import ElementTree as ET

from sync_worker.bankfiles.accounts import Account, australian, new_zealand
from sync_worker.bankfiles.checks import LETTERS_AND_DIGITS, Checked, Limits, Line, inspected
from sync_worker.domain.payout import BankFile, Payout, Unpayable

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.03"
COUNTRIES: dict[str, Callable[[str], Account]] = {"AUD": australian, "NZD": new_zealand}


def limits(currency: str) -> Limits[Account]:
    """Names by what the schema's own users agree on (70), identifiers by the schema (35, less the payment's place in
    the batch), characters by SWIFT's set x, which every bank takes."""
    return Limits(
        format="pain.001",
        currencies=frozenset(COUNTRIES),
        account=COUNTRIES.get(currency, australian),
        characters=frozenset(LETTERS_AND_DIGITS + " /-?:().,'+"),
        payer_name=70,
        payee_name=70,
        batch_name=28,
        details={"particulars": 35, "code": 35, "reference": 35},
        most=Decimal("999999999.99"),
        most_payees=99_999,
    )


def write(payout: Payout) -> BankFile | Unpayable:
    """The file, or every reason why there is none."""
    checked = inspected(payout, limits(payout.currency))
    if isinstance(checked, Unpayable):
        return checked
    root = ET.Element("Document", {"xmlns": NAMESPACE})
    order = ET.SubElement(root, "CstmrCdtTrfInitn")
    _group(order, payout, checked)
    _payment_information(order, payout, checked)
    ET.indent(root)
    content = ET.tostring(root, encoding="UTF-8", xml_declaration=True) + b"\n"
    return BankFile("pain001", content, checked.total, len(checked.lines))


def _group(order: ET.Element, payout: Payout, checked: Checked[Account]) -> None:
    header = ET.SubElement(order, "GrpHdr")
    _say(header, "MsgId", payout.name)
    _say(header, "CreDtTm", payout.made_at.isoformat(timespec="seconds"))
    _sums(header, checked)
    _say(header, "InitgPty/Nm", payout.payer.name)


def _payment_information(order: ET.Element, payout: Payout, checked: Checked[Account]) -> None:
    block = ET.SubElement(order, "PmtInf")
    _say(block, "PmtInfId", payout.name)
    _say(block, "PmtMtd", "TRF")
    _sums(block, checked)
    _say(block, "ReqdExctnDt", payout.pay_on.isoformat())
    _say(block, "Dbtr/Nm", payout.payer.name)
    _say(block, "DbtrAcct/Id/Othr/Id", checked.payer.number)
    _agent(block, "DbtrAgt", checked.payer)
    for place, line in enumerate(checked.lines, start=1):
        _transfer(ET.SubElement(block, "CdtTrfTxInf"), f"{payout.name}-{place}", payout, line)


def _transfer(transfer: ET.Element, name: str, payout: Payout, line: Line[Account]) -> None:
    payee = line.payee
    _say(transfer, "PmtId/EndToEndId", name)
    amount = ET.SubElement(ET.SubElement(transfer, "Amt"), "InstdAmt", {"Ccy": payout.currency})
    amount.text = f"{payee.amount:.2f}"
    _agent(transfer, "CdtrAgt", line.account)
    _say(transfer, "Cdtr/Nm", payee.name)
    _say(transfer, "CdtrAcct/Id/Othr/Id", line.account.number)
    if details := " ".join(filter(None, (payee.particulars, payee.code, payee.reference))):
        _say(transfer, "RmtInf/Ustrd", details)


def _sums(parent: ET.Element, checked: Checked[Account]) -> None:
    _say(parent, "NbOfTxs", str(len(checked.lines)))
    _say(parent, "CtrlSum", f"{checked.total:.2f}")


def _agent(parent: ET.Element, name: str, account: Account) -> None:
    member = ET.SubElement(ET.SubElement(ET.SubElement(parent, name), "FinInstnId"), "ClrSysMmbId")
    _say(member, "ClrSysId/Cd", account.clearing)
    _say(member, "MmbId", account.branch)


def _say(parent: ET.Element, path: str, text: str) -> None:
    """A text below new elements, one for each step of the path."""
    for step in path.split("/"):
        parent = ET.SubElement(parent, step)
    parent.text = text
