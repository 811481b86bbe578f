"""The documents are true: what they name is there, and what is there is named."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from docs.generate import (
    explained,
    pages,
    salesforce_routes,
    sdk_operations,
    walked,
    xero_routes,
)
from sync_worker.cli import main
from sync_worker.domain.document import State
from sync_worker.domain.hold import HoldClass
from sync_worker.sandbox.control import ACTS, CRM_ACTS
from sync_worker.sandbox.faults import EFFECTS
from sync_worker.sandbox.http import Clock, Request
from sync_worker.sandbox.salesforce import sources as salesforce_sources
from sync_worker.sandbox.salesforce.org import SalesforceOrg
from sync_worker.sandbox.salesforce.routes import open_route
from sync_worker.sandbox.seeds.hard import CASES, CREATED, SYNCED, UNTOUCHED, Case
from sync_worker.sandbox.sources import Known, Route, told
from sync_worker.sandbox.xero import app as xero_app
from sync_worker.sandbox.xero import sources as xero_sources
from sync_worker.sandbox.xero.app import PEOPLE, XeroSandbox

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
DECISIONS = sorted((ROOT / "docs/adr").glob("*.md"))

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
CODE = re.compile(r"```\w*\n(.*?)```|`([^`\n]+)`", re.DOTALL)
COMMAND = re.compile(r"^(?:\$ |ExecStart=)?(?:\S*/)?sync-worker((?: +[^\s#]+)*)", re.MULTILINE)
SETTING = re.compile(
    r"(?:mail|invoices|payments|budget|timing|xero|salesforce|log|time|journal)\.(?!py|db)[a-z_.]+"
)
FILE = re.compile(r"(?:sync_worker|tests|config|docs)/[\w./-]*\w/?")

every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def code_in(document: Path) -> Iterator[str]:
    found = CODE.finditer(document.read_text(encoding="utf-8"))
    return (match[1] or match[2] for match in found)


def anchors_of(document: Path) -> set[str]:
    """As the forges make them: small letters, no punctuation, a hyphen for each space."""
    headings = HEADING.findall(document.read_text(encoding="utf-8"))
    return {
        re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings
    }


def sdk_routes() -> set[Route]:
    return set(sdk_operations())


def signed_in(xero: XeroSandbox) -> str:
    form = f"grant_type=client_credentials&client_id={xero_app.CLIENT_ID}&client_secret={xero_app.CLIENT_SECRET}"
    return str(
        xero.handle(Request.to("POST", "/connect/token", {}, form.encode())).json()["access_token"]
    )


def commands() -> set[str]:
    contexts = walked(click.Context(main, info_name="sync-worker"))
    return {context.command_path.removeprefix("sync-worker ") for context in contexts}


# What the program says of itself -------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(pages()))
def test_a_generated_page_says_what_the_program_says_of_itself(name: str) -> None:
    assert text_of(f"docs/{name}") == pages()[name], "run `make docs`"


def test_every_setting_has_a_meaning() -> None:
    assert [name for name, _, _, meaning in explained() if not meaning] == []


def test_the_settings_are_told_in_words_and_not_in_python() -> None:
    told = [words for _, kind, default, _ in explained() for words in (kind, default)]
    assert [words for words in told if re.search(r"None|[A-Z]\w+\(|<", words)] == []


# What is there is named ----------------------------------------------------------------------------


@pytest.mark.parametrize("hold_class", list(HoldClass))
def test_every_class_of_hold_has_its_row(hold_class: HoldClass) -> None:
    assert re.search(rf"^\| `{hold_class}` \| .+ \| .+ \|$", text_of("docs/holds.md"), re.MULTILINE)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.number)
def test_every_hard_case_is_told_with_its_end(case: Case) -> None:
    number, fate = case.number, case.fate
    row = re.search(rf"^\| {number} \|.*$", text_of("docs/holds.md"), re.MULTILINE)
    assert row
    ends = {CREATED: "made", SYNCED: "recorded", UNTOUCHED: "left alone"}
    assert ends.get(fate, f"held: `{fate}`") in row[0].rpartition(" | ")[2]


@pytest.mark.parametrize("state", list(State))
def test_every_state_has_its_row(state: State) -> None:
    assert re.search(rf"^\| {state} \|", text_of("docs/reliability.md"), re.MULTILINE)


def test_every_room_is_on_the_map() -> None:
    rooms = {
        f"{path.name}/" if path.is_dir() else path.name
        for path in (ROOT / "sync_worker").iterdir()
        if not path.name.startswith("_")
    }
    on_the_map = set(
        re.findall(r"^\| `([\w.]+/?)` \|", text_of("docs/architecture.md"), re.MULTILINE)
    )
    assert on_the_map == rooms


def test_every_floor_of_the_processes_is_on_the_map() -> None:
    modules = {path.stem for path in (ROOT / "sync_worker/sync").glob("[!_]*.py")}
    page = text_of("docs/architecture.md")
    assert sorted(module for module in modules if f"`{module}`" not in page) == []


def test_every_fault_and_every_act_of_the_sandbox_is_told() -> None:
    page = text_of("docs/sandbox.md")
    paths = {f"{method} /_sandbox{path}" for method, path in ACTS}
    names = {*EFFECTS, *PEOPLE, *CRM_ACTS, *paths}
    assert sorted(name for name in names if f"`{name}`" not in page) == []


@pytest.mark.parametrize(
    ("families", "routes"),
    [(xero_sources.ACCOUNTING, xero_routes()), (salesforce_sources.DATA, salesforce_routes())],
    ids=["xero", "salesforce"],
)
def test_every_route_of_the_sandbox_has_its_source_and_every_source_its_route(
    families: tuple[Known, ...], routes: set[Route]
) -> None:
    known = set(told(families))
    assert (sorted(routes - known), sorted(known - routes)) == ([], [])


def test_what_is_called_verified_of_xero_is_known_to_its_sdk() -> None:
    """The SDK asks for a PDF by Accept, where Xero's OpenAPI file has a path."""
    verified = {
        route for route, known in told(xero_sources.ACCOUNTING).items() if known.sure == "verified"
    }
    strange = verified - sdk_routes()
    assert sorted(path for _, path in strange if not path.endswith("/pdf")) == []


def test_what_is_verified_or_reported_of_xero_can_be_looked_up() -> None:
    """An operation of Xero's OpenAPI file, a client, a public repository or a thread of its issues."""
    vague = []
    for known in (*xero_sources.IDENTITY, *xero_sources.ACCOUNTING):
        named = re.search(r"OpenAPI|xero-python|xero-node|[\w-]+/[\w-]+|\w+#\d+", known.source)
        if known.sure != "unsettled" and not named:
            vague.append(known.what)
    assert vague == []


def test_each_verified_path_of_xeros_accounting_api_names_its_operations() -> None:
    page = (
        text_of("docs/endpoints.md").partition("### Accounting")[2].partition("### What is not")[0]
    )
    verified = [row for row in page.splitlines() if row.endswith("| verified |")]
    assert len(verified) > 60
    operation = re.compile(r"\b(get|create|update|delete|email)[A-Z]\w+")
    assert [row for row in verified if not operation.search(row)] == []


def test_what_xeros_sdk_knows_and_the_sandbox_lacks_is_named() -> None:
    page = text_of("docs/endpoints.md").partition("not imitated of Xero")[2].partition("## ")[0]
    named = set(re.findall(r"[a-z]+", page.lower()))
    missing = {path for _, path in sdk_routes() - xero_routes()}
    assert sorted(path for path in missing if not named & set(path.split("/"))) == []


def test_signing_in_to_xero_has_its_sources() -> None:
    known = {path for _, path in told(xero_sources.IDENTITY)}
    doors = {"/" + "/".join(parts) for parts in xero_app._IDENTITY}
    assert known == doors | {"/connections", "/connections/{}"}


@pytest.mark.parametrize("route", sorted(told(xero_sources.IDENTITY)), ids=" ".join)
def test_every_way_in_to_xero_is_there(route: Route) -> None:
    xero = XeroSandbox(Clock())
    token = "Bearer " + signed_in(xero)
    path = route[1].replace("{}", xero._connections._by_tenant[xero_app.TENANT_ID].id)
    assert xero.handle(Request.to(route[0], path, {"Authorization": token})).status not in {
        404,
        405,
    }


def test_what_salesforce_answers_without_a_session_has_its_sources() -> None:
    answered = set(re.findall(r'kind == "(\w+)"', inspect.getsource(SalesforceOrg._answer)))
    kinds = {
        open_route(Request.to(method, path.replace("{}", "x")))
        for method, path in told(salesforce_sources.OPEN)
    }
    assert kinds == answered


@pytest.mark.parametrize(
    "families",
    [
        xero_sources.IDENTITY,
        xero_sources.ACCOUNTING,
        salesforce_sources.OPEN,
        salesforce_sources.DATA,
    ],
)
def test_a_route_has_one_source_and_its_grade(families: tuple[Known, ...]) -> None:
    routes = [route for known in families for route, _ in known.spelt()]
    assert len(routes) == len(set(routes))
    assert {known.sure for known in families} <= {"verified", "reported", "unsettled"}
    assert all(known.what and known.source for known in families)


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda path: path.name)
def test_every_decision_says_why_and_what_else_there_was(decision: Path) -> None:
    page = decision.read_text(encoding="utf-8")
    parts = ("Accepted", "**Context.**", "**Decision.**", "**Consequences.**", "**Alternatives.**")
    assert [part for part in parts if part not in page] == []
    assert f"adr/{decision.name}" in text_of("docs/architecture.md")


def test_the_glossary_is_in_the_order_of_the_alphabet() -> None:
    words = re.findall(r"^\| (\w[\w ]*) \|", text_of("docs/glossary.md"), re.MULTILINE)[1:]
    assert words == sorted(words)


# What is named is there ----------------------------------------------------------------------------


@every_document
def test_every_link_leads_somewhere(document: Path) -> None:
    dead = []
    for target in LINK.findall(document.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        goal = (document.parent / path).resolve() if path else document
        if not goal.exists() or (anchor and anchor not in anchors_of(goal)):
            dead.append(target)
    assert dead == []


@every_document
def test_every_command_exists(document: Path) -> None:
    known = commands()
    groups = {name.partition(" ")[0] for name in known if " " in name}
    unknown = []
    for code in code_in(document):
        for said in COMMAND.findall(code):
            words = re.sub(r"--config +\S+", "", said).split()
            words = [word for word in words if not word.startswith("-")]
            name = " ".join(words[:2] if words and words[0] in groups else words[:1])
            if name and name not in known | groups:
                unknown.append(name)
    assert unknown == []


@every_document
def test_every_make_target_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    named = {
        word
        for code in code_in(document)
        for said in re.findall(r"^make((?: +-s)?(?: +[a-z]+)+)", code, re.MULTILINE)
        for word in said.replace("-s", "").split()
    }
    assert named - targets == set()


@every_document
def test_every_setting_that_is_named_exists(document: Path) -> None:
    known = {name.removeprefix("connections.NAME.") for name, *_ in explained()}
    named = {code for code in code_in(document) if SETTING.fullmatch(code)}
    assert named - known == set()


@every_document
def test_every_file_that_is_named_exists(document: Path) -> None:
    named = {path for code in code_in(document) for path in FILE.findall(code)}
    assert sorted(path for path in named if not (ROOT / path).exists()) == []
