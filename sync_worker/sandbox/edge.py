"""The edge: one sandbox of both vendors, served on two loopback ports, and a mail box on a third.

    with Sandbox(metadata=Path("config/salesforce")) as sandbox:
        print(sandbox.credentials())

One thread serves all ports; each core works on one request at a time.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from sync_worker.sandbox import witness
from sync_worker.sandbox.control import ControlPlane
from sync_worker.sandbox.ear import Ear
from sync_worker.sandbox.http import Clock
from sync_worker.sandbox.mailbox import Slot
from sync_worker.sandbox.salesforce.org import SalesforceOrg
from sync_worker.sandbox.xero.app import XeroSandbox

MB = 1024 * 1024
# Salesforce, "Status Codes and Error Responses": 414 when the URI, 431 when URI and headers pass
# 16,384 bytes. Its REST bodies may have 50 MB. Xero states 3.5 MB a request on one page and 10 MB
# on another: the larger one refuses nothing that the real thing takes. How Xero meets a long
# address is not written down; a usual web server's 16 KB stands in.
SALESFORCE_CAPS = {414: 16_384, 431: 16_384, 413: 50 * MB}
XERO_CAPS = {414: 16_384, 431: 65_536, 413: 10 * MB}


class Sandbox:
    """Both vendors, served from `start` to `stop`.

    `salesforce` and `xero` are further knobs of the two cores. `store` is a folder for their files, if they hold more
    than fits into memory.
    """

    def __init__(
        self,
        *,
        metadata: Path | None,
        namespace: str = "",
        seed: int = 0,
        host: str = "127.0.0.1",
        salesforce_port: int = 0,
        xero_port: int = 0,
        mail_port: int = 0,
        clock: Clock | None = None,
        salesforce: Mapping[str, Any] | None = None,
        xero: Mapping[str, Any] | None = None,
        store: Path | None = None,
    ) -> None:
        self.clock = clock or Clock()
        self.org = SalesforceOrg(
            self.clock,
            metadata=metadata,
            namespace=namespace,
            seed=seed,
            store=store,
            **(salesforce or {}),
        )
        self.xero = XeroSandbox(self.clock, seed=seed, store=store, **(xero or {}))
        self.control = ControlPlane(self.clock, self.org, self.xero)
        self.control.xero_door.witness = witness.appointed(self.xero)
        self._ears = (
            Ear(self.control.salesforce_door, SALESFORCE_CAPS, host, salesforce_port),
            Ear(self.control.xero_door, XERO_CAPS, host, xero_port),
        )
        self._slot = Slot(self.control.mailbox, host, mail_port)
        self._thread: threading.Thread | None = None

    @property
    def salesforce_url(self) -> str:
        return self._ears[0].url

    @property
    def xero_url(self) -> str:
        return self._ears[1].url

    @property
    def mail_address(self) -> tuple[str, int]:
        """Host and port of the mail box's SMTP."""
        return self._slot.address

    def credentials(self) -> dict[str, dict[str, str]]:
        return {
            "salesforce": self.org.credentials(self.salesforce_url),
            "xero": self.xero.credentials(self.xero_url),
        }

    def start(self) -> Self:
        """Returns once all ports accept connections; OSError if one is taken."""
        try:
            for one in (*self._ears, self._slot):
                one.bind()
        except OSError:
            self.stop()
            raise
        self._thread = threading.Thread(target=self._serve, name="sandbox", daemon=True)
        self._thread.start()
        self.control.postman.start()
        return self

    def stop(self) -> None:
        self.control.postman.stop()
        for one in (*self._ears, self._slot):
            one.close()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        for one in (*self._ears, self._slot):
            one.unbind()

    def wait(self) -> None:
        """Until somebody stops it."""
        if self._thread is not None:
            self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _serve(self) -> None:
        async def all_ports() -> None:
            await asyncio.gather(*(one.serve() for one in (*self._ears, self._slot)))

        asyncio.run(all_ports())
