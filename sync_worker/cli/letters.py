"""Commands about the post: which letters have not left, and what is to become of them."""

from __future__ import annotations

import click

from sync_worker.cli import show
from sync_worker.cli.options import Asked, command
from sync_worker.domain.errors import Misconfigured
from sync_worker.domain.letter import FOR_A_PERSON, Stage

MOST = 10_000


def add_to(main: click.Group) -> None:
    main.add_command(letters)


@click.group()
def letters() -> None:
    """Show the letters that have not left, and decide about those that wait for a person."""


@command(letters, "list")
def list_letters(asked: Asked) -> int:
    """Every letter that waits, was refused, or may have left or not: to whom, since when and why."""
    with asked.app() as app:
        found = [
            {
                "connection": name,
                "letter": one.key,
                "to": one.to,
                "stage": str(one.stage),
                "since": one.created_at,
                "attempts": one.attempts,
                "next_try": one.next_try_at,
                "words": one.words,
            }
            for name in asked.names(app)
            for one in app.journal(name).letters.staged(
                Stage.WAITING, Stage.SENDING, *FOR_A_PERSON, limit=MOST
            )
        ]
    code = 1 if any(one["stage"] in FOR_A_PERSON for one in found) else 0
    if asked.as_json:
        show.as_json({"letters": found})
    elif not found:
        show.say("no letter waits")
    else:
        columns = ("letter", "to", "stage", "since (UTC)", "what was said last")
        show.table(
            columns,
            [
                (
                    one["letter"],
                    one["to"],
                    one["stage"],
                    f"{one['since']:%d %b %H:%M}",
                    one["words"],
                )
                for one in found
            ],
        )
    return code


@command(letters, "send")
@click.argument("letter")
@click.option("--to", help="Another address than the one it was written to.")
def send(asked: Asked, letter: str, to: str | None) -> int:
    """Have a LETTER that was refused, may have left, or waits sent by the next run; the same one, with the same
    Message-ID."""
    with asked.app() as app:
        journals = [app.journal(name) for name in asked.names(app)]
        if not any(one.letters.again(letter, to) for one in journals):
            raise Misconfigured(_no_such(letter))
    _say(asked, letter, "at the next run", f"{letter} will be sent by the next run")
    return 0


@command(letters, "drop")
@click.argument("letter")
def drop(asked: Asked, letter: str) -> int:
    """Let a LETTER be: it goes nowhere, and is shown no more."""
    with asked.app() as app:
        journals = [app.journal(name) for name in asked.names(app)]
        if not any(one.letters.drop(letter) for one in journals):
            raise Misconfigured(_no_such(letter))
    _say(asked, letter, "never", f"{letter} will not be sent")
    return 0


def _no_such(letter: str) -> str:
    return (
        f"no letter {letter!r} waits for anything; `sync-worker letters list` shows those that do"
    )


def _say(asked: Asked, letter: str, when: str, words: str) -> None:
    if asked.as_json:
        show.as_json({"letter": letter, "sent": when})
    else:
        show.say(words)
