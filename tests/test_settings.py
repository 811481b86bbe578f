"""Settings: whatever is wrong is one clear sentence that names the setting, and everything wrong is said at once."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Any

import pytest

from sync_worker.domain.errors import Misconfigured
from sync_worker.settings import Settings, load
from tests.daemon.processes import toml

CRM = {
    "url": "https://acme.my.salesforce.com",
    "client_id": "a-client",
    "client_secret": "hush-salesforce",
}
XERO = {"client_id": "another-client", "client_secret": "hush-xero"}


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("SYNC_")]:
        monkeypatch.delenv(name)


def loaded(folder: Path, **tables: Any) -> Settings:
    """The settings of a file with one good connection; `tables` are laid over it, None takes a setting away."""
    whole: dict[str, Any] = {
        name: tables.pop(name) for name in ("log", "time", "mail", "secrets") if name in tables
    }
    connection: dict[str, Any] = {"salesforce": CRM, "xero": XERO}
    for name, values in tables.items():
        if isinstance(values, dict):
            laid = {**connection.get(name, {}), **values}
            connection[name] = {key: value for key, value in laid.items() if value is not None}
        else:
            connection[name] = values
    path = folder / "sync_worker.toml"
    path.write_text(toml({**whole, "connections": {"main": connection}}))
    return load(path)


def xero_secret(settings: Settings) -> str | None:
    secret = settings.connections["main"].xero.client_secret
    return secret.get_secret_value() if secret else None


def refused(folder: Path, **tables: Any) -> list[str]:
    with pytest.raises(Misconfigured) as wrong:
        loaded(folder, **tables)
    return list(wrong.value.problems)


def test_a_connection_needs_nothing_but_its_two_logins(tmp_path: Path) -> None:
    main = loaded(tmp_path).connections["main"]
    assert main.xero.api_url == "https://api.xero.com"
    assert main.invoices.numbering == "xero"
    assert main.payments.schedule.every_s == 300


@pytest.mark.parametrize(
    ("tables", "setting", "words"),
    [
        ({"salesforce": {"url": None}}, "salesforce.url", "is missing"),
        ({"salesforce": {"ulr": "x"}}, "salesforce.ulr", "is no setting"),
        ({"salesforce": {"url": "acme"}}, "salesforce.url", "is not an address"),
        ({"salesforce": {"url": "http://acme.example"}}, "salesforce.url", "use https"),
        ({"salesforce": {"url": "ftp://acme.example"}}, "salesforce.url", "is not an address"),
        ({"salesforce": {"client_secret": None}}, "salesforce", "needs client_secret, or username"),
        ({"salesforce": {"api_version": "63"}}, "salesforce.api_version", "pattern"),
        ({"salesforce": {"page_size": 100}}, "salesforce.page_size", "200"),
        ({"salesforce": {"profile": "other"}}, "salesforce.profile", "'own' or 'maica'"),
        ({"xero": {"client_secret": None}}, "xero", "a custom connection needs client_secret"),
        ({"xero": {"grant": "password"}}, "xero.grant", "'custom' or 'consent'"),
        (
            {"xero": {"grant": "consent"}},
            "",
            "main.xero.grant = 'consent' keeps tokens in the journal",
        ),
        (
            {"xero": {"redirect_uri": "http://127.0.0.1:1/x"}},
            "xero.redirect_uri",
            "http://localhost:PORT",
        ),
        (
            {"xero": {"redirect_uri": "http://localhost/x"}},
            "xero.redirect_uri",
            "http://localhost:PORT",
        ),
        ({"xero": {"redirect_uri": "http://localhost:1/?a=b"}}, "xero.redirect_uri", "listened at"),
        ({"secrets": {"key": "short"}}, "secrets.key", "openssl rand -base64 32"),
        ({"secrets": {"old_key": "hush!!" * 8}}, "secrets.old_key", "openssl rand -base64 32"),
        ({"xero": {"api_url": "http://api.xero.com"}}, "xero.api_url", "use https"),
        ({"invoices": {"numbering": "both"}}, "invoices.numbering", "'xero' or 'crm'"),
        ({"invoices": {"status": "PAID"}}, "invoices.status", "'AUTHORISED'"),
        ({"invoices": {"batch": 51}}, "invoices.batch", "50"),
        ({"invoices": {"line_template": "{price}"}}, "invoices", "line_template knows"),
        ({"invoices": {"start_date": "soon"}}, "invoices.start_date", "date"),
        (
            {"invoices": {"tracking": {"a": "1", "b": "2", "c": "3"}}},
            "invoices",
            "Xero takes two",
        ),
        ({"payments": {"overlap_s": 30}}, "", "payments.overlap_s must be at least 60"),
        ({"payments": {"stripe_days": -1}}, "payments.stripe_days", "0"),
        ({"budget": {"per_minute": 61}}, "budget.per_minute", "60"),
        ({"budget": {"manual_per_minute": 55}}, "", "must be below budget.per_minute"),
        ({"timing": {"timeout_s": 300}}, "timing", "quiet_s (300) must be longer than timeout_s"),
        ({"timing": {"key_life_s": 360}}, "timing", "key_life_s must stay below 360"),
        ({"timing": {"lease_s": 360}}, "timing", "lease_s (360) must be longer than quiet_s"),
        ({"timing": {"timeout_s": -1}}, "timing.timeout_s", "0"),
        ({"time_zone": "Australia/Sidney"}, "time_zone", "is not a time zone"),
        ({"marker_url": "https://our.xero.example"}, "", "Xero refuses links"),
        ({"log": {"level": "loud"}}, "log.level", "'info'"),
        ({"time": {"source": "sandbox"}}, "", "xero.api_url is a real address"),
    ],
)
def test_a_wrong_setting_is_one_sentence_that_names_it(
    tmp_path: Path, tables: dict[str, Any], setting: str, words: str
) -> None:
    (problem,) = refused(tmp_path, **tables)
    assert words in problem
    assert setting in problem.partition(": ")[0]
    assert "\n" not in problem
    assert "hush" not in problem


def test_a_consent_needs_a_key_and_no_secret(tmp_path: Path) -> None:
    key, old = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
    (tmp_path / "key").write_text(f"{key}\n")
    settings = loaded(
        tmp_path,
        secrets={"key_file": str(tmp_path / "key"), "old_key": old},
        xero={"grant": "consent", "client_secret": None},
    )
    assert settings.secrets.keys() == [bytes([1]) * 32, bytes([2]) * 32]
    assert key not in repr(settings)
    assert settings.connections["main"].xero.client_secret is None


def test_everything_wrong_is_said_at_once(tmp_path: Path) -> None:
    found = refused(
        tmp_path,
        salesforce={"url": "http://acme.example"},
        xero={"client_secret": None},
        invoices={"batch": 0},
    )
    assert len(found) == 3


def test_a_secret_never_stands_in_a_refusal(tmp_path: Path) -> None:
    found = refused(
        tmp_path, salesforce={"client_secret": 12345678}, xero={"client_secret": ["hush"]}
    )
    assert len(found) == 2
    assert not any("12345678" in one or "hush" in one for one in found)


def test_a_secret_never_stands_in_the_settings_own_words(tmp_path: Path) -> None:
    assert "hush" not in repr(loaded(tmp_path))


@pytest.mark.parametrize("host", ["127.0.0.1:8801", "localhost:8801", "[::1]:8801", "127.9.9.9"])
def test_plain_http_is_for_the_loopback(tmp_path: Path, host: str) -> None:
    found = loaded(tmp_path, salesforce={"url": f"http://{host}/"})
    assert found.connections["main"].salesforce.url == f"http://{host}"


@pytest.mark.parametrize(
    "host",
    ["localhost.example.com", "127.0.0.1.example.com", "0.0.0.0", "10.0.0.1", "xero@10.0.0.1"],
)
def test_what_only_looks_like_the_loopback_is_not(tmp_path: Path, host: str) -> None:
    (problem,) = refused(tmp_path, salesforce={"url": f"http://{host}"})
    assert "loopback" in problem


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("from-a-file\n")
    found = loaded(tmp_path, xero={"client_secret": None, "client_secret_file": str(secret)})
    assert xero_secret(found) == "from-a-file"


def test_a_secret_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing")
    (problem,) = refused(tmp_path, xero={"client_secret": None, "client_secret_file": missing})
    assert missing in problem
    assert "cannot be read" in problem


def test_a_secret_and_its_file_together_are_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("from-a-file")
    (problem,) = refused(tmp_path, xero={"client_secret_file": str(secret)})
    assert "both set; keep one" in problem


def test_a_key_needs_its_user(tmp_path: Path) -> None:
    (problem,) = refused(tmp_path, salesforce={"client_secret": None, "private_key": "PEM"})
    assert "username together with private_key" in problem


def test_variables_beat_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNC_CONNECTIONS__main__XERO__CLIENT_SECRET", "from-a-variable")
    monkeypatch.setenv("SYNC_JOURNAL__PATH", "elsewhere/journal.db")
    monkeypatch.setenv("SYNC_CONNECTIONS__main__TIMING__TIMEOUT_S", "2.5")
    found = loaded(tmp_path)
    assert xero_secret(found) == "from-a-variable"
    assert found.connections["main"].xero.client_id == "another-client"
    assert found.connections["main"].timing.timeout_s == 2.5
    assert str(found.journal.path) == "elsewhere/journal.db"


def test_variables_alone_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    for side, values in (("SALESFORCE", CRM), ("XERO", XERO)):
        for name, value in values.items():
            monkeypatch.setenv(f"SYNC_CONNECTIONS__main__{side}__{name.upper()}", value)
    assert load(None).connections["main"].salesforce.url == CRM["url"]


def test_a_secret_file_may_be_named_by_a_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("from-a-file")
    monkeypatch.setenv("SYNC_CONNECTIONS__main__XERO__CLIENT_SECRET_FILE", str(secret))
    found = loaded(tmp_path, xero={"client_secret": None})
    assert xero_secret(found) == "from-a-file"


@pytest.mark.parametrize(
    "name",
    ["SYNC_JOURNEL__PATH", "SYNC_JOURNAL", "SYNC_LOG__LEVLE", "SYNC_CONNECTIONS__main__XRO__A"],
)
def test_a_variable_that_names_nothing_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "x")
    found = refused(tmp_path)
    assert len(found) == 1
    assert name.rsplit("__", 1)[-1].lower() in found[0].lower()


def test_a_wrong_value_in_a_variable_is_refused_like_one_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNC_CONNECTIONS__main__TIMING__TIMEOUT_S", "long")
    (problem,) = refused(tmp_path)
    assert problem.startswith("connections.main.timing.timeout_s")


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"[journal", "is not TOML"), (b"\xff\xfe", "is not TOML"), (b"journal = 1", "journal")],
)
def test_a_file_that_cannot_be_understood_is_named(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "sync_worker.toml"
    path.write_bytes(content)
    with pytest.raises(Misconfigured, match=words):
        load(path)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be read"):
        load(tmp_path)


def test_a_variable_that_should_hold_json_and_does_not_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "SYNC_CONNECTIONS__MAIN__INVOICES__READY_STATUS"
    monkeypatch.setenv(name, "Entered")
    (problem,) = refused(tmp_path)
    assert name in problem
    assert "JSON" in problem


# The mail server


@pytest.mark.parametrize(
    ("mail", "complaint"),
    [
        ({"host": "smtp.acme.example"}, "host is set and sender is not"),
        ({"user": "grants"}, "user and password belong together"),
        ({"password": "hush"}, "user and password belong together"),
        ({"host": "smtp.acme.example", "sender": "a@b.example", "tls": "none"}, "in the clear"),
        ({"host": "10.0.0.1", "sender": "a@b.example", "tls": "none"}, "in the clear"),
        ({"tls": "ssl"}, "mail.tls"),
        ({"port": 0}, "mail.port"),
    ],
)
def test_a_mail_server_is_whole_and_its_letters_are_encrypted(
    tmp_path: Path, mail: dict[str, object], complaint: str
) -> None:
    (problem,) = refused(tmp_path, mail=mail)
    assert problem.startswith("mail")
    assert complaint in problem
    assert "hush" not in problem


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_mail_in_the_clear_is_for_the_loopback(tmp_path: Path, host: str) -> None:
    mail = {"host": host, "sender": "a@b.example", "tls": "none"}
    assert loaded(tmp_path, mail=mail).mail.host == host


LOOPBACK = {
    "salesforce": {"url": "http://127.0.0.1:9701"},
    "xero": {"api_url": "http://127.0.0.1:9702", "identity_url": "http://localhost:9702"},
}


def test_a_crash_may_be_rehearsed_on_a_sandbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNC_CRASH_AT", "journal.intend.after:2")
    assert loaded(tmp_path, **LOOPBACK).crash_at == "journal.intend.after:2"


@pytest.mark.parametrize(
    ("table", "real"),
    [
        ("salesforce", {"url": "https://acme.my.salesforce.com"}),
        ("xero", {"api_url": "https://api.xero.com"}),
        ("xero", {"identity_url": "https://identity.xero.com"}),
    ],
)
def test_a_crash_is_never_rehearsed_on_a_real_vendor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str, real: dict[str, str]
) -> None:
    monkeypatch.setenv("SYNC_CRASH_AT", "journal.intend.after:2")
    (problem,) = refused(tmp_path, **{**LOOPBACK, table: {**LOOPBACK[table], **real}})
    (address,) = real.values()
    assert "belongs on a sandbox" in problem
    assert f"connections.main leads to {address}" in problem


def test_a_bank_format_needs_what_the_bank_laid_down(tmp_path: Path) -> None:
    (problem,) = refused(tmp_path, bank={"format": "aba", "payer_name": "ACME"})
    assert "format = 'aba' needs payer_account, bank, user_name, user_id" in problem
    payer = {"payer_name": "ACME", "payer_account": "12-3140-0171323-50"}
    assert (
        loaded(tmp_path, bank={"format": "asb", **payer}).connections["main"].bank.format == "asb"
    )
    assert loaded(tmp_path).connections["main"].bank.format is None


def test_xero_is_asked_for_no_more_than_what_is_sent_needs(tmp_path: Path) -> None:
    def asked(**tables: Any) -> list[str]:
        return loaded(tmp_path, **tables).connections["main"].scopes.split()

    plain = ["accounting.invoices", "accounting.payments", "accounting.contacts"]
    without_papers = {"attach_audit": False, "attach_files": False}
    assert asked() == [*plain, "accounting.settings.read"]
    assert asked(sends=["bills"], bills=without_papers) == asked()
    assert "accounting.attachments" in asked(sends=["bills"])
    assert "accounting.settings" in asked(sends=["bills"], bills={"tracking_category": "Fund"})


def test_scopes_of_one_s_own_must_hold_what_bills_need(tmp_path: Path) -> None:
    own = {"scopes": "accounting.invoices accounting.payments accounting.contacts"}
    (problem,) = refused(tmp_path, sends=["bills"], xero=own)
    assert "xero.scopes lacks accounting.attachments" in problem
    assert "bills.attach_audit and attach_files" in problem
    assert loaded(tmp_path, xero=own).connections["main"].scopes == own["scopes"]


def test_letters_need_a_mail_server(tmp_path: Path) -> None:
    (problem,) = refused(tmp_path, bills={"mail_payments": True})
    assert "connections.main.bills.mail_payments needs a mail server" in problem
    server = {"host": "mail.acme.example", "sender": "a@acme.example"}
    assert loaded(tmp_path, mail=server, bills={"mail_payments": True}).connections
    (problem,) = refused(tmp_path, mail={"error_address": "a@acme.example"})
    assert "error_address is set and host is not" in problem
