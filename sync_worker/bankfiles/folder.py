"""Where bank files are put, for people to take them to the bank: the whole file or none, never in place of another."""

from __future__ import annotations

import os
from pathlib import Path

from sync_worker.domain.errors import Misconfigured
from sync_worker.ports import Moments, unwatched


class FileFolder:
    """ports.Folder on a disk. Files are for the worker's own user: they hold other people's bank accounts."""

    def __init__(self, path: Path, moments: Moments = unwatched) -> None:
        self._path = path
        self._moments = moments

    def free(self, name: str) -> None:
        if self._at(name).exists():
            raise Misconfigured(
                f"the folder {self._path} has a file {name} already; it is not overwritten, move it away first"
            )

    def put(self, name: str, content: bytes) -> None:
        """Written under another name, flushed to the disk, and named only then."""
        goal = self._at(name)
        if goal.exists():
            if goal.read_bytes() != content:
                raise Misconfigured(
                    f"the folder {self._path} has another file {name} by now; move it away, and the next "
                    "`sync-worker batch` command puts this one there"
                )
            return
        self._moments("bank.PUT.file.before")
        self._write(goal, content)
        self._moments("bank.PUT.file.after")

    def _write(self, goal: Path, content: bytes) -> None:
        half = goal.with_name(f".{goal.name}.half")
        try:
            half.unlink(missing_ok=True)
            with os.fdopen(
                os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb"
            ) as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            half.rename(goal)
            self._flush()
        except OSError as failure:
            raise Misconfigured(
                f"the bank file {goal.name} cannot be written to {self._path} ({failure.strerror}); mend that, and the "
                "next `sync-worker batch` command puts it there"
            ) from failure

    def _at(self, name: str) -> Path:
        try:
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            writable = os.access(self._path, os.W_OK)
        except OSError:
            writable = False
        if not writable:
            raise Misconfigured(
                f"the folder {self._path} for bank files cannot be written; "
                "name one in the connection's bank.folder that this user may write"
            )
        return self._path / name

    def _flush(self) -> None:
        """The new name as well must outlast a power cut."""
        folder = os.open(self._path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
