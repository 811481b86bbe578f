"""Commands around a person's consent at Xero: connect, disconnect, reseal."""

from __future__ import annotations

import threading
import webbrowser
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from sync_worker.cli import show
from sync_worker.cli.options import Asked, command
from sync_worker.domain.errors import Misconfigured

if TYPE_CHECKING:
    from sync_worker.ports import Organisation
    from sync_worker.wiring import App


def add_to(main: click.Group) -> None:
    name = click.argument("name")
    tenant = click.option("--tenant", help="Id of the organisation, where there are several.")
    browser = click.option("--browser", is_flag=True, help="Open the address in a browser here.")
    command(main, "connect", connection=False)(name(tenant(browser(connect))))
    command(main, "disconnect", connection=False)(name(disconnect))
    command(main, "reseal", connection=False)(reseal)


def connect(asked: Asked, name: str, tenant: str | None, browser: bool) -> int:
    """Let a person connect NAME to a Xero organisation: shows an address, waits for the answer, keeps the tokens."""
    from sync_worker.daemon.lifecycle import heed_signals

    with asked.app() as app:
        heed_signals(app.stop)
        pinned = _settings_of(app, name)
        if tenant and pinned not in (None, tenant):
            msg = f"xero.tenant_id of {name!r} pins {pinned}, not {tenant}; correct the one or the other"
            raise Misconfigured(msg)
        consent = app.consent(name)
        with consent.asked() as (question, answer):
            show.aside(f"Open this address and allow access, until {question.until:%H:%M:%S} UTC:")
            show.aside(question.address)
            if browser:
                # Beside the waiting: a browser of the terminal does not come back before it was answered.
                threading.Thread(
                    target=webbrowser.open, args=(question.address,), daemon=True
                ).start()
            code = answer()
        pair = consent.exchanged(question, code)
        chosen = _chosen(consent.organisations(pair), tenant or pinned, name)
        consent.keep(chosen, pair)
    if asked.as_json:
        told = {"tenant_id": chosen.tenant_id, "organisation": chosen.name}
        show.as_json({"connection": name, **told})
    else:
        show.say(f"{name} is connected to {chosen.name} ({chosen.tenant_id})")
    return 0


def disconnect(asked: Asked, name: str) -> int:
    """End the connection of NAME at Xero and wipe its tokens from the journal."""
    with asked.app() as app:
        _settings_of(app, name)
        consent, tokens, kept = app.consent(name), app.tokens(name), app.consents(name)
        health = kept.health()
        if health is None:
            raise Misconfigured(f"{name!r} has no consent at Xero; there is nothing to end")
        left_at_xero = ""
        try:
            consent.leave(tokens.fresh(), health.organisation.tenant_id)
        except Misconfigured as closed:
            left_at_xero = (
                f"Xero was not told ({closed}); if it still lists the app, remove it there under "
                "Settings, Connected apps"
            )
        kept.wipe()
    if left_at_xero:
        show.aside(f"sync-worker: {left_at_xero}")
    if asked.as_json:
        show.as_json({"connection": name, "wiped": True, "ended_at_xero": not left_at_xero})
    else:
        show.say(f"{name} is disconnected, and its tokens are wiped")
    return 0


def reseal(asked: Asked) -> int:
    """Seal every connection's tokens under secrets.key, so that secrets.old_key can go."""
    with asked.app() as app:
        names = [name for name in app.settings.connections if app.consents(name).seal_anew()]
    if asked.as_json:
        show.as_json({"resealed": names})
    else:
        show.say(f"sealed under secrets.key: {', '.join(names) or 'nothing, there are no tokens'}")
    return 0


def _settings_of(app: App, name: str) -> str | None:
    """The pinned organisation of a connection that there is."""
    return app.settings.chosen(name)[name].xero.tenant_id


def _chosen(found: Sequence[Organisation], wanted: str | None, name: str) -> Organisation:
    listed = ", ".join(f"{one.name} ({one.tenant_id})" for one in found) or "none"
    if wanted:
        for one in found:
            if one.tenant_id == wanted:
                return one
        raise Misconfigured(
            f"this consent does not open the organisation {wanted}, it opens: {listed}; run "
            f"`sync-worker connect {name}` again and choose that one in Xero"
        )
    if len(found) == 1:
        return found[0]
    if not found:
        msg = f"this consent opens no organisation; run `sync-worker connect {name}` again and choose one in Xero"
        raise Misconfigured(msg)
    return _asked_for(found, listed, name)


def _asked_for(found: Sequence[Organisation], listed: str, name: str) -> Organisation:
    for number, one in enumerate(found, 1):
        show.aside(f"{number}: {one.name} ({one.tenant_id})")
    which = click.IntRange(1, len(found))
    try:
        return found[click.prompt("Which organisation", type=which, err=True) - 1]
    except click.Abort:
        msg = f"nobody chose one of {listed}; say `sync-worker connect {name} --tenant ID`"
        raise Misconfigured(msg) from None
