"""Wrong settings and wrong words: one clear sentence, exit 2, and nothing written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from sync_worker.cli import main
from sync_worker.sandbox.edge import Sandbox
from tests.cli.conftest import Operator, an_operator

COMMANDS = [
    ["sync", "invoices"],
    ["sync", "payments"],
    ["sync", "invoice", "INV-1"],
    ["plan", "invoices"],
    ["status"],
    ["holds"],
    ["retry", "invoice:INV-1"],
    ["pause"],
    ["resume"],
    ["journey", "invoice:INV-1"],
    ["check"],
    ["migrate"],
    ["run"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_settings_file_that_is_not_there_is_named(tmp_path: Path, command: list[str]) -> None:
    operator = Operator(tmp_path / "nowhere.toml")
    said = operator.types(*command, "--json")
    assert said.code == 2
    (problem,) = said.json["problems"]
    assert str(operator.config) in problem
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_wrong_setting_is_named_before_anything_is_written(
    tmp_path: Path, command: list[str]
) -> None:
    config = tmp_path / "sync_worker.toml"
    config.write_text(
        '[journal]\npath = "made/journal.db"\n[connections.main.salesforce]\nurl = 7\n'
    )
    said = Operator(config).types(*command)
    assert said.code == 2
    assert said.stdout == ""
    assert "connections.main.salesforce" in said.stderr
    assert all(line.startswith("sync-worker: ") for line in said.stderr.splitlines())
    assert [path.name for path in tmp_path.iterdir()] == ["sync_worker.toml"]


@pytest.mark.parametrize("command", [one for one in COMMANDS if one != ["migrate"]], ids=" ".join)
def test_a_connection_that_nobody_configured_is_named(
    vendors: Sandbox, tmp_path: Path, command: list[str]
) -> None:
    said = an_operator(vendors, tmp_path).types(*command, "--connection", "other", "--json")
    assert said.code == 2
    assert said.json == {
        "problems": ["there is no connection named 'other'; configured: main"],
    }


def test_no_connection_at_all_is_said_with_its_cure(tmp_path: Path) -> None:
    config = tmp_path / "sync_worker.toml"
    config.write_text(f'[journal]\npath = "{tmp_path}/journal.db"\n')
    said = Operator(config).types("sync", "invoices")
    assert said.code == 2
    assert "add a [connections.NAME] table" in said.stderr


@pytest.mark.parametrize("words", [["sink"], ["sync", "bits"], ["sync", "invoice"], ["pause", "x"]])
def test_words_that_are_no_command_are_a_wrong_usage(words: list[str]) -> None:
    said = CliRunner().invoke(main, words)
    assert said.exit_code == 2
    assert said.stdout == ""
    assert "Usage:" in said.stderr


def test_the_settings_file_may_be_named_before_the_command_or_by_a_variable(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = CliRunner().invoke(main, ["--config", str(operator.config), "holds", "--json"])
    assert json.loads(before.stdout) == {"held": []}
    monkeypatch.setenv("SYNC_CONFIG", str(operator.config))
    by_variable = CliRunner().invoke(main, ["holds", "--json"])
    assert json.loads(by_variable.stdout) == {"held": []}


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_schedule_that_cannot_be_read_is_told_by_every_command(
    vendors: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    operator = an_operator(vendors, tmp_path)
    before = sorted(tmp_path.iterdir())
    monkeypatch.setenv("SYNC_CONNECTIONS__MAIN__INVOICES__SCHEDULE__CRON", "99 * * * *")
    said = operator.types(*command, "--json")
    assert said.code == 2
    (problem,) = said.json["problems"]
    assert "main/invoices" in problem
    assert sorted(tmp_path.iterdir()) == before
