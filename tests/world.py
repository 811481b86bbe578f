"""One small world: a CRM org and a Xero organisation of the sandbox, the worker's real code between them, virtual time.

    world = a_world()
    world.crm.invoice("INV-1")
    world.sync()
    assert world.document("INV-1")["status"] == "AUTHORISED"

Nothing is mocked: the sandbox is the vendors' only double, both SDKs run, the journal is SQLite in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any

from sync_worker.daemon.outcome import Exit, Result
from sync_worker.daemon.runner import Connection
from sync_worker.domain.document import IN_DOUBT, Document, Kind
from sync_worker.domain.errors import Stopping
from sync_worker.domain.ids import SalesforceId
from sync_worker.domain.paper import Audit
from sync_worker.papers.audit import drawn
from sync_worker.ports import Moments, Step, unwatched
from sync_worker.sandbox.control import ControlPlane
from sync_worker.sandbox.edge import Sandbox
from sync_worker.sandbox.faults import fault_from
from sync_worker.sandbox.http import Clock
from sync_worker.sandbox.mailbox import Slot
from sync_worker.sandbox.salesforce.org import SalesforceOrg
from sync_worker.sandbox.seeds.applicants import open_books
from sync_worker.sandbox.xero.app import XeroSandbox
from sync_worker.sandbox.xero.knobs import Knobs
from sync_worker.settings import Settings
from sync_worker.wiring import App, Ways
from tests import journals
from tests.ways import MailWay, Road, SalesforceWay, Time, XeroWay

METADATA = Path(__file__).resolve().parents[1] / "config" / "salesforce"
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
TODAY = date(2026, 3, 4)
SALESFORCE, XERO = "http://127.0.0.1:9701", "http://127.0.0.1:9702"
MAIL = {"host": "127.0.0.1", "port": 1, "tls": "none", "sender": "Kea Grants <grants@kea.example>"}
"""A mail server at a port where nobody listens: letters go to the sandbox's mail box without a socket."""

Row = dict[str, Any]


class VirtualClock:
    """The worker's clock on the sandbox's time: waiting moves it on. `ahead` is by how much it is wrong; `dead` is
    raised where somebody waits who was killed."""

    def __init__(self, time: Time) -> None:
        self._time = time
        self.ahead = timedelta()
        """By how much it is wrong."""
        self.dead: BaseException | None = None
        self.stopping = False
        self.slept: list[float] = []
        self.stop_at_next_sleep = False

    def now(self) -> datetime:
        return self._time.now() + self.ahead

    def sleep(self, seconds: float) -> None:
        if self.dead:
            raise self.dead
        if self.stop_at_next_sleep:
            self.stopping = True
        if self.stopping:
            raise Stopping
        self.slept.append(seconds)
        self._time.pass_by(seconds)


class World:
    """Both vendors, the worker, and what a test asks of them."""

    def __init__(
        self, plane: ControlPlane, *, urls: tuple[str, str] | None, **settings: Any
    ) -> None:
        self.plane = plane
        self.org, self.xero = plane.org, plane.xero
        self.time = Time(plane.clock)
        self.roads = {
            "salesforce": Road(plane.salesforce_door, self.time),
            "xero": Road(plane.xero_door, self.time),
        }
        self.mail = Slot(plane.mailbox)
        self.clock = VirtualClock(self.time)
        self.crm = Crm(plane.org)
        self.moments: Moments = unwatched
        self.draws: Callable[[Audit], bytes] = drawn
        """What makes an audit document."""
        self._served = urls is not None
        self._urls = urls or (SALESFORCE, XERO)
        self.settings = self._settings(settings)
        self.lose_journal()

    # The worker ---------------------------------------------------------------------------------

    def sync(self, process: str = "invoices") -> Result:
        """One scheduled run, the lane taken for it as the daemon does."""
        with self.worker.held() as ours:
            assert ours, "another worker has the lane"
            return self.worker.run(process)

    def sync_invoice(self, number: str) -> Result:
        with self.worker.held():
            return self.worker.run_invoice(number)

    def sync_requested(self) -> Result:
        with self.worker.held():
            return self.worker.run_requested()

    def settle(self, *processes: str, runs: int = 12, apart: float = 400) -> None:
        """Runs again and again as a schedule would, until nothing is in doubt any more and nothing moves."""
        before: object = None
        for _ in range(runs):
            ended = {self.sync(process).exit for process in processes or ("invoices",)}
            crm = (self.org.rows("Invoice__c"), self.org.rows("Milestone__c"))
            after = (crm, self.xero.documents(), self.xero.payments())
            if after == before and not self.in_doubt() and Exit.UNSURE not in ended:
                return
            before = after
            self.advance(apart)

    def restart(self) -> None:
        """The same journal, a new process."""
        if hasattr(self, "worker"):
            self.worker.lane.release()
        self.app = self._app(self.clock, self._passed)
        self.worker: Connection = self._connected(self.app)

    def another_worker(self, clock: VirtualClock, moments: Moments) -> Connection:
        """One more process on the same journal, with a watch of its own."""
        return self._connected(self._app(clock, moments))

    def _connected(self, app: App) -> Connection:
        worker = app.connection("main")
        worker.papers = replace(worker.papers, drawn=self.draws)
        return worker

    def _app(self, clock: VirtualClock, moments: Moments) -> App:
        by_socket = self.settings.mail.port != MAIL["port"]
        ways = Ways(
            SalesforceWay(self.roads["salesforce"]),
            XeroWay(self.roads["xero"]),
            None if by_socket else MailWay(self.mail),
        )
        return App(
            self.settings,
            clock,
            self.engine,
            ways=Ways() if self._served else ways,
            moments=moments,
        )

    def lose_journal(self, copy: bytes | None = None) -> None:
        """A new machine: nothing is remembered, or what `journals.copied` remembered then."""
        self.engine = journals.empty() if copy is None else journals.put_back(copy)
        if hasattr(self, "worker"):
            self.worker.lane._lease = None  # type: ignore[attr-defined]  # as a dead process leaves it
        self.restart()

    def hang_up(self) -> None:
        """Closes what was opened to a served sandbox."""
        worker: Any = self.worker
        worker.invoices.crm._client.session.close()
        worker.invoices.ledger._client._tokens._login._way._way._way.clear()

    def change_settings(self, **settings: Any) -> None:
        """As after an edit of the configuration and a restart."""
        self.settings = self._settings(settings)
        self.restart()

    def advance(self, seconds: float) -> None:
        self.time.pass_by(seconds)

    # What a test sees ---------------------------------------------------------------------------

    def invoice(self, number: str) -> Row:
        """The CRM's row."""
        (found,) = [row for row in self.org.rows("Invoice__c") if row["Name"] == number]
        return found

    def milestone(self, number: str = "MS-1") -> Row:
        """The CRM's row."""
        (found,) = [row for row in self.org.rows("Milestone__c") if row["Name"] == number]
        return found

    def bills(self, number: str = "MS-1") -> list[Row]:
        """Every bill in Xero that bears the milestone's number, whatever became of it."""
        documents = self.xero.documents()
        return [one for one in documents if (one["kind"], one["number"]) == ("ACCPAY", number)]

    def bill(self, number: str = "MS-1") -> Row:
        (found,) = self.bills(number)
        return found

    def document(self, number: str) -> Row:
        """The one Xero invoice whose Reference is the CRM's number."""
        (found,) = [one for one in self.xero.documents() if one["reference"] == number]
        return found

    def payments(self, number: str) -> list[Row]:
        """Xero's payments on every invoice with that Reference."""
        ids = {one["id"] for one in self.documents_of(number)}
        return [one for one in self.xero.payments() if one["invoice_id"] in ids]

    def contact(self, name: str) -> Row:
        (found,) = [one for one in self.xero.contacts() if one["name"] == name]
        return found

    def row(self, number: str, kind: Kind = Kind.INVOICE) -> Document:
        """The journal's."""
        (found,) = self.worker.journal.numbered(kind, number)
        return found

    def steps(self, number: str) -> list[Step]:
        record = SalesforceId(self.invoice(number)["Id"])
        return self.worker.journal.journey(Kind.INVOICE, record)

    def journey(self, number: str) -> str:
        """The record's journey in words."""
        return "\n".join(f"{step.state}: {step.words}" for step in self.steps(number))

    def documents_of(self, number: str) -> list[Row]:
        """Every Xero invoice with that Reference, whatever became of it."""
        return [one for one in self.xero.documents() if one["reference"] == number]

    def in_doubt(self) -> list[str]:
        return [
            row.number
            for kind in Kind
            for row in self.worker.journal.in_state(kind, IN_DOUBT, limit=100_000)
        ]

    def calls(self, vendor: str) -> int:
        """Requests to the data APIs since `forget_calls`; tokens do not count."""
        api = {"xero": "/api.xro/2.0", "salesforce": "/services/data"}[vendor]
        door = self.roads[vendor].door
        return sum(entry.path.startswith(api) for entry in door.requests())

    def requests(self, vendor: str) -> list[str]:
        door = self.roads[vendor].door
        return [f"{entry.method} {entry.path}" for entry in door.requests()]

    def writes(self, path: str, method: str = "PUT") -> int:
        """Requests to Xero of that kind since `forget_calls`."""
        return sum(one.startswith(f"{method} /api.xro/2.0/{path}") for one in self.requests("xero"))

    def forget_calls(self) -> None:
        for road in self.roads.values():
            road.door.forget_requests()

    def fault(self, vendor: str, do: str, *, path: str = "", method: str = "", **more: Any) -> None:
        nth = more.pop("nth", 1)
        match = {"path": path, "method": method, "nth": nth}
        self.roads[vendor].door.faults.add(fault_from({"match": match, "do": do, **more}))

    def _passed(self, moment: str) -> None:
        self.moments(moment)

    def _settings(self, changes: Mapping[str, Any]) -> Settings:
        salesforce, xero = self._urls
        changes = dict(changes)
        whole: dict[str, Any] = {
            name: changes.pop(name) for name in ("secrets", "mail") if name in changes
        }
        sf = self.org.credentials(salesforce) | dict(changes.get("salesforce", {}))
        connection = {
            **changes,
            "salesforce": sf,
            "xero": _xero(self.xero.credentials(xero)) | dict(changes.get("xero", {})),
        }
        given: dict[str, Any] = {
            "journal": {"path": ":memory:"},
            "connections": {"main": connection},
            **whole,
        }
        words = repr(given)
        if words not in _READ:  # reading them takes as long as a run that finds nothing
            _READ[words] = Settings(**given)
        return _READ[words]


_READ: dict[str, Settings] = {}


class Crm:
    """People at work in the CRM. What a test does not say is plain and valid."""

    def __init__(self, org: SalesforceOrg) -> None:
        self._org = org
        self.people: dict[str, str] = {}
        self._items: dict[str, str] = {}

    def participant(self, name: str = "Sam Client", **values: Any) -> str:
        """The record id; the same one each time the same name is given without further values."""
        if values or name not in self.people:
            first, _, last = name.rpartition(" ")
            self.people[name] = self._org.save(
                "Contact", {"FirstName": first or None, "LastName": last, **values}
            )
        return self.people[name]

    def plan_manager(self, name: str = "Plan Partners", **values: Any) -> str:
        return self._org.save("Account", {"Name": name, **values})

    def support_item(self, name: str = "Self-Care Weekday", **values: Any) -> str:
        """`values` by our names, such as Finance_Account_Code__c="200"."""
        if values or name not in self._items:
            plain = {"Finance_Account_Code__c": "200", "Tax_Type__c": "GST Free Income"}
            self._items[name] = self._org.save("Support_Item__c", {"Name": name, **plain, **values})
        return self._items[name]

    def invoice(
        self,
        number: str = "INV-1",
        *,
        who: str | None = None,
        lines: list[Row] | None = None,
        **values: Any,
    ) -> str:
        """An invoice of one line of 2 hours at 50.00 for Sam Client, of today; its id."""
        wanted = [self.line()] if lines is None else lines
        total = sum(
            (
                (line["Quantity__c"] * line["Rate__c"]).quantize(Decimal("0.01"), ROUND_HALF_UP)
                for line in wanted
                if line.get("Include__c", True) and line["Quantity__c"] and line["Rate__c"]
            ),
            Decimal(0),
        )
        record = self._org.save(
            "Invoice__c",
            {
                "Name": number,
                "Participant__c": who or self.participant(),
                "Invoice_Date__c": TODAY.isoformat(),
                "Funding_Type__c": "Self-Managed",
                "Total_Amount__c": total,
                **values,
            },
        )
        for line in wanted:
            self._org.save("Invoice_Line_Item__c", {"Invoice__c": record, **line})
        return record

    def line(self, quantity: Any = 2, rate: Any = "50.00", **values: Any) -> Row:
        item = values.pop("item", None) or self.support_item()
        return {
            "Support_Item__c": item,
            "Quantity__c": None if quantity is None else Decimal(str(quantity)),
            "Rate__c": None if rate is None else Decimal(str(rate)),
            **values,
        }

    def invoices(self, count: int, *, people: int = 1, lines: int = 1) -> list[str]:
        """Many at once: INV-0001 and on."""
        who = self._org.load(
            "Contact",
            [
                {"FirstName": "Client", "LastName": f"Number {n}", "Email": f"c{n}@care.example"}
                for n in range(people)
            ],
        )
        item = self.support_item()
        rows = [
            {
                "Name": f"INV-{n + 1:04d}",
                "Participant__c": who[n % people],
                "Invoice_Date__c": TODAY.isoformat(),
                "Total_Amount__c": 100 * lines,
                "Funding_Type__c": "Self-Managed",
            }
            for n in range(count)
        ]
        ids = self._org.load("Invoice__c", rows)
        each = {"Support_Item__c": item, "Quantity__c": 2, "Rate__c": 50, "Include__c": True}
        self._org.load(
            "Invoice_Line_Item__c",
            [{"Invoice__c": record, **each} for record in ids for _ in range(lines)],
        )
        return ids

    def payment(self, invoice: str, amount: str, *, on: str = "2026-03-04", **values: Any) -> str:
        """A Stripe payment the CRM has of its own."""
        plain = {"Type__c": "Stripe", "Source__c": "Stripe", "Paid__c": True, "Include__c": True}
        return self._org.save(
            "Payment__c",
            {
                "Invoice__c": invoice,
                "Payment_Amount__c": Decimal(amount),
                "Payment_Date__c": f"{on}T01:00:00Z",
                **plain,
                **values,
            },
        )

    def milestone(
        self,
        number: str = "MS-1",
        amount: Any = "5000.00",
        *,
        who: str | None = None,
        category: str | None = "Community",
        contract: Row | None = None,
        **values: Any,
    ) -> str:
        """An approved milestone of the Exeter Choir, under a contract signed and begun last month; its id."""
        payee = who or self.applicant()
        contract_id = self._org.save(
            "Contract__c",
            {
                "Name": f"CON-{number}",
                "Applicant__c": payee,
                "Start_Date__c": "2026-02-10",
                "Executed_Date__c": "2026-02-03",
                **(contract or {}),
            },
        )
        return self._org.save(
            "Milestone__c",
            {
                "Name": number,
                "Title__c": f"Concert of {number}",
                "Contract__c": contract_id,
                "Funding_Category__c": self.funding_category(category) if category else None,
                "Amount__c": Decimal(str(amount)),
                "Status__c": "Approved",
                **values,
            },
        )

    def milestones(self, count: int, *, applicants: int = 1) -> list[str]:
        """Many at once: MS-0001 and on, each of 100.00, a contract for each applicant."""
        who = self._org.load("Account", [{"Name": f"Choir Number {n}"} for n in range(applicants)])
        signed = {"Start_Date__c": "2026-02-10", "Executed_Date__c": "2026-02-03"}
        contracts = self._org.load(
            "Contract__c",
            [{"Name": f"CON-{n}", "Applicant__c": one, **signed} for n, one in enumerate(who)],
        )
        approved = {"Title__c": "Concert", "Amount__c": 100, "Status__c": "Approved"}
        return self._org.load(
            "Milestone__c",
            [
                {"Name": f"MS-{n + 1:04d}", "Contract__c": contracts[n % applicants], **approved}
                for n in range(count)
            ],
        )

    def applicant(self, name: str = "Exeter Choir", **values: Any) -> str:
        if values or name not in self.people:
            email = f"grants@{name.split(maxsplit=1)[0].lower()}.example"
            self.people[name] = self._org.save(
                "Account", {"Name": name, "Finance_Email__c": email, **values}
            )
        return self.people[name]

    def funding_category(self, name: str = "Community", **values: Any) -> str:
        if values or name not in self._items:
            self._items[name] = self._org.save("Funding_Category__c", {"Name": name, **values})
        return self._items[name]

    def edit(self, sobject: str, record: str, **values: Any) -> None:
        self._org.edit(sobject, record, values)

    def payments(self, invoice: str) -> list[Row]:
        rows = self._org.rows("Payment__c")
        return sorted(
            (row for row in rows if row["Invoice__c"] == invoice), key=lambda row: str(row["Id"])
        )


def a_world(
    *,
    profile: str = "empty",
    seeded: int = 1,
    seed: int = 0,
    org: Row | None = None,
    books: Row | None = None,
    **settings: Any,
) -> World:
    """`org` and `books` are knobs of the two vendors, everything else are the connection's settings."""
    plane, knobs = _plane(seed, tuple((org or {}).items()), tuple((books or {}).items()))
    plane.clock._ahead = timedelta()
    plane.xero.knobs = knobs  # a reset leaves them as the last test turned them
    plane.reset()
    if profile != "empty":
        plane.fill(profile, seeded, seed)
    return World(plane, urls=None, **settings)


def a_grant_world(
    *,
    profile: str = "empty",
    seeded: int = 1,
    org: Row | None = None,
    books: Row | None = None,
    papers: bool = False,
    mail: Row | None = None,
    bank: Row | None = None,
    **bills: Any,
) -> World:
    """A grant maker: nothing but bills goes to Xero, its grants stand on account 480 there. Their papers are attached
    where a test is about them."""
    world = a_world(
        profile=profile,
        seeded=seeded,
        org=org,
        books=books,
        sends=["bills"],
        bills={
            "account_code": "480",
            "attach_audit": papers,
            "attach_files": papers,
            **bills,
        },
        mail=mail or {},
        bank=bank or {},
    )
    if profile == "empty":
        open_books(world.xero)
    return world


def a_served_world(sandbox: Sandbox, **settings: Any) -> World:
    """The same over real sockets; the sandbox is started and stopped by the test."""
    return World(sandbox.control, urls=(sandbox.salesforce_url, sandbox.xero_url), **settings)


@cache
def _plane(seed: int, org: tuple[Any, ...], books: tuple[Any, ...]) -> tuple[ControlPlane, Knobs]:
    """Reading the schema takes most of the time a world needs, so both vendors are reset instead of built anew."""
    clock = Clock(lambda: NOON)
    xero = XeroSandbox(clock, seed=seed, **dict(books))
    org_ = SalesforceOrg(clock, **{"metadata": METADATA, **dict(org)})
    return ControlPlane(clock, org_, xero), xero.knobs


def _xero(credentials: Mapping[str, str]) -> Row:
    url = credentials["url"]
    return {k: v for k, v in credentials.items() if k != "url"} | {
        "api_url": url,
        "identity_url": url,
    }
