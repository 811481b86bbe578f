"""Reads bank files back, field by field. Written from the layouts of docs/bank-files.md; it knows none of the writers.

Each reader raises where a file is not as its layout says, and gives what a bank would take from it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from xml.etree import ElementTree as ET


@dataclass(frozen=True)
class Paid:
    """What a payee gets by the file; fields that a format has not are None."""

    name: str
    account: str
    amount: Decimal
    particulars: str | None = None
    code: str | None = None
    reference: str | None = None


@dataclass(frozen=True)
class Read:
    payer_name: str | None
    payer_account: str | None
    batch: str | None
    pay_on: date
    made_on: date | None
    payees: tuple[Paid, ...]
    total: Decimal | None
    count: int | None
    hash_total: str | None = None
    balanced: bool = False


def records(content: bytes) -> list[str]:
    """ASCII, and every line ends with CR and LF."""
    text = content.decode("ascii")
    assert text.endswith("\r\n")
    lines = text[:-2].split("\r\n")
    assert not [line for line in lines if re.search(r"[\x00-\x1f\x7f]", line)]
    return lines


# ABA: (field, first column, last column), counted from 1 -------------------------------------------

HEADER = (
    ("type", 1, 1),
    ("blank", 2, 18),
    ("reel", 19, 20),
    ("bank", 21, 23),
    ("blank", 24, 30),
    ("user", 31, 56),
    ("user_id", 57, 62),
    ("description", 63, 74),
    ("date", 75, 80),
    ("blank", 81, 120),
)
DETAIL = (
    ("type", 1, 1),
    ("bsb", 2, 8),
    ("account", 9, 17),
    ("indicator", 18, 18),
    ("code", 19, 20),
    ("cents", 21, 30),
    ("title", 31, 62),
    ("reference", 63, 80),
    ("own_bsb", 81, 87),
    ("own_account", 88, 96),
    ("remitter", 97, 112),
    ("tax", 113, 120),
)
TRAILER = (
    ("type", 1, 1),
    ("bsb", 2, 8),
    ("blank", 9, 20),
    ("net", 21, 30),
    ("credits", 31, 40),
    ("debits", 41, 50),
    ("blank", 51, 74),
    ("count", 75, 80),
    ("blank", 81, 120),
)
WIDTH = 120


def columns(record: str, layout: tuple[tuple[str, int, int], ...]) -> dict[str, str]:
    assert len(record) == WIDTH
    found = {}
    for name, first, last in layout:
        value = record[first - 1 : last]
        if name == "blank":
            assert value.strip(" ") == ""
        found[name] = value
    return found


def digits(value: str) -> int:
    assert re.fullmatch(r"[0-9]+", value)
    return int(value)


def money(cents: str) -> Decimal:
    return Decimal(digits(cents)) / 100


def day(value: str, form: str) -> date:
    return datetime.strptime(value, form).replace(tzinfo=UTC).date()


def left(value: str) -> str:
    """Left-aligned and filled with blanks; it may be all blank."""
    assert not value.startswith(" ") or not value.strip(" ")
    return value.rstrip(" ")


def right(value: str) -> str:
    assert not value.endswith(" ")
    return value.lstrip(" ")


def read_aba(content: bytes) -> Read:
    first, *middle, last = records(content)
    header, trailer = columns(first, HEADER), columns(last, TRAILER)
    details = [columns(line, DETAIL) for line in middle]
    assert (header["type"], header["reel"]) == ("0", "01")
    assert re.fullmatch("[A-Z]{3}", header["bank"])
    assert re.fullmatch("[0-9]{6}", header["user_id"])
    assert left(header["user"])
    assert left(header["description"])
    assert (trailer["type"], trailer["bsb"]) == ("7", "999-999")
    for detail in details:
        assert detail["type"] == "1"
        assert re.fullmatch("[0-9]{3}-[0-9]{3}", detail["bsb"])
        assert re.fullmatch("[0-9]{3}-[0-9]{3}", detail["own_bsb"])
        assert re.fullmatch("[0-9]{1,9}", right(detail["account"]))
        assert (detail["indicator"], detail["tax"]) == (" ", "00000000")
        assert digits(detail["cents"]) > 0
    payments = [detail for detail in details if detail["code"] == "53"]
    debits = [detail for detail in details if detail["code"] == "13"]
    assert details == payments + debits
    credited = sum((money(one["cents"]) for one in payments), Decimal(0))
    debited = sum((money(one["cents"]) for one in debits), Decimal(0))
    assert money(trailer["credits"]) == credited
    assert money(trailer["debits"]) == debited
    assert money(trailer["net"]) == abs(credited - debited)
    assert digits(trailer["count"]) == len(details)
    (own,) = {(one["own_bsb"], right(one["own_account"])) for one in details}
    assert all((one["bsb"], right(one["account"])) == own for one in debits)
    (payer,) = {left(one["remitter"]) for one in details}
    return Read(
        payer_name=payer,
        payer_account=" ".join(own),
        batch=left(debits[0]["reference"]) if debits else None,
        pay_on=day(header["date"], "%d%m%y"),
        made_on=None,
        payees=tuple(
            Paid(
                left(one["title"]),
                f"{one['bsb']} {right(one['account'])}",
                money(one["cents"]),
                reference=left(one["reference"]),
            )
            for one in payments
        ),
        total=credited,
        count=len(payments),
        balanced=bool(debits),
    )


# New Zealand ---------------------------------------------------------------------------------------


def fields(line: str, count: int) -> list[str]:
    found = line.split(",")
    assert len(found) == count
    assert '"' not in line
    return found


def hashed(accounts: list[str]) -> str:
    """Branch (4) and account (7) of each payee, added up; the eleven digits on the right, zeros before."""
    return str(sum(int(account[2:6] + account[6:13]) for account in accounts))[-11:].rjust(11, "0")


def read_bnz(content: bytes) -> Read:
    header = fields(records(content)[0], 9)
    assert [header[place] for place in (0, 1, 2, 3, 5, 8)] == ["1", "", "", "", "7", ""]
    assert re.fullmatch("[0-9]{16}", header[4])
    return _payments_and_control(content, header[4], header[6], header[7], "%y%m%d")


def read_anz(content: bytes) -> Read:
    header = fields(records(content)[0], 9)
    assert [header[place] for place in (0, 1, 2, 3, 4, 5, 8)] == ["1", "", "", "", "", "", ""]
    return _payments_and_control(content, None, header[6], header[7], "%Y%m%d")


def _payments_and_control(
    content: bytes, own_account: str | None, due: str, made: str, dates: str
) -> Read:
    _, *middle, last = records(content)
    payments = [fields(line, 13) for line in middle]
    kind, total, count, hash_total = fields(last, 4)
    assert kind == "3"
    for payment in payments:
        assert (payment[0], payment[2], payment[7]) == ("2", "50", "")
        assert re.fullmatch("[0-9]{16}", payment[1])
        assert re.fullmatch("[1-9][0-9]*", payment[3])
        assert len(payment[4]) <= 20
        assert len(payment[9]) <= 20
        assert all(len(payment[place]) <= 12 for place in (5, 6, 8, 10, 11, 12))
    assert hash_total == hashed([payment[1] for payment in payments])
    assert digits(total) == sum(int(payment[3]) for payment in payments)
    assert digits(count) == len(payments)
    ((payer, batch),) = {(payment[9], payment[11]) for payment in payments}
    return Read(
        payer_name=payer,
        payer_account=own_account,
        batch=batch,
        pay_on=day(due, dates),
        made_on=day(made, dates),
        payees=tuple(Paid(p[4], p[1], money(p[3]), p[8], p[6], p[5]) for p in payments),
        total=money(total),
        count=digits(count),
        hash_total=hash_total,
    )


def read_asb(content: bytes) -> Read:
    payments = [fields(line, 12) for line in records(content)]
    for payment in payments:
        assert re.fullmatch(r"[0-9]+\.[0-9]{2}", payment[3])
        assert re.fullmatch("[0-9]{16}", payment[2] and payment[7])
        assert len(payment[0]) <= 20
        assert len(payment[11]) <= 20
        assert all(len(payment[place]) <= 12 for place in (4, 5, 6, 8, 9, 10))
    ((batch, due, own, reference),) = {(p[0], p[1], p[2], p[10]) for p in payments}
    assert batch == reference
    return Read(
        payer_name=None,
        payer_account=own,
        batch=batch,
        pay_on=day(due, "%Y/%m/%d"),
        made_on=None,
        payees=tuple(Paid(p[11], p[7], Decimal(p[3]), p[4], p[5], p[6]) for p in payments),
        total=None,
        count=None,
    )


# ISO 20022: what may stand below each element, in the schema's order; ! must be there ---------------

PAIN = "{urn:iso:std:iso:20022:tech:xsd:pain.001.001.03}"
ORDER = {
    "Document": "CstmrCdtTrfInitn!",
    "CstmrCdtTrfInitn": "GrpHdr! PmtInf!*",
    "GrpHdr": "MsgId! CreDtTm! Authstn NbOfTxs! CtrlSum InitgPty! FwdgAgt",
    "PmtInf": (
        "PmtInfId! PmtMtd! BtchBookg NbOfTxs CtrlSum PmtTpInf ReqdExctnDt! PoolgAdjstmntDt Dbtr! DbtrAcct! "
        "DbtrAgt! DbtrAgtAcct UltmtDbtr ChrgBr ChrgsAcct ChrgsAcctAgt CdtTrfTxInf!*"
    ),
    "CdtTrfTxInf": (
        "PmtId! PmtTpInf Amt! XchgRateInf ChrgBr ChqInstr UltmtDbtr IntrmyAgt1 IntrmyAgt1Acct IntrmyAgt2 "
        "IntrmyAgt2Acct IntrmyAgt3 IntrmyAgt3Acct CdtrAgt CdtrAgtAcct Cdtr CdtrAcct UltmtCdtr InstrForCdtrAgt "
        "InstrForDbtrAgt Purp RgltryRptg Tax RltdRmtInf RmtInf"
    ),
    "InitgPty": "Nm PstlAdr Id CtryOfRes CtctDtls",
    "Dbtr": "Nm PstlAdr Id CtryOfRes CtctDtls",
    "Cdtr": "Nm PstlAdr Id CtryOfRes CtctDtls",
    "DbtrAcct": "Id! Tp Ccy Nm",
    "CdtrAcct": "Id! Tp Ccy Nm",
    "DbtrAgt": "FinInstnId! BrnchId",
    "CdtrAgt": "FinInstnId! BrnchId",
    "FinInstnId": "BIC ClrSysMmbId Nm PstlAdr Othr",
    "ClrSysMmbId": "ClrSysId MmbId!",
    "ClrSysId": "Cd",
    "Othr": "Id! SchmeNm Issr",
    "PmtId": "InstrId EndToEndId!",
    "Amt": "InstdAmt",
    "RmtInf": "Ustrd* Strd*",
}
TEXTS = {
    "MsgId": r".{1,35}",
    "PmtInfId": r".{1,35}",
    "EndToEndId": r".{1,35}",
    "Id": r".{1,34}",
    "MmbId": r".{1,35}",
    "Nm": r".{1,140}",
    "Ustrd": r".{1,140}",
    "PmtMtd": r"CHK|TRF|TRA",
    "NbOfTxs": r"[0-9]{1,15}",
    "CtrlSum": r"[0-9]{1,15}\.[0-9]{1,2}",
    "InstdAmt": r"[0-9]{1,13}\.[0-9]{2}",
    "Cd": r"AUBSB|NZNCC",
    "ReqdExctnDt": r"\d{4}-\d{2}-\d{2}",
    "CreDtTm": r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(Z|[+-]\d{2}:\d{2})",
}


def well_ordered(element: ET.Element) -> None:
    """Every element is one the schema knows at this place, and in its order; every text fits its type."""
    name = element.tag.removeprefix(PAIN)
    assert element.tag == PAIN + name
    children = [child.tag.removeprefix(PAIN) for child in element]
    if not children:
        assert re.fullmatch(TEXTS[name], element.text or ""), (name, element.text)
        return
    known = (
        ORDER.get(name) or {"Othr": "Id!"}[children[0]]
    )  # an account's Id is a choice: IBAN or Othr
    if name == "Id":
        known = "Othr!"
    steps = [(step.rstrip("!*"), "!" in step, "*" in step) for step in known.split()]
    assert children == sorted(children, key=[step for step, _, _ in steps].index)
    for step, needed, many in steps:
        assert children.count(step) >= needed
        assert many or children.count(step) <= 1
    for child in element:
        well_ordered(child)


def read_pain001(content: bytes) -> Read:
    assert content.startswith(b"<?xml ")
    root = ET.fromstring(content.decode("utf-8").partition("?>")[2])
    well_ordered(root)

    def said(element: ET.Element, path: str) -> str:
        found = element.findall("/".join(PAIN + step for step in path.split("/")))
        assert len(found) == 1
        return found[0].text or ""

    header, block = "CstmrCdtTrfInitn/GrpHdr/", "CstmrCdtTrfInitn/PmtInf/"
    transfers = list(root.iter(PAIN + "CdtTrfTxInf"))
    for sums in (header, block):
        assert int(said(root, sums + "NbOfTxs")) == len(transfers)
    assert said(root, header + "CtrlSum") == said(root, block + "CtrlSum")
    names = [said(one, "PmtId/EndToEndId") for one in transfers]
    assert len(set(names)) == len(names)
    assert said(root, header + "MsgId") == said(root, block + "PmtInfId")
    agents = {one.text for one in root.iter(PAIN + "Cd")}  # one country's banks in one file
    assert len(agents) == 1
    return Read(
        payer_name=said(root, block + "Dbtr/Nm"),
        payer_account=said(root, block + "DbtrAcct/Id/Othr/Id"),
        batch=said(root, header + "MsgId"),
        pay_on=date.fromisoformat(said(root, block + "ReqdExctnDt")),
        made_on=datetime.fromisoformat(said(root, header + "CreDtTm")).date(),
        payees=tuple(
            Paid(
                said(one, "Cdtr/Nm"),
                said(one, "CdtrAgt/FinInstnId/ClrSysMmbId/MmbId")
                + " "
                + said(one, "CdtrAcct/Id/Othr/Id"),
                Decimal(said(one, "Amt/InstdAmt")),
                reference=said(one, "RmtInf/Ustrd")
                if one.find(PAIN + "RmtInf") is not None
                else "",
            )
            for one in transfers
        ),
        total=Decimal(said(root, header + "CtrlSum")),
        count=len(transfers),
    )
