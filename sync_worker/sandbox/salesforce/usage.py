"""The daily API budget: calls of the last 24 hours against the org's limit."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sync_worker.sandbox.http import Clock
from sync_worker.sandbox.salesforce.errors import Refused

WINDOW = timedelta(hours=24)


class Usage:
    def __init__(self, clock: Clock, limit: int) -> None:
        self._clock = clock
        self.limit = limit
        self._minutes: deque[tuple[datetime, int]] = deque()

    @property
    def used(self) -> int:
        oldest = self._clock.now() - WINDOW
        while self._minutes and self._minutes[0][0] < oldest:
            self._minutes.popleft()
        return sum(count for _, count in self._minutes)

    def count(self) -> None:
        """Counts one call. Raises REQUEST_LIMIT_EXCEEDED when the day's budget is spent."""
        if self.used >= self.limit:
            raise Refused("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        minute = self._clock.now().replace(second=0, microsecond=0)
        if self._minutes and self._minutes[-1][0] == minute:
            self._minutes[-1] = (minute, self._minutes[-1][1] + 1)
        else:
            self._minutes.append((minute, 1))

    def header(self) -> dict[str, str]:
        return {"Sforce-Limit-Info": f"api-usage={self.used}/{self.limit}"}

    def report(self) -> Mapping[str, Any]:
        """The body of /limits, for what an integration looks at."""
        used = self.used
        return {
            "DailyApiRequests": {"Max": self.limit, "Remaining": max(0, self.limit - used)},
            "DailyAsyncApexExecutions": {"Max": 250000, "Remaining": 250000},
            "DailyBulkApiBatches": {"Max": 15000, "Remaining": 15000},
            "DailyBulkV2QueryFileStorageMB": {"Max": 976562, "Remaining": 976562},
            "DailyBulkV2QueryJobs": {"Max": 10000, "Remaining": 10000},
            "DataStorageMB": {"Max": 10240, "Remaining": 10240},
            "FileStorageMB": {"Max": 10240, "Remaining": 10240},
            "HourlyPublishedPlatformEvents": {"Max": 50000, "Remaining": 50000},
            "SingleEmail": {"Max": 5000, "Remaining": 5000},
        }

    def forget(self) -> None:
        self._minutes.clear()
