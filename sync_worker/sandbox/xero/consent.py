"""The page on which a person lets the app in: which organisation, which scopes, yes or no.

A browser (it accepts text/html) is shown the page; a client without one is taken for a person who says yes at once to
the organisation that comes first. Refusing sends `error=access_denied` back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import urlencode, urlsplit

from sync_worker.sandbox.http import Request, Response

HTML = "text/html; charset=utf-8"
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Xero | Connect</title></head>
<body>
<h1>{app} wants access to</h1>
<form method="post" action="/identity/connect/authorize">
{hidden}
<fieldset><legend>Select an organisation</legend>
{organisations}
</fieldset>
<h2>The app will be able to use</h2>
<ul>
{scopes}
</ul>
<button type="submit" name="consent" value="allow">Allow access</button>
<button type="submit" name="consent" value="deny">Cancel</button>
</form>
</body>
</html>
"""


def wanted(request: Request) -> bool:
    """Whether a person sits before it."""
    return request.method == "GET" and "text/html" in request.headers.get("accept", "").lower()


def page(
    app: str,
    asked: Mapping[str, str],
    scopes: Sequence[str],
    organisations: Sequence[tuple[str, str]],
) -> Response:
    """`organisations` are (tenant id, name); what was asked comes back with the answer."""
    hidden = "\n".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in asked.items()
    )
    choices = "\n".join(
        f'<label><input type="radio" name="tenantId" value="{escape(tenant)}"{_first(at)}>'
        f"{escape(name)}</label>"
        for at, (tenant, name) in enumerate(organisations)
    )
    listed = "\n".join(f"<li>{escape(scope)}</li>" for scope in scopes)
    text = _PAGE.format(app=escape(app), hidden=hidden, organisations=choices, scopes=listed)
    return Response(200, {"Content-Type": HTML, "Cache-Control": "no-store"}, text.encode())


def back(redirect: str, **told: str) -> Response:
    """To where the app waits, with what it is told."""
    joint = "&" if urlsplit(redirect).query else "?"
    said = {name: value for name, value in told.items() if value}
    return Response(302, {"Location": f"{redirect}{joint}{urlencode(said)}"})


def may_return_to(redirect: str) -> bool:
    """https, or http to `localhost` by that name (Xero's prompt library; 127.0.0.1 is reported as refused)."""
    address = urlsplit(redirect)
    return address.scheme == "https" or (
        address.scheme == "http" and address.hostname == "localhost"
    )


def _first(at: int) -> str:
    return "" if at else " checked"
