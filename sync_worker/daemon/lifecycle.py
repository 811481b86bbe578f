"""Start, signals, drain: SIGTERM finishes the call in flight and leaves with 0, a second one leaves at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from types import FrameType

import structlog

from sync_worker.daemon.outcome import Exit
from sync_worker.daemon.runner import Connection
from sync_worker.daemon.schedule import Job, Schedule
from sync_worker.domain.errors import LaneLost, Transient

log = structlog.get_logger()

BEAT_S = 15.0
"""Seconds between the watchdog's rounds."""


def heed_signals(stop: threading.Event) -> None:
    """From now on SIGTERM and SIGINT ask to stop; the second one ends the process where it stands, which is safe."""

    def asked(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            os._exit(130)
        stop.set()

    signal.signal(signal.SIGTERM, asked)
    signal.signal(signal.SIGINT, asked)


def serve(
    connections: Sequence[Connection],
    jobs: Sequence[Job],
    stop: threading.Event,
) -> Exit:
    """Runs until asked to stop. Every lane is taken first: two daemons never share a connection."""
    with ExitStack() as lanes:
        for connection in connections:
            if not lanes.enter_context(connection.held()):
                log.error("another instance has the lane", connection=connection.name)
                return Exit.BUSY
        schedule = Schedule(list(jobs))
        schedule.start()
        log.info("daemon started", connections=[one.name for one in connections])
        try:
            lost = _watch(connections, schedule, stop)
        finally:
            stop.set()
            log.info("stopping, finishing what is in flight")
            schedule.stop()
    log.info("daemon stopped")
    return Exit.BUSY if lost else Exit.DONE


def _watch(connections: Sequence[Connection], schedule: Schedule, stop: threading.Event) -> bool:
    """Until asked to stop: calls late jobs, keeps the leases, gives a sign of life. True when a lane was lost."""
    while True:
        schedule.rouse()
        try:
            for connection in connections:
                connection.beat()
        except LaneLost as lost:
            log.warning("lane lost, stopping", reason=str(lost))
            stop.set()
            return True
        except Transient as unreachable:
            log.warning("no sign of life given", reason=str(unreachable))
        if stop.wait(BEAT_S):
            return False
