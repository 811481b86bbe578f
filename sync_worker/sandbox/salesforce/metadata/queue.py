"""Deployments on their way: taken in, judged a while later, and put in force if they are right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sync_worker.sandbox.http import Clock
from sync_worker.sandbox.salesforce.errors import Refused, not_found
from sync_worker.sandbox.salesforce.ids import IdMint, full_id
from sync_worker.sandbox.salesforce.later import Later
from sync_worker.sandbox.salesforce.metadata.archive import Archive, BadArchive, Complaint
from sync_worker.sandbox.salesforce.metadata.building import Installation
from sync_worker.sandbox.salesforce.metadata.components import Component, Key
from sync_worker.sandbox.salesforce.metadata.deployment import Judgement, judge
from sync_worker.sandbox.salesforce.values import stamp

Answer = dict[str, Any]


@dataclass(slots=True)
class Deployment:
    id: str
    archive: bytes
    options: Mapping[str, Any]
    created: datetime
    status: str = "Pending"
    started: datetime | None = None
    completed: datetime | None = None
    error: str | None = None
    successes: list[Answer] = field(default_factory=list)
    failures: list[Answer] = field(default_factory=list)

    @property
    def done(self) -> bool:
        return self.status not in ("Pending", "InProgress", "Canceling")

    def option(self, name: str, *, default: bool = False) -> bool:
        return str(self.options.get(name, default)).lower() == "true"


class Deployments:
    """All deployments of the org. `take` puts a new installation in the place of the one that `now` tells."""

    def __init__(
        self,
        clock: Clock,
        later: Later,
        seconds: float,
        now: Callable[[], Installation],
        take: Callable[[Installation], None],
    ) -> None:
        self._clock = clock
        self._later = later
        self._seconds = seconds
        self._now = now
        self._take = take
        self._all: dict[str, Deployment] = {}
        self._ids = IdMint("0Af")
        self._mints = {kind: IdMint(prefix) for kind, prefix in _PREFIXES.items()}
        self._component_ids: dict[Key, str] = {}

    def begin(self, archive: bytes, options: Mapping[str, Any]) -> Deployment:
        new = Deployment(self._ids.next(), archive, options, self._clock.now())
        self._all[new.id] = new
        self._later.after(self._seconds, lambda: self._run(new))
        return new

    def known(self, text: str) -> Deployment:
        found = self._all.get(full_id(text) or "")
        if found is None:
            raise not_found()
        return found

    def cancel(self, deployment: Deployment) -> None:
        if deployment.done:
            problem = "Deployment already completed"
            raise Refused("INVALID_ID_FIELD", problem, status=400)
        deployment.status = "Canceled"
        deployment.completed = self._clock.now()

    def deploy_validated(self, validated: Deployment) -> Deployment:
        """What a validation has found right, now in earnest."""
        if not validated.option("checkOnly") or validated.status != "Succeeded":
            problem = f"Invalid validated deploy request id: {validated.id}"
            raise Refused("INVALID_ID_FIELD", problem, status=400)
        return self.begin(validated.archive, {**validated.options, "checkOnly": False})

    def _run(self, deployment: Deployment) -> None:
        if deployment.done:
            return
        deployment.started = deployment.completed = self._clock.now()
        try:
            archive = Archive.unpacked(deployment.archive)
        except BadArchive as bad:
            deployment.status, deployment.error = "Failed", str(bad)
            return
        before = self._now()
        judgement = judge(archive, before)
        self._note(deployment, judgement, before)
        if not judgement.complaints:
            deployment.status = "Succeeded"
        elif deployment.option("rollbackOnError", default=True):
            deployment.status = "Failed"
        else:
            deployment.status = "SucceededPartial"
        if deployment.status != "Failed" and not deployment.option("checkOnly"):
            self._take(judgement.installation)

    def _note(self, deployment: Deployment, judgement: Judgement, before: Installation) -> None:
        now = stamp(self._clock.now())
        deployment.failures = [_failure(each, now) for each in judgement.complaints]
        package = {"fullName": "package.xml", "fileName": "package.xml", "componentType": ""}
        deployment.successes = [{**_message(now), **package}]
        for each in judgement.taken:
            known = before.components.get(each.key)
            made = {
                "created": known is None,
                "changed": known is None or known.xml != each.xml,
                "id": self._id_of(each),
            }
            deployment.successes.append({**_success(each, now), **made})
        for each in judgement.removed:
            gone = {"deleted": True, "changed": True, "id": self._id_of(each)}
            deployment.successes.append({**_success(each, now), **gone})

    def _id_of(self, component: Component) -> str:
        if component.key not in self._component_ids:
            self._component_ids[component.key] = self._mints[component.kind].next()
        return self._component_ids[component.key]


_PREFIXES = {
    "CompactLayout": "0AH",
    "CustomApplication": "02u",
    "CustomField": "00N",
    "CustomObject": "01I",
    "CustomPermission": "0CP",
    "CustomTab": "01r",
    "FieldSet": "0IX",
    "Flow": "301",
    "Layout": "00h",
    "ListView": "00B",
    "PermissionSet": "0PS",
    "QuickAction": "09D",
    "ValidationRule": "03d",
    "WebLink": "00b",
}


def _message(now: str) -> Answer:
    return {
        "changed": False,
        "columnNumber": None,
        "created": False,
        "createdDate": now,
        "deleted": False,
        "id": None,
        "knownPackagingProblem": False,
        "lineNumber": None,
        "problem": None,
        "problemType": None,
        "requiresProductionTestRun": False,
        "success": True,
        "warning": False,
    }


def _success(component: Component, now: str) -> Answer:
    return {
        **_message(now),
        "componentType": component.kind,
        "fileName": component.file,
        "fullName": component.name,
    }


def _failure(complaint: Complaint, now: str) -> Answer:
    return {
        **_message(now),
        "columnNumber": complaint.column or None,
        "componentType": complaint.kind,
        "fileName": complaint.file,
        "fullName": complaint.name,
        "lineNumber": complaint.line or None,
        "problem": complaint.problem,
        "problemType": "Error",
        "success": False,
    }
