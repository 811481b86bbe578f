"""What came of one run, for people and for JSON: its exit code, its counts, and what went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import structlog

from sync_worker.domain.document import Kind
from sync_worker.domain.errors import (
    LaneLost,
    Misconfigured,
    OutcomeUnknown,
    Rejected,
    Stopping,
    SyncError,
    Transient,
)
from sync_worker.domain.hold import Hold
from sync_worker.ports import Asked
from sync_worker.sync import invoices, papers

log = structlog.get_logger()


class Exit(IntEnum):
    """What a command's exit code means."""

    DONE = 0
    HELD = 1
    USAGE = 2
    BUSY = 3
    UNSURE = 4


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one run, ready for people and for JSON."""

    process: str
    exit: Exit
    counts: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


Came = tuple[Mapping[str, Any], Exit]
"""The counts of a run, and how it ended."""


def payload(result: Result, calls: Mapping[str, int]) -> dict[str, Any]:
    """The JSON of one run, as a waiting command gets it."""
    return {
        "processes": {result.process: dict(result.counts)},
        "calls": dict(calls),
        "exit": int(result.exit),
        "problems": list(result.problems),
    }


def sent_counts(report: invoices.Report, kind: Kind) -> Came:
    counts: dict[str, Any] = {
        "created": report.created,
        "updated": report.updated,
        "linked": report.linked,
        "held": [told_hold(kind, number, hold) for number, hold in report.held],
        "in_doubt": sorted(set(report.in_doubt)),
        "skipped": [{"record": f"{kind}:{n}", "reason": why} for n, why in report.skipped],
    }
    if counts["in_doubt"]:
        return counts, Exit.UNSURE
    return counts, Exit.HELD if counts["held"] else Exit.DONE


def with_papers(made: Came, report: papers.Report) -> Came:
    counts, code = made
    held = [told_hold(Kind.ATTACHMENT, name, hold) for name, hold in report.held]
    told = {
        **counts,
        "attached": report.attached,
        "held": [*counts["held"], *held],
        "in_doubt": sorted({*counts["in_doubt"], *report.in_doubt}),
    }
    if report.in_doubt:
        return told, Exit.UNSURE
    return told, max(code, Exit.HELD) if held else code


def told_hold(kind: Kind, number: str, hold: Hold) -> dict[str, str]:
    return {
        "record": f"{kind}:{number}",
        "class": str(hold.hold_class),
        "cause": hold.cause,
        "cure": hold.cure,
    }


def failed(process: str, failure: SyncError) -> Result:
    problems = failure.problems if isinstance(failure, Misconfigured) else (str(failure),)
    match failure:
        case Misconfigured():
            code = Exit.USAGE
        case LaneLost():
            code = Exit.BUSY
        case Stopping():
            log.info("run stopped before its end, nothing is left half done")
            return Result(process, Exit.DONE, {"stopped": True})
        case Rejected():
            code = Exit.HELD
        case Transient() | OutcomeUnknown():
            code = Exit.UNSURE
        case _:
            raise failure
    log.warning("run failed", error=type(failure).__name__, reason="; ".join(problems))
    return Result(process, code, problems=tuple(problems))


def told_if_stopped(result: Result) -> Result:
    """For whoever asked: a schedule takes up again what was stopped, a person has to be told that it is not done."""
    if not result.counts.get("stopped"):
        return result
    problem = "stopped before it was done; nothing is left half done, ask for it again"
    return Result(result.process, Exit.UNSURE, problems=(problem,))


def crashed(asked: Asked, bug: Exception) -> Result:
    problem = f"the daemon failed on this request ({type(bug).__name__}); its log has the trace"
    return Result(asked.command, Exit.UNSURE, problems=(problem,))


def brief(counts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: len(value) if isinstance(value, list) else value for name, value in counts.items()
    }
