"""The lease on a data folder: a lock that dies with its process, and says who holds it."""

import datetime
import fcntl
import os
import socket
from pathlib import Path

from imd.core.stores import StoreLocked


class Lease:
    """An exclusive `flock` on ``imd.lock``. The kernel drops it when the process ends, however it ends.

    The file stays behind and only its lock counts; what it says is for people.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def take(self, now: float) -> None:
        """Take the lease at wall-clock time `now`, or raise `StoreLocked` with the holder's own words."""
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                # Empty for the instant between the holder's lock and its writing.
                raise StoreLocked(
                    os.pread(file, 1000, 0).decode(errors="replace").strip() or "another process"
                ) from None
            since = datetime.datetime.fromtimestamp(now, datetime.UTC).isoformat(timespec="seconds")
            os.ftruncate(file, 0)
            os.pwrite(file, f"process {os.getpid()} on {socket.gethostname()} since {since}\n".encode(), 0)
        except BaseException:
            os.close(file)
            raise
        self._file = file

    def release(self) -> None:
        """Give the lease back; nothing happens when it is not held."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
