"""Attributes that thousands of objects have are named once for all of them.

CPython keeps the names of a class's attributes in one table as long as the table knows them when the objects are made
(PEP 412; since 3.11 without a dictionary for each object). An attribute that comes later, when there are many objects
already, gives each of them a dictionary of its own: some 400 bytes. Protocols and transports get theirs as the
connection goes on, so the names are told here beforehand. Where an interpreter does it in another way, nothing changes.
"""

from typing import Any


def share(kind: type[Any], *names: str) -> None:
    """Before the first object of this class is made: what attributes they will have."""
    first = object.__new__(kind)
    for name in names:
        setattr(first, name, None)
