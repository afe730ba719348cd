"""What was accepted is in history: lines of rooms for their members, talks for accounts with several devices.

A client that is in a room sees its lines without a gap.
"""

import itertools
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred, gatherResults

from tests.soak.books import Entry
from tests.soak.clients import NativeClient

if TYPE_CHECKING:
    from tests.soak.person import Person
    from tests.soak.town import Town

_PAGE = 200


async def rooms(town: "Town") -> int:
    """Every line that was accepted is in its room's history, once, in order; no client missed one. How many are."""
    said: dict[str, list[Entry]] = {}
    for entry in town.books.entries:
        if entry.to.startswith("#"):
            said.setdefault(entry.to, []).append(entry)
    kept: dict[str, list[int]] = {}
    reader = next(client for person in town.people if (client := _reader(person)) is not None)
    for room in sorted(said):
        joined = await reader.patiently({"type": "join", "room": room})
        assert joined["type"] == "room", joined
        kept[room] = _numbers(town, room, await _all(reader, room))
        _compare(town, room, said[room], kept[room])
    _gaps(town, kept)
    return sum(map(len, kept.values()))


async def talks(town: "Town") -> int:
    """Every message that was accepted is in the history of each side that has several devices. How many were read."""
    accounts = {person.name: person for person in town.people if not person.resident.guest}
    books: dict[str, dict[str, list[Entry]]] = {name: {} for name in accounts}
    for entry in town.books.entries:
        if entry.author in accounts and entry.to in accounts:
            books[entry.author].setdefault(entry.to, []).append(entry)
            books[entry.to].setdefault(entry.author, []).append(entry)
    several = [person for person in accounts.values() if len({device.name for device in person.devices}) > 1]
    read = [Deferred.fromCoroutine(_talks_of(town, owner, books[owner.name])) for owner in several]
    return sum(await gatherResults(read))


async def _talks_of(town: "Town", owner: "Person", books: dict[str, list[Entry]]) -> int:
    read = 0
    client = _reader(owner)
    if client is None:
        return 0
    for other, entries in books.items():
        numbers = _numbers(town, f"talk of {owner.name} with {other}", await _all(client, other))
        _compare(town, f"the talk of {owner.name} with {other}", entries, numbers)
        read += len(numbers)
    return read


def _reader(person: "Person") -> NativeClient | None:
    if person.resident.visitor:
        return None
    return next((each.client for each in person.on if isinstance(each.client, NativeClient)), None)


async def _all(client: NativeClient, where: str) -> list[dict[str, Any]]:
    """All pages, oldest first."""
    lines: list[dict[str, Any]] = []
    while True:
        before = lines[0]["seq"] if lines else 0
        page = await client.patiently({"type": "get-history", "with": where, "before": before, "limit": _PAGE})
        assert page["type"] == "history", page
        if not page["messages"]:
            return lines
        lines[:0] = page["messages"]


def _numbers(town: "Town", where: str, lines: list[dict[str, Any]]) -> list[int]:
    """Which entries they are; an id that differs from what the sender was told is a fault."""
    numbers = []
    for line in lines:
        entry = town.books.entry(line["body"])
        if entry is None:
            continue
        numbers.append(entry.number)
        if entry.promised and entry.id and entry.id != line["id"]:
            town.books.fault("other id in history", f"{where}: {entry.number} {line['id']}, told {entry.id}")
    return numbers


def _compare(town: "Town", where: str, entries: Iterable[Entry], numbers: list[int]) -> None:
    there = Counter(numbers)
    latest: dict[str, int] = {}
    by_number = {entry.number: entry for entry in entries}
    for entry in by_number.values():
        count = there[entry.number]
        if count > 1:
            town.books.fault("twice in history", f"{where}: {entry.number} from {entry.client}")
        if entry.promised and not count:
            town.books.fault("not in history", f"{where}: {entry.number} {entry.id} from {entry.client} {entry.how}")
        if entry.in_vain and count:
            town.books.fault("refused and in history", f"{where}: {entry.number} from {entry.client}: {entry.reason}")
    for number in numbers:
        told = by_number.get(number)
        if told is None or told.late or told.resent:
            continue
        if number < latest.get(told.client, -1):
            town.books.fault("history out of order", f"{where}: {number} after {latest[told.client]}")
        latest[told.client] = number


def _gaps(town: "Town", kept: dict[str, list[int]]) -> None:
    """What a client heard in one go is a stretch of what was said, but for its own lines and those said twice."""
    entries = town.books.entries
    places = {room: {number: place for place, number in enumerate(numbers)} for room, numbers in kept.items()}
    for device in town.devices:
        device.shelf.left()
        for room, segment in device.shelf.segments:
            place = places.get(room, {})
            heard = [number for number in segment if number in place and not entries[number].resent]
            for before, number in itertools.pairwise(heard):
                between = kept[room][place[before] + 1 : place[number]]
                missed = [each for each in between if entries[each].client != device.label and not entries[each].resent]
                if place[number] < place[before]:
                    town.books.fault("room out of order", f"{device.label} in {room}: {number} after {before}")
                elif missed:
                    town.books.fault("gap in a room", f"{device.label} in {room}: {missed[:5]} before {number}")
