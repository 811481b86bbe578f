"""Records what our adapters, through both SDKs, and the vendors say to each other; tests/test_cassettes.py plays it.

    python tests/cassettes/record.py            against the sandbox
    python tests/cassettes/record.py --real     against a real Xero demo company and Salesforce org (docs/recording.md)

One thread only: vcrpy loses requests of several. Secrets never reach a cassette, see `scrubbing`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import vcr

from sync_worker.domain.batch import Done, Outcome
from sync_worker.domain.ids import SalesforceId, XeroId
from sync_worker.domain.invoice import Draft, DraftLine
from sync_worker.domain.money import LineAmountTypes
from sync_worker.domain.party import Party
from sync_worker.domain.payment import PaymentRecord, PaymentType
from sync_worker.ports import InvoiceNews
from sync_worker.sandbox.edge import Sandbox
from sync_worker.sandbox.http import Clock
from sync_worker.settings import Settings
from sync_worker.wiring import App, opened, project_folder

HERE = Path(__file__).resolve().parent
FACTS = HERE / "recorded.json"
NUMBER = "CASSETTE-1"
"""The CRM invoice that a real org must hold: one line of 2 x 50.00, a participant, no Finance External ID."""
NOWHERE = XeroId("00000000-0000-4000-8000-000000000000")
NO_RECORD = SalesforceId("a005g00000000000AA")
CRM_HOST, XERO_HOST = "salesforce.example", "xero.example"
GONE = "scrubbed"
VARIABLES = {
    "salesforce": {
        "url": "CASSETTE_SALESFORCE_URL",
        "client_id": "CASSETTE_SALESFORCE_CLIENT_ID",
        "client_secret": "CASSETTE_SALESFORCE_CLIENT_SECRET",
    },
    "xero": {
        "client_id": "CASSETTE_XERO_CLIENT_ID",
        "client_secret": "CASSETTE_XERO_CLIENT_SECRET",
        "tenant_id": "CASSETTE_XERO_TENANT_ID",
    },
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What a recording was made with, so that playing it asks for the very same. `stamp` makes names new each time."""

    at: datetime
    stamp: str
    hosts: Mapping[str, str]
    """The vendors' host names and ports, and what each is called in the cassettes."""

    @classmethod
    def kept(cls) -> Facts:
        facts = json.loads(FACTS.read_text())
        return cls(datetime.fromisoformat(facts["at"]), facts["stamp"], {})

    def keep(self) -> None:
        FACTS.write_text(json.dumps({"at": self.at.isoformat(), "stamp": self.stamp}) + "\n")


class Still:
    """The clock of a recording, and of playing it: it stands, so that tokens live as long as they did then."""

    stopping = False

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    def sleep(self, seconds: float) -> None:
        del seconds


Scene = Callable[[App, Facts], Any]


# What is said -------------------------------------------------------------------------------------


def reading_an_invoice(app: App, _: Facts) -> Any:
    return app.connection("main").invoices.crm.numbered(NUMBER)


def writing_back(app: App, facts: Facts) -> Any:
    """One row that is there, and one that is not."""
    connection = app.connection("main")
    crm = connection.invoices.crm
    (invoice,) = crm.numbered(NUMBER)
    news = [
        InvoiceNews(one, state="Held", message=f"recorded {facts.stamp}")
        for one in (invoice.id, NO_RECORD)
    ]
    with connection.held():
        return crm.write(news)


def writing_payments(app: App, facts: Facts) -> Any:
    """The same one twice: made, then unchanged."""
    connection = app.connection("main")
    (invoice,) = connection.invoices.crm.numbered(NUMBER)
    payment = PaymentRecord(
        invoice=invoice.id,
        type=PaymentType.RECONCILIATION,
        source="Xero",
        paid=True,
        include=True,
        date=facts.at.replace(microsecond=0),
        amount=Decimal("12.34"),
        xero_id=NOWHERE,
        reference=facts.stamp,
        reason="",
    )
    with connection.held():
        return [connection.payments.sides[0].payments.upsert([payment]) for _ in range(2)]


def checking_both_sides(app: App, _: Facts) -> Any:
    return list(app.checks("main"))


def reading_the_books(app: App, _: Facts) -> Any:
    books = app.connection("main").invoices.books
    return books.books(), books.currencies()


def making_a_contact(app: App, facts: Facts) -> Any:
    """Made, refused a second time under another number, and found by number and by name."""
    work = app.connection("main").invoices
    contacts, sender = work.directory.ledger, work.lane.sender
    first, second = a_party(facts, 1), a_party(facts, 2)
    made = sender.send(contacts.prepare_new([(first, 0)]))
    refused = sender.send(contacts.prepare_new([(second, 0)]))
    return made, refused, contacts.by_number([first.id]), contacts.named([first.name])


def making_an_invoice(app: App, facts: Facts) -> Any:
    """A draft beside one that is refused; then it is completed and read again."""
    work = app.connection("main").invoices
    party = a_party(facts, 3)
    (contact,) = work.lane.sender.send(work.directory.ledger.prepare_new([(party, 0)]))
    drafts = [a_draft(facts, "200", 4), a_draft(facts, "no-such", 5)]
    made = work.lane.sender.send(
        work.ledger.prepare_new([(draft, xero_id(contact), 0) for draft in drafts])
    )
    completed = work.lane.sender.send(
        work.ledger.prepare_completion([(drafts[0].record, xero_id(made[0]), None)])
    )
    return made, completed, list(work.ledger.by_id([xero_id(made[0])]).values())


def reading_payments(app: App, _: Facts) -> Any:
    return [
        payment for page in app.connection("main").payments.ledger.changed(None) for payment in page
    ]


SCENES: tuple[Scene, ...] = (
    reading_an_invoice,
    writing_back,
    writing_payments,
    checking_both_sides,
    reading_the_books,
    making_a_contact,
    making_an_invoice,
    reading_payments,
)


def a_party(facts: Facts, n: int) -> Party:
    """The first two share a name."""
    return Party(
        id=a_record(facts, n),
        sobject="Contact",
        name=f"Cassette Participant {max(n, 2)} {facts.stamp}",
        email="cassette@example.com",
    )


def a_draft(facts: Facts, account: str, n: int) -> Draft:
    day = facts.at.date()
    line = DraftLine("Self-care assistance", Decimal(2), Decimal("50.00"), account, "EXEMPTOUTPUT")
    return Draft(
        record=a_record(facts, n),
        number=f"{NUMBER}-{n}",
        date=day,
        due_date=day,
        line_amount_types=LineAmountTypes.INCLUSIVE,
        lines=(line,),
        total=Decimal("100.00"),
    )


def a_record(facts: Facts, n: int) -> SalesforceId:
    """Looks like a Salesforce id, new for each recording."""
    return SalesforceId(f"0035g{facts.at:%y%m%d%H%M}{n:03}")


def xero_id(outcome: Outcome) -> XeroId:
    if not isinstance(outcome, Done):
        msg = f"Xero did not make it: {outcome}"
        raise TypeError(msg)
    return outcome.xero_id


def play(scene: Scene, app: App, facts: Facts, mode: str) -> Any:
    with scrubbing(facts, mode).use_cassette(scene.__name__):
        return scene(app, facts)


# How it is kept -----------------------------------------------------------------------------------


def scrubbing(facts: Facts, mode: str) -> vcr.VCR:
    """A recorder that forgets tokens, secrets and who the organisation is, and that calls each vendor by one name."""
    names = facts.hosts

    def request(one: Any) -> Any:
        host = urlsplit(one.uri).netloc
        one.uri = one.uri.replace(f"//{host}", f"//{names.get(host, host)}", 1)
        return one

    def response(one: Any) -> Any:
        for name in ("Set-Cookie", "set-cookie", "Content-Length", "content-length"):
            one["headers"].pop(name, None)
        text = one["body"]["string"].decode()
        for host, name in names.items():
            text = text.replace(host, name)
        try:
            text = json.dumps(_forgotten(json.loads(text)), ensure_ascii=False)
        except ValueError:
            return {**one, "body": {"string": text.encode()}}
        return {**one, "body": {"string": text.encode()}}

    return vcr.VCR(
        cassette_library_dir=str(HERE),
        path_transformer=vcr.VCR.ensure_suffix(".yaml"),
        record_mode=mode,
        match_on=("method", "host", "path", "query", "body"),
        filter_headers=[
            "Authorization",
            "xero-tenant-id",
            "Cookie",
            "User-Agent",
            "Idempotency-Key",
        ],
        filter_post_data_parameters=["client_id", "client_secret", "assertion"],
        decode_compressed_response=True,
        before_record_request=request,
        before_record_response=response,
    )


def _forgotten(value: Any) -> Any:
    """The same JSON without what may not be kept."""
    if isinstance(value, dict):
        return {
            name: GONE if name in FORGOTTEN else _forgotten(inner) for name, inner in value.items()
        }
    return [_forgotten(one) for one in value] if isinstance(value, list) else value


FORGOTTEN = {
    *("access_token", "refresh_token", "id_token", "signature"),
    *("OrganisationID", "APIKey", "tenantId", "authEventId"),
}


@contextmanager
def an_app(facts: Facts, crm: Mapping[str, str], xero: Mapping[str, str]) -> Iterator[App]:
    settings = Settings.model_validate(
        {
            "journal": {"path": ":memory:"},
            "connections": {
                "main": {
                    "salesforce": crm,
                    "xero": xero,
                    "marker_url": "https://crm.example.com",
                    "invoices": {"account_code": "200"},
                }
            },
        }
    )
    with opened(settings, clock=Still(facts.at)) as app:
        yield app


# Recording ----------------------------------------------------------------------------------------


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--real", action="store_true")
    if parser.parse_args().real:
        record_the_real_ones()
    else:
        record_the_sandbox()
    return 0


def record_the_sandbox() -> None:
    at = datetime(2026, 7, 1, 2, 0, tzinfo=UTC)
    with Sandbox(metadata=project_folder("salesforce"), clock=Clock(lambda: at)) as sandbox:
        stand_ready(sandbox)
        vendors = sandbox.credentials()
        url = vendors["xero"].pop("url")
        xero = {**vendors["xero"], "api_url": url, "identity_url": url}
        hosts = {
            urlsplit(sandbox.salesforce_url).netloc: CRM_HOST,
            urlsplit(url).netloc: XERO_HOST,
        }
        record(Facts(at, "sandbox", hosts), vendors["salesforce"], xero)


def stand_ready(sandbox: Sandbox) -> None:
    """What docs/recording.md asks of a real org and a demo company."""
    org, books = sandbox.org, sandbox.xero
    person = {"FirstName": "Casey", "LastName": "Cassette", "Email": "casey@example.com"}
    (participant,) = org.load("Contact", [person])
    (item,) = org.load("Support_Item__c", [{"Name": "Self-care", "Finance_Account_Code__c": "200"}])
    due = {"Name": NUMBER, "Participant__c": participant, "Invoice_Date__c": "2026-07-01"}
    (invoice,) = org.load("Invoice__c", [{**due, "Total_Amount__c": 100}])
    line = {"Invoice__c": invoice, "Support_Item__c": item, "Quantity__c": 2, "Rate__c": 50}
    org.load("Invoice_Line_Item__c", [line])
    paid = {"Description": "Care", "Quantity": 1, "UnitAmount": 80, "AccountCode": "200"}
    document = books.add_invoice(books.add_contact("Casey Payer"), [paid])
    books.pay(document, "30.00")


def record_the_real_ones() -> None:
    said = {
        side: {name: os.environ.get(variable, "") for name, variable in variables.items()}
        for side, variables in VARIABLES.items()
    }
    missing = [v for side, one in VARIABLES.items() for n, v in one.items() if not said[side][n]]
    if missing:
        sys.exit(f"set {', '.join(missing)}; docs/recording.md says what each is")
    at = datetime.now(UTC).replace(microsecond=0)
    hosts = {
        urlsplit(said["salesforce"]["url"]).netloc: CRM_HOST,
        "api.xero.com": XERO_HOST,
        "identity.xero.com": XERO_HOST,
    }
    record(Facts(at, f"{at:%Y%m%d%H%M}", hosts), said["salesforce"], said["xero"])


def record(facts: Facts, crm: Mapping[str, str], xero: Mapping[str, str]) -> None:
    for old in HERE.glob("*.yaml"):
        old.unlink()
    for scene in SCENES:
        with an_app(facts, crm, xero) as app:
            play(scene, app, facts, "all")
        sys.stdout.write(f"recorded {scene.__name__}\n")
    facts.keep()


if __name__ == "__main__":
    sys.exit(main())
