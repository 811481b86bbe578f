"""The house from outside: locks, commands, shipped settings, the wheel and the container all say what the code says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from sync_worker import settings
from sync_worker.cli.main import main
from sync_worker.salesforce.names import Names
from sync_worker.sandbox.http import Clock
from sync_worker.sandbox.salesforce.org import SalesforceOrg
from sync_worker.sandbox.xero.app import XeroSandbox

HOUSE = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((HOUSE / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = ("build", "runtime", "dev")
SCHEMA = HOUSE / "config" / "salesforce"


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(settings.PREFIX)]:
        monkeypatch.delenv(name)


def text(path: str) -> str:
    return (HOUSE / path).read_text(encoding="utf-8")


# The locks


def pins(lock: str) -> dict[str, str]:
    pinned = re.findall(
        r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==(\S+)", text(f"requirements/{lock}.txt"), re.MULTILINE
    )
    return dict(pinned)


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_of_a_lock_has_a_hash_and_no_address_stands_in_it(lock: str) -> None:
    content = text(f"requirements/{lock}.txt")
    for entry in re.split(r"^(?=[a-z0-9])", content, flags=re.MULTILINE)[1:]:
        assert re.match(
            r"[a-z0-9-]+(\[[a-z,]+\])?==\S+( ; [^\\]+)? \\\n    --hash=sha256:", entry
        ), entry[:80]
    assert "://" not in content
    assert not re.search(r"^-", content, re.MULTILINE)


def test_the_locks_fit_into_one_venv() -> None:
    assert pins("runtime").items() <= pins("dev").items()
    for name, version in pins("build").items():
        assert pins("dev").get(name, version) == version


def wanted() -> Iterator[tuple[str, str]]:
    for requirement in PROJECT["project"]["dependencies"]:
        yield "runtime", requirement
    for group in ("build", "dev"):
        for requirement in PROJECT["dependency-groups"][group]:
            yield group, requirement
    for requirement in PROJECT["build-system"]["requires"]:
        yield "build", requirement


@pytest.mark.parametrize(("lock", "requirement"), sorted(set(wanted())))
def test_what_the_project_wants_is_what_the_lock_holds(lock: str, requirement: str) -> None:
    asked = Requirement(requirement)
    assert asked.name in pins(lock), "run `make lock`"
    assert asked.specifier.contains(pins(lock)[asked.name]), "run `make lock`"


# The commands


def make(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "-C", HOUSE, "--no-print-directory", *words],
        capture_output=True,
        text=True,
        check=False,
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
    )


def test_make_help_knows_every_target() -> None:
    phony = re.search(r"^\.PHONY: (help .*)$", text("Makefile"), re.MULTILINE)
    assert phony
    shown = dict(re.findall(r"^  make (\w+) +(\S.*)$", make("help").stdout, re.MULTILINE))
    assert list(shown) == phony[1].split()


def test_an_old_python_is_refused_in_one_sentence(tmp_path: Path) -> None:
    old = tmp_path / "python3.9"
    old.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    old.chmod(0o755)
    venv = f"VENV={tmp_path / 'venv'}"
    refused = make("run", f"PYTHON={old}", venv)
    assert refused.returncode == 2
    assert f"{old} is not Python 3.11 or newer" in refused.stderr
    assert "needs Python 3.11 or newer" in make("run", "PYTHON=", venv).stderr
    assert not (tmp_path / "venv").exists()


def test_ci_runs_every_check_on_a_bare_machine() -> None:
    assert os.access(HOUSE / ".ci" / "run", os.X_OK)
    assert "for step in lint types contracts test; do" in text(".ci/run")


# The shipped settings


def uncommented(path: str, secrets: Path) -> dict[str, Any]:
    """The file with all its settings switched on, and files for the secrets it names."""
    content = re.sub(r'^#(?=[\[\w"])', "", text(path), flags=re.MULTILINE)
    content = content.replace("/run/secrets", str(secrets))
    for name in re.findall(rf"{re.escape(str(secrets))}/([\w.-]+)", content):
        held = f"{'A' * 43}=" if name.endswith(".b64") else "s3cret"
        (secrets / name).write_text(f"{held}\n", encoding="utf-8")
    return tomllib.loads(content)


def leaves(room: type[BaseModel], path: str) -> Iterator[tuple[str, Any]]:
    """(dotted name, default) of every setting."""
    for name, field in room.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from leaves(inner, f"{path}{name}.")
        elif name != "connections":
            yield f"{path}{name}", field.get_default(call_default_factory=True)


def at(values: Any, dotted: str) -> Any:
    for name in dotted.split("."):
        values = values.get(name) if isinstance(values, dict) else getattr(values, name)
    return values


EVERY_SETTING = [
    *leaves(settings.Settings, ""),
    *leaves(settings.Connection, "connections.acme."),
]


def test_the_default_settings_start_without_any_connection() -> None:
    shipped = settings.load(HOUSE / "config" / "sync_worker.toml")
    assert shipped == settings.Settings()


def test_the_examples_of_the_default_settings_are_good_settings(tmp_path: Path) -> None:
    loaded = settings.Settings(**uncommented("config/sync_worker.toml", tmp_path))
    assert list(loaded.connections) == ["acme"]


@pytest.mark.parametrize(
    ("name", "default"), EVERY_SETTING, ids=[name for name, _ in EVERY_SETTING]
)
def test_the_default_settings_show_every_setting_with_its_true_default(
    name: str, default: Any, tmp_path: Path
) -> None:
    shown = uncommented("config/sync_worker.toml", tmp_path)
    assert at(shown, name) is not None or at(shown, f"{name}_file") is not None
    if default is None or default is PydanticUndefined:
        return  # then what is shown is an example
    loaded = settings.Settings(**shown).model_dump()
    assert at(loaded, name) == default


def test_the_sandbox_settings_fit_the_sandbox() -> None:
    loaded = settings.load(HOUSE / "config" / "sandbox.toml")
    crm, xero = loaded.connections["sandbox"].salesforce, loaded.connections["sandbox"].xero
    ports = {one.name: one.default for one in main.commands["sandbox"].params}
    assert crm.client_secret
    assert xero.client_secret
    assert {
        "url": crm.url,
        "client_id": crm.client_id,
        "client_secret": crm.client_secret.get_secret_value(),
        "org_id": crm.org_id,
    } == SalesforceOrg(Clock(), metadata=SCHEMA).credentials(
        f"http://127.0.0.1:{ports['salesforce_port']}"
    )
    assert {
        "url": xero.api_url,
        "client_id": xero.client_id,
        "client_secret": xero.client_secret.get_secret_value(),
        "tenant_id": xero.tenant_id,
    } == XeroSandbox(Clock()).credentials(f"http://127.0.0.1:{ports['xero_port']}")
    assert xero.identity_url == xero.api_url
    assert loaded.time.source == "sandbox"


def test_the_grants_profile_is_good_and_sends_bills(tmp_path: Path) -> None:
    loaded = settings.Settings(**uncommented("config/profiles/grants.toml", tmp_path))
    grants = loaded.connections["grants"]
    assert grants.processes == ("bills", "payments", "verify")
    assert (grants.bank.format, grants.bills.mail_payments) == ("bnz", True)


def test_the_maica_profile_names_only_fields_there_are(tmp_path: Path) -> None:
    loaded = settings.Settings(**uncommented("config/profiles/maica.toml", tmp_path))
    crm = loaded.connections["maica"].salesforce
    assert (crm.profile, crm.prefix) == ("maica", "maica_cc__")
    names = Names(crm.prefix, crm.names)
    assert names.field("Invoice__c", "Status__c") == "maica_cc__Status__c"
    assert names.field("Invoice__c", "Finance_Message__c") == "Finance_Message__c"
    ours = {
        f"{path.parents[1].name}.{path.name.removesuffix('.field-meta.xml')}"
        for path in SCHEMA.rglob("*.field-meta.xml")
    }
    assert set(crm.names) <= ours


# What is shipped


def test_the_wheel_brings_the_schema_and_the_settings_along(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=HOUSE,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    shipped = set(zipfile.ZipFile(wheel).namelist())
    letters = (HOUSE / "config" / "templates").iterdir()
    for path in [*SCHEMA.rglob("*-meta.xml"), *letters, HOUSE / "config" / "sync_worker.toml"]:
        assert f"sync_worker/_config/{path.relative_to(HOUSE / 'config').as_posix()}" in shipped
    assert "sync_worker/cli/main.py" in shipped
    assert not [name for name in shipped if name.startswith(("tests", "docs", "config", "var"))]


def test_the_container_runs_as_nobody_and_sees_only_what_it_copies() -> None:
    dockerfile = text("Dockerfile")
    assert re.search(r"^USER 10001", dockerfile, re.MULTILINE)
    allowed = {line[1:] for line in text(".dockerignore").splitlines() if line.startswith("!")}
    copied = {
        source
        for words in re.findall(r"^COPY (?!--from)(.*) \S+$", dockerfile, re.MULTILINE)
        for source in words.split()
    }
    for source in copied:
        assert source in allowed or Path(source).parts[0] in allowed
        assert (HOUSE / source).exists()
