"""Which process holds a lease, and whether it is provably dead.

After ``kill -9`` the lease stays in Redis until it expires. A daemon started again on the same machine need not wait
for that if it can show that the former holder's process is gone.
"""

import os
import socket
from pathlib import Path

import msgspec


class Process(msgspec.Struct, frozen=True):
    """A process, so that it cannot be mistaken for another one: fields the system does not tell are ""."""

    host: str
    pid: int
    #: The start of the machine (Linux boot id).
    boot: str = ""
    #: The table in which `pid` counts (Linux process id namespace): containers may share a host's name.
    namespace: str = ""
    #: Start of the process, in the system's own unit: process ids are used again.
    started: str = ""


def _text(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


def _namespace() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def _started(pid: int) -> str:
    # proc_pid_stat(5): field 22, counted behind the command name, which is in parentheses and may hold anything.
    fields = _text(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return fields[19] if len(fields) > 19 else ""


def here() -> Process:
    """This process. Reads files of /proc only, which never waits for a disk."""
    pid = os.getpid()
    return Process(socket.gethostname(), pid, _text("/proc/sys/kernel/random/boot_id"), _namespace(), _started(pid))


def alive(other: Process) -> bool | None:
    """Whether `other` runs; None when that cannot be known from here."""
    me = here()
    if other.host != me.host:
        return None
    if other.boot and me.boot and other.boot != me.boot:
        return False
    if other.namespace != me.namespace:
        return None
    try:
        os.kill(other.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    started = _started(other.pid)
    return not (other.started and started and other.started != started)
