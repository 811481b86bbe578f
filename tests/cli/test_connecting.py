"""connect, disconnect and reseal, as an operator types them: real processes, real sockets, a person in a browser."""

from __future__ import annotations

import os
import re
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import urllib3

from sync_worker.sandbox.control import ControlPlane
from sync_worker.sandbox.edge import Sandbox
from sync_worker.sandbox.faults import fault_from
from sync_worker.sandbox.xero.app import TENANT_ID
from tests.cli.conftest import Operator
from tests.consents import KEY, OTHER_KEY
from tests.daemon.processes import Worker, eventually, read, settings_file, toml
from tests.oracle import unpaid_in_crm, wrongs
from tests.world import Crm

ROOT = Path(__file__).resolve().parents[2]
SECOND = "0c0c0c0c-1111-4222-8333-444444444444"
ADDRESS = re.compile(r"^http://\S+/identity/connect/authorize\S+$", re.MULTILINE)


@pytest.fixture
def operator(vendors: Sandbox, tmp_path: Path) -> Operator:
    return an_operator(vendors, tmp_path)


def an_operator(
    vendors: Sandbox,
    folder: Path,
    *,
    clock: str = "system",
    keys: dict[str, str] | None = None,
    **xero: Any,
) -> Operator:
    """One whose Xero app is of the PKCE kind: no secret, a consent."""
    credentials = vendors.credentials()
    for name in ("client_secret", "tenant_id"):
        credentials["xero"].pop(name)
    url = credentials["xero"]["url"]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        redirect = f"http://localhost:{probe.getsockname()[1]}/connected"
    tables = {"grant": "consent", "login_url": url, "redirect_uri": redirect, **xero}
    path = settings_file(folder, credentials, {"xero": tables}, clock=clock)
    secrets = toml({"secrets": keys or {"key": KEY}})
    path.write_text(path.read_text(encoding="utf-8") + "\n" + secrets, encoding="utf-8")
    return Operator(path)


@contextmanager
def asking(operator: Operator, *words: str) -> Iterator[tuple[Worker, str]]:
    """`connect main` as a process, and the address it shows."""
    with Worker(operator.config, "connect", "main", *words) as worker:
        eventually(lambda: bool(ADDRESS.search(worker.stderr)) or not worker.alive)
        shown = ADDRESS.search(worker.stderr)
        assert shown, worker.stderr
        yield worker, shown[0]


def visited(address: str, **chosen: str) -> urllib3.BaseHTTPResponse:
    """A person's browser: opens the page, chooses, allows, and follows where it is sent."""
    with urllib3.PoolManager(retries=False) as browser:
        page = browser.request("GET", address, headers={"Accept": "text/html"}).data.decode()
        held = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))
        form = {name: value.replace("&amp;", "&") for name, value in held.items()}
        there = urlsplit(address)._replace(query="").geturl()
        form |= {"consent": "allow", **chosen}
        reply = browser.request("POST", there, fields=form, encode_multipart=False, redirect=False)
        return browser.request("GET", reply.headers["Location"])


def connected(operator: Operator, *words: str) -> Any:
    with asking(operator, "--json", *words) as (worker, address):
        assert visited(address).status == 200
        answer = worker.answer()
        assert worker.ended() == 0
        return answer


def token_calls(plane: ControlPlane) -> int:
    return sum(one.path == "/connect/token" for one in plane.xero_door.requests())


def rows(operator: Operator, sql: str) -> list[Any]:
    connection = sqlite3.connect(operator.journal)
    found = connection.execute(sql).fetchall()
    connection.commit()
    connection.close()
    return found


def let_the_access_token_end(operator: Operator) -> None:
    rows(operator, "UPDATE consents SET access_ends = '2020-01-01T00:00:00.000000+00:00'")


def test_the_whole_job_on_a_consent(operator: Operator, plane: ControlPlane) -> None:
    crm = Crm(plane.org)
    for number in ("INV-1", "INV-2", "INV-3"):
        crm.invoice(number)
    told = connected(operator)
    assert told == {
        "connection": "main",
        "tenant_id": TENANT_ID,
        "organisation": "Bright Path Support Services",
    }
    for process in ("invoices", "payments"):
        with Worker(operator.config, "sync", process, "--json") as worker:
            said = worker.answer()
        assert "problems" not in said, said
    plane.xero.pay(plane.xero.documents()[0]["id"], "10.00")
    with Worker(operator.config, "sync", "payments", "--json") as worker:
        assert worker.answer()["processes"]["payments"]["created"] == 1
    assert wrongs(plane.org, plane.xero) == []
    assert unpaid_in_crm(plane.org, plane.xero) == []
    assert token_calls(plane) == 1, (
        "the exchange; its access token lives on from process to process"
    )
    said = operator.types("status", "--json").json["connections"]["main"]["consent"]
    assert (said["state"], said["days_left"]) == ("well", 59)


def test_f11_two_processes_that_need_a_token_together_renew_it_once(
    operator: Operator, plane: ControlPlane
) -> None:
    connected(operator)
    let_the_access_token_end(operator)
    before = token_calls(plane)
    plane.xero_door.faults.add(_slow_token())
    with (
        Worker(operator.config, "check", "--json") as first,
        Worker(operator.config, "check", "--json") as second,
    ):
        assert first.ended() == second.ended() == 0, (first.stderr, second.stderr)
    assert token_calls(plane) == before + 1
    assert rows(operator, "SELECT version FROM consents") == [(2,)]


def _slow_token() -> Any:
    return fault_from({"match": {"path": "/connect/token"}, "do": "slow_before", "seconds": 3})


def test_a_person_says_no(operator: Operator) -> None:
    with asking(operator, "--json") as (worker, address):
        visited(address, consent="deny")
        (problem,) = worker.answer()["problems"]
        assert worker.ended() == 2
    assert "access_denied" in problem
    assert "sync-worker connect main" in problem


def test_a_forged_answer_asks_for_no_token(operator: Operator, plane: ControlPlane) -> None:
    with asking(operator) as (worker, address):
        asked = dict(parse_qsl(urlsplit(address).query))
        assert len(asked["state"]) >= 43, "256 bits"
        assert asked["code_challenge_method"] == "S256"
        forged = f"{asked['redirect_uri']}?code=stolen&state=guessed"
        with urllib3.PoolManager(retries=False) as browser:
            assert browser.request("GET", forged).status == 400
        assert token_calls(plane) == 0
        assert visited(address).status == 200
        assert worker.ended() == 0, worker.stderr
        assert "is connected to Bright Path" in worker.stdout
    assert token_calls(plane) == 1


def test_nobody_answers_within_ten_minutes(vendors: Sandbox, tmp_path: Path) -> None:
    operator = an_operator(vendors, tmp_path, clock="sandbox")
    with asking(operator) as (worker, _):
        vendors.control.clock.advance(601)
        assert worker.ended() == 2
        assert "nobody answered within 10 minutes" in worker.stderr


def test_of_several_organisations_one_is_chosen(operator: Operator, plane: ControlPlane) -> None:
    plane.xero.connect(SECOND, "A Second One")
    with asking(operator, "--json") as (worker, address):
        visited(address)
        (problem,) = worker.answer()["problems"]
        assert f"A Second One ({SECOND})" in problem
        assert "--tenant ID" in problem
    assert connected(operator, "--tenant", SECOND)["organisation"] == "A Second One"
    with asking(operator, "--tenant", "nowhere") as (worker, address):
        visited(address)
        assert worker.ended() == 2
        assert "does not open the organisation nowhere" in worker.stderr


BROWSER = """
import sys
sys.path.insert(0, {root!r})
from tests.cli.test_connecting import visited
visited(sys.argv[1])
"""


def test_at_a_terminal_the_browser_opens_and_the_person_is_asked_which(
    operator: Operator, plane: ControlPlane, tmp_path: Path
) -> None:
    plane.xero.connect(SECOND, "A Second One")
    browser = tmp_path / "browser.py"
    browser.write_text(BROWSER.format(root=str(ROOT)), encoding="utf-8")
    typed = subprocess.run(
        [sys.executable, "-m", "sync_worker", "connect", "main", "--browser"],
        input="3\n1\n",
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={
            **os.environ,
            "SYNC_CONFIG": str(operator.config),
            "BROWSER": f"{sys.executable} {browser} %s",
        },
    )
    assert typed.returncode == 0, typed.stderr
    assert typed.stdout == f"main is connected to A Second One ({SECOND})\n"
    assert f"1: A Second One ({SECOND})" in typed.stderr


def test_a_consent_that_opens_nothing_is_told(operator: Operator, plane: ControlPlane) -> None:
    with asking(operator) as (worker, address):
        plane.xero_door.faults.add(_emptied())
        visited(address)
        assert worker.ended() == 2, worker.stderr
        assert "opens no organisation" in worker.stderr


def _emptied() -> Any:
    gone = {"act": "disconnect", "tenant_id": TENANT_ID}
    return fault_from({"match": {"path": "/connect/token"}, "do": "then", "people": gone})


def test_disconnecting_ends_it_on_both_sides(operator: Operator, plane: ControlPlane) -> None:
    connected(operator)
    assert operator.types("disconnect", "main", "--json").json == {
        "connection": "main",
        "wiped": True,
        "ended_at_xero": True,
    }
    assert plane.xero._connections.tenants() == []
    assert rows(operator, "SELECT * FROM consents") == []
    assert operator.types("disconnect", "main").code == 2
    said = operator.types("sync", "invoices", "--json")
    assert said.code == 2
    assert said.json["problems"] == [
        "'main' has no consent at Xero; run `sync-worker connect main`"
    ]
    assert "no consent at Xero" in operator.types("status").stdout


def test_a_dead_consent_can_be_wiped_all_the_same(operator: Operator, plane: ControlPlane) -> None:
    connected(operator)
    let_the_access_token_end(operator)
    plane.xero._office._refresh.clear()
    said = operator.types("disconnect", "main")
    assert said.code == 0
    assert "Connected apps" in said.stderr
    assert "its tokens are wiped" in said.stdout


def test_nothing_is_wiped_while_xero_cannot_be_told(
    operator: Operator, plane: ControlPlane
) -> None:
    connected(operator)
    plane.xero_door.faults.add(
        fault_from({"match": {"path": "/connections", "method": "DELETE"}, "do": "503_before"})
    )
    assert operator.types("disconnect", "main").code == 4
    assert len(rows(operator, "SELECT * FROM consents")) == 1
    assert operator.types("disconnect", "main").code == 0


def test_a_key_is_changed_by_reseal(vendors: Sandbox, tmp_path: Path) -> None:
    operator = an_operator(vendors, tmp_path)
    connected(operator)
    both = {"key": OTHER_KEY, "old_key": KEY}
    tmp = an_operator(vendors, tmp_path, keys=both)
    assert tmp.types("reseal", "--json").json == {"resealed": ["main"]}
    new = an_operator(vendors, tmp_path, keys={"key": OTHER_KEY})
    assert new.types("check").code == 0
    old = an_operator(vendors, tmp_path, keys={"key": KEY})
    assert "another key" in old.types("sync", "invoices").stderr


def test_reseal_without_tokens_says_so(operator: Operator) -> None:
    assert "there are no tokens" in operator.types("reseal").stdout


def test_status_warns_before_a_consent_dies(vendors: Sandbox, tmp_path: Path) -> None:
    operator = an_operator(vendors, tmp_path, clock="sandbox")
    connected(operator)
    assert "60 days left" in operator.types("status").stdout or (
        "59 days left" in operator.types("status").stdout
    )
    vendors.control.clock.advance(50 * 86_400)
    assert "near its end" in operator.types("status").stdout
    assert "start the daemon" in operator.types("status").stdout
    vendors.control.clock.advance(15 * 86_400)
    assert operator.types("sync", "payments").code == 2
    said = operator.types("status", "--json").json["connections"]["main"]["consent"]
    assert said["state"] == "ended"
    assert "invalid_grant" in said["because"]
    assert said["cure"] == "run `sync-worker connect main`"


@pytest.mark.parametrize("word", ["connect", "disconnect"])
def test_a_custom_connection_is_not_made_here(vendors: Sandbox, tmp_path: Path, word: str) -> None:
    credentials = vendors.credentials()
    custom = Operator(settings_file(tmp_path, credentials))
    said = custom.types(word, "main")
    assert said.code == 2
    assert "custom connection" in said.stderr
    assert "consent" not in custom.types("status").stdout


def test_a_pin_and_a_tenant_that_differ_are_refused(vendors: Sandbox, tmp_path: Path) -> None:
    operator = an_operator(vendors, tmp_path, tenant_id=SECOND)
    assert "pins" in operator.types("connect", "main", "--tenant", "other").stderr


def test_no_token_is_shown_by_any_command(operator: Operator, plane: ControlPlane) -> None:
    connected(operator)
    office = plane.xero._office
    said = [
        operator.types(*words) for words in (["status", "--json"], ["sync", "invoices"], ["check"])
    ]
    shown = "".join(one.stdout + one.stderr for one in said)
    shown += "".join(read(path) for path in operator.config.parent.glob("said-*"))
    for token in (*office._refresh, *office._access):
        assert token not in shown
        assert token.encode() not in b"".join(
            path.read_bytes() for path in operator.journal.parent.iterdir()
        )
