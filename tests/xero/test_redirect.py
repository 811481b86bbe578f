"""The address a browser comes back to: one answer to one question, and no page in a browser can forge it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping

import pytest
import urllib3

from sync_worker.domain.errors import Misconfigured, Stopping
from sync_worker.xero.redirect import Redirect, listening
from tests.state.builders import StandingClock

STATE = "a-state-of-one-question"


class Waiting(threading.Thread):
    """A terminal that waits for the person's answer."""

    def __init__(self, redirect: Redirect) -> None:
        super().__init__()
        self.over = False
        self.told: Mapping[str, str] | None = None
        self._redirect = redirect
        self.start()

    def run(self) -> None:
        self.told = self._redirect.answer(STATE, until=lambda: self.over, stop=StandingClock())

    def ended(self) -> Mapping[str, str] | None:
        self.join(10)
        assert not self.is_alive()
        return self.told


@pytest.fixture
def uri(socket_enabled: None) -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://localhost:{probe.getsockname()[1]}/connected"


@pytest.fixture
def redirect(uri: str) -> Iterator[Redirect]:
    with listening(uri) as redirect:
        yield redirect


def status(uri: str, query: str, **headers: str) -> int:
    with urllib3.PoolManager(retries=False) as browser:
        return browser.request("GET", f"{uri}?{query}", headers=headers).status


def test_the_answer_to_the_question_is_taken_once(uri: str, redirect: Redirect) -> None:
    waiting = Waiting(redirect)
    assert status(uri, f"code=c1&state={STATE}") == 200
    assert waiting.ended() == {"code": "c1", "state": STATE}
    again = Waiting(redirect)
    redirect._state = ""
    assert status(uri, f"code=c2&state={STATE}") == 400
    again.over = True
    assert again.ended() is None


@pytest.mark.parametrize(
    ("path", "query", "host", "expected"),
    [
        ("", "code=c&state=another", None, 400),
        ("", "code=c&state=%C3%A9", None, 400),
        ("", "code=c", None, 400),
        ("", "", None, 400),
        ("/more", f"code=c&state={STATE}", None, 404),
        ("", f"code=c&state={STATE}", "evil.example", 404),
        ("", f"code=c&state={STATE}", "127.0.0.1", 404),
    ],
)
def test_whatever_else_knocks_changes_nothing(
    uri: str, redirect: Redirect, path: str, query: str, host: str | None, expected: int
) -> None:
    waiting = Waiting(redirect)
    headers = {"Host": host} if host else {}
    assert status(uri + path, query, **headers) == expected
    assert waiting.told is None
    assert status(uri, f"code=good&state={STATE}") == 200
    assert waiting.ended() == {"code": "good", "state": STATE}


def test_no_state_is_no_answer_before_a_question_was_asked(redirect: Redirect) -> None:
    host = redirect._uri.netloc
    assert redirect.knocked("/connected?code=c&state=", host).status == 400


def test_a_person_who_says_no_is_heard(uri: str, redirect: Redirect) -> None:
    waiting = Waiting(redirect)
    assert status(uri, f"error=access_denied&state={STATE}") == 200
    assert waiting.ended() == {"error": "access_denied", "state": STATE}


def test_a_browser_that_hangs_up_is_nobodys_trouble(
    uri: str, redirect: Redirect, capfd: pytest.CaptureFixture[str]
) -> None:
    waiting = Waiting(redirect)
    redirect.handle_error()
    assert status(uri, f"code=c&state={STATE}") == 200
    waiting.ended()
    assert capfd.readouterr().err == "", "the address holds a code"


def test_a_taken_port_is_one_sentence(uri: str, redirect: Redirect) -> None:
    with pytest.raises(Misconfigured, match=r"set xero\.redirect_uri"), listening(uri):
        pass


def test_a_stop_ends_the_waiting(redirect: Redirect) -> None:
    clock = StandingClock()
    clock.stopping = True
    with pytest.raises(Stopping):
        redirect.answer(STATE, until=lambda: False, stop=clock)
