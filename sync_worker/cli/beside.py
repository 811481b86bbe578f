"""What one person asks of one connection: done here where the lane is free, else by the daemon that holds it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sync_worker.cli.options import Asked
from sync_worker.domain.errors import Misconfigured, Stopping

if TYPE_CHECKING:
    from sync_worker.daemon.outcome import Result
    from sync_worker.daemon.runner import Connection
    from sync_worker.wiring import App

ANSWER_WITHIN_S = 300


def the_one(asked: Asked, app: App) -> str:
    """The connection meant. Raises Misconfigured where there are several and none is named."""
    names = asked.names(app)
    if len(names) > 1:
        msg = (
            f"several connections are configured ({', '.join(names)}); say which with --connection"
        )
        raise Misconfigured(msg)
    return names[0]


def here_or_there(
    app: App, connection: Connection, command: str, subject: str
) -> tuple[Result, Mapping[str, int]]:
    """By ourselves where the lane is free, else by whoever holds it: never beside it."""
    from sync_worker.daemon.outcome import Exit, Result

    with connection.held() as ours:
        if ours:
            return connection.asked(command, subject), connection.calls()
    request = connection.requests.ask(command, subject)
    deadline = time.monotonic() + ANSWER_WITHIN_S
    while time.monotonic() < deadline:
        answer = connection.requests.answer_of(request)
        if answer is not None:
            process, counts = next(iter(answer["processes"].items()))
            result = Result(process, Exit(answer["exit"]), counts, tuple(answer["problems"]))
            return result, answer["calls"]
        with connection.held() as ours:
            if ours:  # whoever held the lane has gone, and left its queue to us
                connection.answer_requests()
                continue
        if app.stop.wait(0.2):
            raise Stopping
    problem = f"the running daemon did not answer within {ANSWER_WITHIN_S} s; the request stays in its queue"
    return Result(command, Exit.UNSURE, problems=(problem,)), {}
