"""The Metadata API over REST: an archive comes in, and its result is told component by component."""

from __future__ import annotations

from sync_worker.sandbox.http import Response
from sync_worker.sandbox.salesforce.answers import answer
from sync_worker.sandbox.salesforce.call import Call, Routes, parse_json
from sync_worker.sandbox.salesforce.errors import Refused
from sync_worker.sandbox.salesforce.metadata.queue import Answer, Deployment
from sync_worker.sandbox.salesforce.multipart import parts_of
from sync_worker.sandbox.salesforce.values import stamp


def begin(call: Call) -> Response:
    _refuse_strangers(call)
    parts = parts_of(call.request)
    described = next((part for part in parts.values() if "json" in part.content_type), None)
    archive = next((part for part in parts.values() if "zip" in part.content_type), None)
    archive = archive or parts.get("file")
    if archive is None or described is None:
        raise Refused(
            "INVALID_MULTIPART_REQUEST", "The request needs a JSON part and a zip file.", status=400
        )
    options = (parse_json(described.body) or {}).get("deployOptions") or {}
    return _begun(call, call.org.deployments.begin(archive.body, options))


def deploy_validated(call: Call) -> Response:
    _refuse_strangers(call)
    name = call.record_body().get("validatedDeployRequestId") or ""
    validated = call.org.deployments.known(str(name))
    return _begun(call, call.org.deployments.deploy_validated(validated))


def read(call: Call) -> Response:
    _refuse_strangers(call)
    found = call.org.deployments.known(call.names[0])
    return answer(_told(call, found, details=call.flag("includeDetails")))


def cancel(call: Call) -> Response:
    _refuse_strangers(call)
    found = call.org.deployments.known(call.names[0])
    asked = (call.record_body().get("deployResult") or {}).get("status")
    if asked != "Canceling":
        raise Refused("INVALID_FIELD", "The status of a deployment can only become Canceling.")
    call.org.deployments.cancel(found)
    return answer(_told(call, found, details=False), 202)


ROUTES: Routes = {
    "metadata/deployRequest": {"POST": begin},
    "metadata/deployRequest/validatedDeployRequestId": {"POST": deploy_validated},
    "metadata/deployRequest/{}": {"GET": read, "PATCH": cancel},
}


def _refuse_strangers(call: Call) -> None:
    if not call.org.access.administers:
        problem = "use of the Metadata API requires a user with the ModifyAllData or ModifyMetadata permissions"
        raise Refused("INSUFFICIENT_ACCESS", problem)


def _begun(call: Call, new: Deployment) -> Response:
    return answer({**_told(call, new, details=False), "deployOptions": dict(new.options)}, 201)


def _told(call: Call, deployment: Deployment, *, details: bool) -> Answer:
    return {
        "id": deployment.id,
        "url": f"{call.origin}{call.base}/metadata/deployRequest/{deployment.id}",
        "validatedDeployRequestId": None,
        "deployResult": _result(deployment, call.org.user_id, details=details),
    }


def _result(deployment: Deployment, user_id: str, *, details: bool) -> Answer:
    """Tests are never run: there is no Apex here, and so none of it can fail."""
    successes, failures = deployment.successes, deployment.failures
    canceled = deployment.status == "Canceled"
    result: Answer = {
        "id": deployment.id,
        "canceledBy": user_id if canceled else None,
        "canceledByName": "Integration User" if canceled else None,
        "checkOnly": deployment.option("checkOnly"),
        "completedDate": stamp(deployment.completed) if deployment.completed else None,
        "createdBy": user_id,
        "createdByName": "Integration User",
        "createdDate": stamp(deployment.created),
        "details": None,
        "done": deployment.done,
        "errorMessage": deployment.error,
        "errorStatusCode": "UNKNOWN_EXCEPTION" if deployment.error else None,
        "ignoreWarnings": deployment.option("ignoreWarnings"),
        "lastModifiedDate": stamp(deployment.completed or deployment.created),
        "messages": None,
        "numberComponentErrors": len(failures),
        # package.xml stands among the results, but is not counted.
        "numberComponentsDeployed": max(len(successes) - 1, 0),
        "numberComponentsTotal": max(len(successes) - 1, 0) + len(failures),
        "numberTestErrors": 0,
        "numberTestsCompleted": 0,
        "numberTestsTotal": 0,
        "rollbackOnError": deployment.option("rollbackOnError", default=True),
        "runTestsEnabled": False,
        "startDate": stamp(deployment.started) if deployment.started else None,
        "stateDetail": None,
        "status": deployment.status,
        "success": deployment.status in ("Succeeded", "SucceededPartial"),
    }
    if details:
        result["details"] = {
            "allComponentMessages": [],
            "componentFailures": failures,
            "componentSuccesses": successes,
            "retrieveResult": None,
            "runTestResult": dict(_NO_TESTS),
        }
    return result


_NO_TESTS: Answer = {
    "apexLogId": None,
    "codeCoverage": [],
    "codeCoverageWarnings": [],
    "failures": [],
    "flowCoverage": [],
    "flowCoverageWarnings": [],
    "numFailures": 0,
    "numTestsRun": 0,
    "successes": [],
    "totalTime": 0.0,
}
