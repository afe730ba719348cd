"""What was said."""

from collections.abc import Awaitable, Iterable, Sequence

from imd.core.message import Message
from imd.core.past import END, owner_of
from imd.storage.memory.part import Call, Part


class History(Part):
    def __init__(self, call: Call) -> None:
        super().__init__(call)
        self._lines: dict[str, dict[str, Message]] = {}

    def append(self, entries: Sequence[tuple[str, Message]], most: int = 0) -> Awaitable[int]:
        def work() -> int:
            cut = 0
            for target, message in entries:
                self._lines.setdefault(target, {}).setdefault(message.id, message)
            for target in {target for target, _ in entries} if most else ():
                if len(self._lines[target]) > most + most // 10:
                    for message in self._sorted(target)[:-most]:
                        del self._lines[target][message.id]
                    cut += 1
            return cut

        return self._call(work)

    def _sorted(self, target: str) -> list[Message]:
        return sorted(self._lines.get(target, {}).values(), key=lambda message: message.seq)

    def _between(self, target: str, after: int, before: int) -> list[Message]:
        return [message for message in self._sorted(target) if after < message.seq < before]

    def latest(self, target: str, before: int, limit: int, after: int = -1) -> Awaitable[list[Message]]:
        return self._call(lambda: self._between(target, after, before)[-limit:] if limit else [])

    def after(self, target: str, after: int, limit: int, before: int = END) -> Awaitable[list[Message]]:
        return self._call(lambda: self._between(target, after, before)[:limit])

    def find(self, target: str, id: str) -> Awaitable[Message | None]:
        return self._call(lambda: self._lines.get(target, {}).get(id))

    def _newest(self, targets: Iterable[str]) -> dict[str, int]:
        return {target: self._sorted(target)[-1].seq for target in targets if self._lines.get(target)}

    def newest(self, targets: Sequence[str]) -> Awaitable[dict[str, int]]:
        return self._call(lambda: self._newest(targets))

    def talks(self, owner: str, after: int, before: int, limit: int, *, newest: bool) -> Awaitable[dict[str, int]]:
        def work() -> dict[str, int]:
            known = self._newest(target for target in self._lines if owner and owner_of(target) == owner)
            found = sorted((seq, target) for target, seq in known.items() if after < seq < before)
            some = found[-limit:] if newest else found[:limit]
            return {target: seq for seq, target in (some if limit else ())}

        return self._call(work)

    def remove(self, pairs: Sequence[tuple[str, str]]) -> Awaitable[int]:
        return self._call(lambda: sum(bool(self._lines.get(target, {}).pop(id, None)) for target, id in pairs))

    def drop(self, targets: Sequence[str]) -> Awaitable[None]:
        return self._do(lambda: [self._lines.pop(target, None) for target in targets])

    def written(self, account: str, cursor: str, limit: int) -> Awaitable[tuple[list[tuple[str, Message]], str]]:
        def work() -> tuple[list[tuple[str, Message]], str]:
            found = [
                (target, message)
                for target, lines in sorted(self._lines.items())
                for message in lines.values()
                if account and message.sender_account == account and f"{target}\0{message.id}" > cursor
            ]
            found.sort(key=lambda pair: f"{pair[0]}\0{pair[1].id}")
            part = found[:limit]
            return part, f"{part[-1][0]}\0{part[-1][1].id}" if len(found) > limit else ""

        return self._call(work)

    def expire(self, before: float) -> Awaitable[int]:
        def work() -> int:
            old = [(t, m.id) for t, lines in self._lines.items() for m in lines.values() if m.time < before]
            for target, id in old:
                del self._lines[target][id]
            return len(old)

        return self._call(work)
