"""Where the control socket is, and how to name it in an address that is too short for its path."""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

SOCKET = "control.sock"

_T = TypeVar("_T")

#: sun_path has 108 bytes on Linux and 104 on macOS, the final NUL included (unix(7)).
_LONGEST = 103


@contextlib.contextmanager
def inside(folder: Path) -> Iterator[None]:
    """With `folder` as the working directory; back to the old one even if that has been removed meanwhile."""
    here = os.open(".", os.O_RDONLY)
    try:
        os.chdir(folder)
        try:
            yield
        finally:
            os.fchdir(here)
    finally:
        os.close(here)


def beside(path: Path, call: Callable[[str], _T]) -> _T:
    """Call with a name for the socket `path` that fits into a socket address: relative to its folder if need be."""
    if len(os.fsencode(path)) <= _LONGEST:
        return call(str(path))
    with inside(path.parent):
        return call(path.name)
