"""Several calls in one: composite requests with references between them, batches, and trees of new records."""

from __future__ import annotations

import json
import re
from typing import Any

from sync_worker.sandbox.http import Request, Response
from sync_worker.sandbox.salesforce.answers import answer, to_json
from sync_worker.sandbox.salesforce.call import Call, Routes
from sync_worker.sandbox.salesforce.errors import Refused
from sync_worker.sandbox.salesforce.schema import SObject

MOST_REQUESTS = 25
MOST_QUERIES = 5  # and collections; of other sub-requests there may be 25
MOST_RECORDS = 200
DEEPEST_TREE = 5
_REFERENCE = re.compile(r"@\{([^}]+)\}")
_HALTED = "The transaction was rolled back since another operation in the same transaction failed."


def composite(call: Call) -> Response:
    body = call.record_body()
    requests = body.get("compositeRequest")
    if not isinstance(requests, list) or not requests:
        raise Refused("JSON_PARSER_ERROR", "compositeRequest is required in the request body")
    if len(requests) > MOST_REQUESTS:
        raise Refused(
            "LIMIT_EXCEEDED",
            f"The number of subrequests exceeds the limit of {MOST_REQUESTS}: {len(requests)}",
        )
    _refuse_too_many_queries(requests)
    _refuse_bad_references([each.get("referenceId") for each in requests])
    return answer({"compositeResponse": _run(call, requests, bool(body.get("allOrNone", False)))})


def batch(call: Call) -> Response:
    """Independent sub-requests; nothing is shared and nothing is rolled back together."""
    body = call.record_body()
    requests = body.get("batchRequests") or []
    if len(requests) > MOST_REQUESTS:
        raise Refused("LIMIT_EXCEEDED", f"The batch exceeds the limit of {MOST_REQUESTS} requests")
    results = []
    for each in requests:
        inner = _request(
            call, each["method"], f"/services/data/{each['url']}", each.get("richInput")
        )
        response = call.org.dispatch(inner)
        results.append({"statusCode": response.status, "result": _body(response)})
    failed = any(each["statusCode"] >= 400 for each in results)
    return answer({"hasErrors": failed, "results": results})


def tree(call: Call) -> Response:
    """New records with their children, all or none."""
    sobject, body = call.sobject(), call.record_body()
    store, made, failed = call.org.store, _Made(call), list[dict[str, Any]]()
    mark = store.mark()
    for record in body.get("records") or []:
        try:
            made.add(sobject, record, {}, 1)
        except _TreeRefused as refused:
            failed.append({"referenceId": refused.reference, "errors": [refused.reason.as_row()]})
    if failed:
        store.take_back(mark)
        return answer({"hasErrors": True, "results": failed}, 400)
    return answer({"hasErrors": False, "results": made.results}, 201)


ROUTES: Routes = {
    "composite": {"POST": composite},
    "composite/batch": {"POST": batch},
    "composite/tree/{}": {"POST": tree},
}


def _run(call: Call, requests: list[dict[str, Any]], all_or_none: bool) -> list[dict[str, Any]]:
    store, answers, results = call.org.store, dict[str, Any](), list[dict[str, Any]]()
    mark, halted = store.mark(), False
    for each in requests:
        if halted:
            results.append(_result(each, 400, _error("PROCESSING_HALTED", _HALTED)))
            continue
        result = _one(call, each, answers)
        results.append(result)
        halted = all_or_none and result["httpStatusCode"] >= 400
    if halted:
        store.take_back(mark)
        # What had succeeded before the failure is told to have been halted as well.
        results = [
            each
            if each["httpStatusCode"] >= 400
            else {
                **each,
                "httpStatusCode": 400,
                "body": _error("PROCESSING_HALTED", _HALTED),
                "httpHeaders": {},
            }
            for each in results
        ]
    return results


def _one(call: Call, each: dict[str, Any], answers: dict[str, Any]) -> dict[str, Any]:
    try:
        url = _filled(str(each.get("url", "")), answers)
        body = _filled(each.get("body"), answers)
    except KeyError as missing:
        reason = f"Invalid reference specified. No value for {missing.args[0]} found in {missing.args[1]}"
        return _result(each, 400, _error("PROCESSING_HALTED", reason))
    response = call.org.dispatch(_request(call, str(each.get("method", "GET")), url, body, each))
    answered = _body(response)
    if response.status < 400:
        answers[str(each.get("referenceId"))] = answered
    headers = {"Location": response.headers["Location"]} if "Location" in response.headers else {}
    return _result(each, response.status, answered, headers)


def _request(
    call: Call, method: str, url: str, body: Any, each: dict[str, Any] | None = None
) -> Request:
    headers = {**call.request.headers, "content-type": "application/json"}
    headers.update(
        {name.lower(): value for name, value in ((each or {}).get("httpHeaders") or {}).items()}
    )
    return Request.to(method, url, headers, b"" if body is None else to_json(body).encode())


def _filled(value: Any, answers: dict[str, Any]) -> Any:
    """The same JSON with every @{reference.path} replaced by what that sub-request answered."""
    if isinstance(value, dict):
        return {key: _filled(each, answers) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, answers) for each in value]
    if not isinstance(value, str):
        return value
    whole = _REFERENCE.fullmatch(value)
    if whole and isinstance(found := _referred(whole[1], answers), (dict, list)):
        return found
    return _REFERENCE.sub(lambda match: str(_referred(match[1], answers)), value)


def _referred(path: str, answers: dict[str, Any]) -> Any:
    head, *steps = re.findall(r"[^.\[\]]+", path)
    if head not in answers:
        raise KeyError(".".join(steps), head)
    found = answers[head]
    for step in steps:
        try:
            found = found[int(step)] if isinstance(found, list) else found[step]
        except (KeyError, IndexError, TypeError, ValueError):
            raise KeyError(".".join(steps), head) from None
    return found


def _refuse_too_many_queries(requests: list[dict[str, Any]]) -> None:
    heavy = re.compile(
        r"/services/data/v[\d.]+/(query|queryAll|composite/sobjects)\b", re.IGNORECASE
    )
    count = sum(1 for each in requests if heavy.match(str(each.get("url", ""))))
    if count > MOST_QUERIES:
        raise Refused(
            "LIMIT_EXCEEDED",
            f"The number of query and sObject collections subrequests exceeds the limit of {MOST_QUERIES}: {count}",
        )


def _refuse_bad_references(names: list[Any]) -> None:
    seen: set[str] = set()
    for name in names:
        if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9_]+", name):
            raise Refused(
                "JSON_PARSER_ERROR", "Provided referenceId is invalid. It must be alphanumeric."
            )
        if name in seen:
            raise Refused("JSON_PARSER_ERROR", f"Duplicate referenceId provided in request: {name}")
        seen.add(name)


def _body(response: Response) -> Any:
    return json.loads(response.body) if response.body else None


def _error(code: str, message: str) -> list[dict[str, str]]:
    return [{"errorCode": code, "message": message}]


def _result(
    each: dict[str, Any], status: int, body: Any, headers: dict[str, str] | None = None
) -> dict[str, Any]:
    return {
        "body": body,
        "httpHeaders": headers or {},
        "httpStatusCode": status,
        "referenceId": each.get("referenceId"),
    }


class _TreeRefused(Exception):
    def __init__(self, reference: str, reason: Refused) -> None:
        super().__init__(reference)
        self.reference = reference
        self.reason = reason


class _Made:
    """The records of a tree as they come into being, parents before children."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self.results: list[dict[str, str]] = []

    def add(
        self, sobject: SObject, record: dict[str, Any], above: dict[str, str], depth: int
    ) -> None:
        reference = str((record.get("attributes") or {}).get("referenceId", ""))
        try:
            self._refuse_too_much(depth)
            below = {name: each for name, each in record.items() if self._is_children(each)}
            own = {name: each for name, each in record.items() if name not in below}
            made = self._call.org.rows.create(sobject, {**own, **above})
        except Refused as refused:
            raise _TreeRefused(reference, refused) from None
        self.results.append({"referenceId": reference, "id": made})
        for name, children in below.items():
            child = sobject.child(name)
            if child is None:
                raise _TreeRefused(
                    reference,
                    Refused(
                        "INVALID_FIELD",
                        f"No such column '{name}' on sobject of type {sobject.name}",
                    ),
                )
            for each in children["records"]:
                self.add(child.sobject, each, {child.field.name: made}, depth + 1)

    def _refuse_too_much(self, depth: int) -> None:
        if len(self.results) >= MOST_RECORDS or depth > DEEPEST_TREE:
            raise Refused(
                "LIMIT_EXCEEDED",
                f"Record trees are limited to {MOST_RECORDS} records, {DEEPEST_TREE} deep",
            )

    @staticmethod
    def _is_children(value: Any) -> bool:
        return isinstance(value, dict) and isinstance(value.get("records"), list)
