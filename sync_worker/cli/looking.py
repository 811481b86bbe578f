"""Commands that only look: plan, status, holds, journey, check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from sync_worker.cli import show
from sync_worker.cli.options import Asked, command
from sync_worker.cli.records import record_named
from sync_worker.domain.document import Kind
from sync_worker.domain.letter import FOR_A_PERSON, Stage
from sync_worker.domain.plan import Action, Create, HoldBack, Skip

if TYPE_CHECKING:
    from sync_worker.domain.document import Document
    from sync_worker.wiring import App

ALIVE_WITHIN = timedelta(minutes=3)
DRAFT_STANDS = "a draft of it stands in Xero, which the next run completes"
FEW_DAYS = 14
"""Days before its end from which on a consent is warned about."""


def add_to(main: click.Group) -> None:
    main.add_command(plan)
    alive = click.option(
        "--alive",
        is_flag=True,
        help="Exit 4 unless a daemon is running and well; for health checks.",
    )
    command(main, "status")(alive(status))
    command(main, "holds")(holds)
    command(main, "journey")(click.argument("record")(journey))
    command(main, "check")(check)


@click.group()
def plan() -> None:
    """Show what a run would do, without doing anything."""


@command(plan, "invoices")
def plan_invoices(asked: Asked) -> int:
    """What would be made of every invoice that is due, and why."""
    return _plan(asked, Kind.INVOICE)


@command(plan, "bills")
def plan_bills(asked: Asked) -> int:
    """What would be made of every milestone that is due, and why."""
    return _plan(asked, Kind.BILL)


def _plan(asked: Asked, kind: Kind) -> int:
    with asked.app() as app:
        actions = [
            (kind, action) for name in asked.names(app) for action in _planned(app, name, kind)
        ]
    if asked.as_json:
        show.as_json(
            {"actions": [_action(*action) for action in actions], "totals": _totals(actions)}
        )
        return 0
    rows = [tuple(_action(*action).values()) for action in actions]
    show.table(("action", "record", "total", "reason"), rows)
    for code, amount in _totals(actions).items():
        show.say(f"account {code}: {amount}")
    return 0


def _planned(app: App, name: str, kind: Kind) -> list[Action]:
    from sync_worker.sync.invoices import planned

    connection = app.connection(name)
    if f"{kind}s" not in connection.processes:
        return []
    work = connection.bills if kind is Kind.BILL else connection.invoices
    due = list(work.crm.due())
    drafts = [Skip(one, DRAFT_STANDS) for one in due if one.to_be_completed]
    return [*drafts, *planned(work, (one for one in due if not one.to_be_completed))]


def _action(kind: Kind, action: Action) -> dict[str, Any]:
    match action:
        case Create(invoice=invoice, debtor=debtor, draft=draft):
            return {
                "action": "create",
                "record": f"{kind}:{invoice.number}",
                "total": str(draft.total),
                "reason": f"is due and {'owed to' if kind is Kind.BILL else 'owed by'} {debtor.name}",
            }
        case HoldBack(invoice=invoice, hold=hold):
            return {
                "action": "hold",
                "record": f"{kind}:{invoice.number}",
                "total": str(invoice.total or ""),
                "reason": f"{hold.hold_class}: {hold.cause}",
            }
        case Skip(invoice=invoice, reason=reason):
            return {
                "action": "skip",
                "record": f"{kind}:{invoice.number}",
                "total": "",
                "reason": reason,
            }


def _totals(actions: Sequence[tuple[Kind, Action]]) -> dict[str, str]:
    """What would be posted to each account, in the lines' own amounts."""
    from sync_worker.domain.money import line_amount

    amounts: Counter[str] = Counter()
    totals: dict[str, Decimal] = {}
    for _, action in actions:
        if isinstance(action, Create):
            for line in action.draft.lines:
                amounts[line.account_code] += 1
                totals[line.account_code] = totals.get(line.account_code, Decimal(0)) + line_amount(
                    line.quantity, line.unit_amount
                )
    return {code: f"{totals[code]:.2f}" for code in sorted(amounts)}


def status(asked: Asked, alive: bool) -> int:
    """How each connection stands: documents by state, last runs, what is paused, in doubt or unmatched."""
    with asked.app() as app:
        standing = {name: _standing(app, name) for name in asked.names(app)}
    if asked.as_json:
        show.as_json({"connections": standing})
    else:
        for name, one in standing.items():
            _say_standing(name, one)
    if alive and not all(one["alive"] for one in standing.values()):
        show.aside("sync-worker: no daemon has given a sign of life lately")
        return 4
    return 0


def _standing(app: App, name: str) -> dict[str, Any]:
    journal = app.journal(name)
    overview = journal.overview
    beat = overview.cursors().get("beat")
    now = app.clock.now()
    return {
        "documents": {
            f"{kind}:{state}": n for (kind, state), n in sorted(overview.counts().items())
        },
        "in_doubt": [
            {
                "record": f"{one.document.kind}:{one.document.number}",
                "age_s": round(one.age.total_seconds()),
            }
            for one in overview.in_doubt()
        ],
        "payments": overview.payments(),
        "letters": {
            str(stage): count
            for stage in (Stage.WAITING, *FOR_A_PERSON)
            if (count := journal.letters.count(stage))
        },
        "paused": sorted(journal.switches.paused()),
        "parked": {
            vendor: {"until": parking.until, "reason": parking.reason}
            for vendor, parking in sorted(journal.switches.parkings().items())
        },
        "last_runs": {
            process: {"started": run.started_at, "ended": run.ended_at, "outcome": run.outcome}
            for process, runs in overview.last_runs().items()
            for run in runs[:1]
        },
        "cursors": overview.cursors(),
        "alive": beat is not None and abs(now - beat) < ALIVE_WITHIN,
        "journal_bytes": overview.size(),
        "consent": _consent(app, name),
    }


def _consent(app: App, name: str) -> dict[str, Any] | None:
    """None for a custom connection, which has nothing that runs out."""
    if app.settings.connections[name].xero.grant != "consent":
        return None
    health = app.consents(name).health()
    if health is None:
        return {"state": "missing", "cure": f"run `sync-worker connect {name}`"}
    left = health.days_left(app.clock.now())
    told = {
        "state": "well" if left >= FEW_DAYS else "near its end" if left else "ended",
        "organisation": health.organisation.name,
        "tenant_id": health.organisation.tenant_id,
        "consented": health.consented_at,
        "renewed": health.saved_at,
        "days_left": left,
    }
    if health.ended_because:
        told["because"] = health.ended_because
    if left < FEW_DAYS:
        cure = "start the daemon, or any run, to renew it" if left else ""
        told["cure"] = cure or f"run `sync-worker connect {name}`"
    return told


def _say_standing(name: str, one: dict[str, Any]) -> None:
    show.say(f"{name}: {'a daemon is running' if one['alive'] else 'no daemon is running'}")
    if one["consent"]:
        _say_consent(one["consent"])
    if one["documents"]:
        show.table(("record:state", "count"), sorted(one["documents"].items()))
    for process, last in one["last_runs"].items():
        ended = f"{last['ended']:%d %b %Y %H:%M:%S} UTC" if last["ended"] else "still running"
        show.say(f"  last run of {process}: {last['outcome'] or 'open'}, {ended}")
    for record in one["in_doubt"]:
        show.say(f"  in doubt for {record['age_s']} s: {record['record']}")
    if unmatched := one["payments"].get("UNMATCHED"):
        show.say(f"  {unmatched} payments in Xero belong to no invoice of the CRM")
    if letters := ", ".join(f"{n} {stage.lower()}" for stage, n in one["letters"].items()):
        show.say(f"  letters: {letters}; `sync-worker letters list` shows them")
    if one["paused"]:
        show.say(f"  paused: {', '.join(one['paused'])}")
    for parking in one["parked"].values():
        show.say(
            f"  {parking['reason']}; nothing is asked of it until {parking['until']:%d %b %Y %H:%M:%S} UTC"
        )


def _say_consent(consent: dict[str, Any]) -> None:
    if consent["state"] == "missing":
        show.say(f"  no consent at Xero: {consent['cure']}")
        return
    show.say(
        f"  consent at Xero for {consent['organisation']}: {consent['state']}, "
        f"given {consent['consented']:%d %b %Y}, renewed {consent['renewed']:%d %b %Y %H:%M} UTC, "
        f"{consent['days_left']} days left"
    )
    if "cure" in consent:
        show.say(f"    to do: {consent['cure']}")


def holds(asked: Asked) -> int:
    """Every record that waits: its class, its cause, its cure, and when it is tried again."""
    with asked.app() as app:
        waiting = [
            {"connection": name, **_waiting(one.document), "since": one.since}
            for name in asked.names(app)
            for one in app.journal(name).overview.waiting(limit=100_000)
        ]
    if asked.as_json:
        show.as_json({"held": waiting})
        return 1 if waiting else 0
    if not waiting:
        show.say("nothing is held")
        return 0
    for one in waiting:
        again = (
            f"tried again by itself after {one['next_try']:%d %b %H:%M} UTC"
            if one["next_try"]
            else "not tried again by itself"
        )
        show.holds([one])
        show.say(
            f"    since {one['since']:%d %b %Y %H:%M} UTC, {_times(one['attempts'])} tried, {again}"
        )
    return 1


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _waiting(row: Document) -> dict[str, Any]:
    hold = row.hold
    return {
        "record": f"{row.kind}:{row.number}",
        "class": str(hold.hold_class) if hold else "",
        "cause": hold.cause if hold else "",
        "cure": hold.cure if hold else "",
        "attempts": row.attempts,
        "next_try": row.next_try_at,
    }


def journey(asked: Asked, record: str) -> int:
    """One RECORD's story, step by step: what was planned, sent, answered and written, and why."""
    with asked.app() as app:
        found = record_named(app, asked, record)
        row = found.document
        steps = app.journal(found.connection).journey(row.kind, row.record)
    told = [
        {"at": step.at, "state": step.state, "words": step.words, "run": step.run} for step in steps
    ]
    if asked.as_json:
        show.as_json(
            {
                **_waiting(row),
                "record": record,
                "connection": found.connection,
                "state": row.state,
                "crm_id": row.record,
                "xero_id": row.xero_id,
                "xero_number": row.xero_number,
                "steps": told,
            }
        )
        return 0
    show.say(
        f"{record} (CRM {row.record}"
        + (f", Xero {row.xero_number} {row.xero_id})" if row.xero_id else ")")
    )
    show.table(
        ("when (UTC)", "state", "what happened"),
        [(f"{step['at']:%d %b %Y %H:%M:%S}", step["state"], step["words"]) for step in told],
    )
    if row.hold:
        show.holds([_waiting(row)])
    return 0


def check(asked: Asked) -> int:
    """Whether both sides have what is needed: every missing field, permission, account and setting, with its cure."""
    with asked.app() as app:
        found = [(name, one) for name in asked.names(app) for one in app.checks(name)]
    if asked.as_json:
        told = [
            {"connection": name, "problem": one.problem, "cure": one.cure} for name, one in found
        ]
        show.as_json({"problems": told})
    elif not found:
        show.say(
            "all is there: both logins work, every object, field and permission, account and tax rate is found"
        )
    else:
        for name, one in found:
            show.say(f"{name}: {one.problem}")
            show.say(f"    to do: {one.cure}")
    if not found:
        return 0
    return 4 if all(one.away for _, one in found) else 2
