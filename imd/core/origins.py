"""Where people come from: ``user@host`` as others are shown it, and what bans may call it (promise P5)."""

import base64
import hashlib
from functools import lru_cache

from imd.core.session import ClientInfo, Peer, Person, Session

#: Network addresses whose cloaks are remembered: one is asked for with each line of a guest.
_CLOAKS = 10_000


class Origins:
    """A part of `People`. `secret` makes the cloaks of this service its own."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._cloak = lru_cache(maxsize=_CLOAKS)(self._made_cloak)

    def of(self, person: Person) -> str:
        """``user@host`` as it is shown."""
        if not person.sessions:
            user = self.user(person, person.last or ClientInfo())
            return f"{user}@user/{person.address.name}" if person.account is not None else "guest@guest/-"
        session = person.sessions[0]
        return f"{self.user(person, session.info)}@{self._host(person, session.peer)}"

    def user(self, person: Person, info: ClientInfo) -> str:
        return info.user or (person.address.name if person.account is not None else "guest")

    def _host(self, person: Person, peer: Peer) -> str:
        if person.account is not None:
            return f"user/{person.address.name}"
        return f"desk/{person.address.name}" if peer.door == "desk" else f"guest/{self._cloak(peer.address)}"

    def hosts(self, person: Person, peer: Peer) -> tuple[str, ...]:
        """What a ban may call the place: as it is shown, and what is known of it."""
        cloak = f"guest/{self._cloak(peer.address)}"
        return tuple(filter(None, (self._host(person, peer), peer.address, peer.hostname, cloak)))

    def known_as(self, session: Session) -> tuple[str, str, tuple[str, ...]]:
        """Nick, user and hosts by which a mask may mean this session."""
        person = session.person
        return person.address.name, self.user(person, session.info), self.hosts(person, session.peer)

    def _made_cloak(self, address: str) -> str:
        """A name for a network address that is the same each time and tells nothing of it (P5)."""
        digest = hashlib.blake2b(address.encode(), key=self._secret, digest_size=5, person=b"imd-cloak").digest()
        return base64.b32encode(digest).decode().lower()
