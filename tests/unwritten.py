"""How much of a file the kernel still has to write to its disk: what a power cut would take.

Linux tells it since 6.5 (cachestat(2)): the pages of a file in memory that are dirty, or on their way to the disk. What
the disk itself keeps in a cache of its own nobody can see.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

CACHESTAT = 451
"""The system call's number, the same on every machine Linux runs on but Alpha."""


class _Range(ctypes.Structure):
    _fields_ = (("off", ctypes.c_uint64), ("len", ctypes.c_uint64))


class _Stat(ctypes.Structure):
    """struct cachestat of linux/mman.h."""

    _fields_ = tuple(
        (name, ctypes.c_uint64)
        for name in ("cache", "dirty", "writeback", "evicted", "recently_evicted")
    )


def unwritten(path: Path) -> int:
    """Pages. Raises OSError where the kernel does not tell."""
    whole, found = _Range(0, 0), _Stat()
    libc = ctypes.CDLL(None, use_errno=True)
    with path.open("rb") as file:
        if libc.syscall(CACHESTAT, file.fileno(), ctypes.byref(whole), ctypes.byref(found), 0):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return int(found.dirty) + int(found.writeback)


def why_untold(folder: Path) -> str:
    """Why it cannot be told of files in that folder; nothing where it can. Tried, since a file system in memory has
    nothing to write and one laid over another does not always know."""
    probe = folder / "probe"
    with probe.open("wb") as file:
        file.write(b"x" * 10_000)
        file.flush()
        try:
            before = unwritten(probe)
        except OSError as failure:
            return f"this kernel does not tell what is written to a disk ({failure.strerror}; Linux 6.5 does)"
        os.fsync(file.fileno())
    if before == 0 or unwritten(probe) != 0:
        return f"the file system of {folder} does not tell what is written to a disk"
    return ""
