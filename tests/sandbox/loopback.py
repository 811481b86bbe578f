"""simple-salesforce over plain http: it writes https into every address, and a sandbox on this machine speaks both."""

from __future__ import annotations

from typing import Any

import requests


class Loopback(requests.Session):
    """`patience` is the longest wait for an answer in seconds."""

    def __init__(self, patience: float) -> None:
        super().__init__()
        self._patience = patience

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        plain = str(url).replace("https://", "http://", 1)
        return super().request(method, plain, *args, **{"timeout": (5, self._patience), **kwargs})
