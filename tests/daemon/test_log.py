"""What is said on stderr: one JSON object a line, and nothing secret in it, wherever it stood."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from sync_worker.daemon import log

TOKEN = "00D5g000004SbxA!AQ8AQFakeSession.Token_1"


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_an_event_is_one_line_whatever_stands_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    log.set_up("json", "info")
    structlog.get_logger().info("invoice held", cause="first\nsecond\x1b[31m\u2028third")
    (line,) = lines(capsys)
    assert line["event"] == "invoice held"
    assert "\n" not in line["cause"]
    assert "\x1b" not in line["cause"]


def test_what_is_called_a_secret_or_looks_like_one_is_not_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log.set_up("json", "info")
    structlog.get_logger().info(
        "asked", client_secret="hush", reason=f"Bearer {TOKEN} was refused", token=TOKEN
    )
    said = capsys.readouterr().err
    assert TOKEN not in said
    assert "hush" not in said


def test_a_traceback_does_not_give_a_token_away(capsys: pytest.CaptureFixture[str]) -> None:
    log.set_up("json", "info")
    broken = RuntimeError(f"no answer to Authorization: Bearer {TOKEN}")
    structlog.get_logger().error("run crashed", exc_info=broken)
    said = capsys.readouterr().err
    assert "RuntimeError" in said
    assert TOKEN not in said
    assert len(said.splitlines()) == 1


def test_libraries_speak_through_the_same_pipe_from_warnings_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log.set_up("json", "debug")
    logging.getLogger("urllib3.connectionpool").debug("POST /token %s", TOKEN)
    logging.getLogger("urllib3.connectionpool").warning("retrying with Bearer %s", TOKEN)
    (line,) = lines(capsys)
    assert line["level"] == "warning"
    assert TOKEN not in json.dumps(line)
