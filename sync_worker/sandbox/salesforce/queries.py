"""The routes of the query resources."""

from __future__ import annotations

from sync_worker.sandbox.http import Response
from sync_worker.sandbox.salesforce.answers import answer_text
from sync_worker.sandbox.salesforce.call import Call, Routes
from sync_worker.sandbox.salesforce.errors import Refused, unknown_object
from sync_worker.sandbox.salesforce.query import parsed_query


def query(call: Call) -> Response:
    return _first_page(call, with_deleted=False)


def query_all(call: Call) -> Response:
    """The recycle bin as well. Its next pages are asked for under /query, as on the platform."""
    return _first_page(call, with_deleted=True)


def next_page(call: Call) -> Response:
    return answer_text(call.org.queries.more(call.names[0], call.base, call.batch_size()))


def tooling_query(call: Call) -> Response:
    """The Tooling API has objects of its own; none of them is imitated, so that each is an unknown one."""
    parsed = parsed_query(call.request.parameter("q") or "")
    raise unknown_object(parsed.source.text)


ROUTES: Routes = {
    "tooling/query": {"GET": tooling_query},
    "query": {"GET": query},
    "queryAll": {"GET": query_all},
    "query/{}": {"GET": next_page},
    "queryAll/{}": {"GET": next_page},
}


def _first_page(call: Call, *, with_deleted: bool) -> Response:
    text = call.request.parameter("q")
    if not text or not text.strip():
        raise Refused("MALFORMED_QUERY", "A query string has to be specified")
    if call.flag("columns"):
        return answer_text(call.org.queries.columns(text))
    return answer_text(
        call.org.queries.run(text, call.base, call.batch_size(), with_deleted=with_deleted)
    )
