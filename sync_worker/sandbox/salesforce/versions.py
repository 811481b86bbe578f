"""Which API versions the org speaks, and what it tells about itself before any object is named."""

from __future__ import annotations

import re

from sync_worker.sandbox.http import Response
from sync_worker.sandbox.salesforce.answers import answer
from sync_worker.sandbox.salesforce.bulk.jobs import INGEST, QUERY
from sync_worker.sandbox.salesforce.call import Call, Routes
from sync_worker.sandbox.salesforce.errors import Refused, not_found

OLDEST, NEWEST = 31, 68
_SEASONS = ("Spring", "Summer", "Winter")


def all_versions() -> Response:
    """GET /services/data, without signing in."""
    return answer(
        [
            {"label": label(each), "url": f"/services/data/v{each}.0", "version": f"{each}.0"}
            for each in range(OLDEST, NEWEST + 1)
        ]
    )


def version_of(text: str) -> str:
    """`63.0` from `v63.0` or `v63`. Retired versions are gone, others were never there."""
    match = re.fullmatch(r"v(\d{1,3})(?:\.0)?", text)
    number = int(match[1]) if match else 0
    if 0 < number < OLDEST and match:
        raise Refused("GONE", f"API version {number}.0 has been retired")
    if not OLDEST <= number <= NEWEST:
        raise not_found()
    return f"{number}.0"


def label(version: int) -> str:
    """Spring '25 is 63; three releases a year, the winter one named for the year to come."""
    year, season = divmod(version - 63, 3)
    return f"{_SEASONS[season]} '{(25 + year + (season == 2)) % 100:02}"


def resources(call: Call) -> Response:
    """GET /services/data/vXX.0: jsforce needs `identity` in it, and the sf CLI uses it to try a token."""
    paths = (
        "sobjects",
        "jobs",
        "query",
        "queryAll",
        "limits",
        "composite",
        "recent",
        "search",
        "tooling",
        "metadata",
    )
    listed = {name: f"{call.base}/{name}" for name in paths}
    return answer({**listed, "identity": f"{call.origin}/id/{call.org.org_id}/{call.org.user_id}"})


def limits(call: Call) -> Response:
    """Bulk jobs count towards limits of their own; an ingest job here is one batch."""
    told = dict(call.org.limits())
    for name, kind in (("DailyBulkApiBatches", INGEST), ("DailyBulkV2QueryJobs", QUERY)):
        used = len(call.org.jobs.all(kind))
        told[name] = {**told[name], "Remaining": told[name]["Max"] - used}
    return answer(told)


def recent(call: Call) -> Response:
    """What the user has looked at: an integration looks at nothing."""
    return answer([])


ROUTES: Routes = {
    "": {"GET": resources},
    "limits": {"GET": limits},
    "recent": {"GET": recent},
}
