"""Visitors of sites: how they are named, and the secret by which they come back.

A visitor's secret is a keyed function of the store's own secret and her account's id: nothing is kept for it, and it
works for as long as the account is there.
"""

import base64
import hashlib
import hmac
import re
import secrets
import unicodedata
from typing import Final

from imd.core.accounts import Accounts, new_account_id
from imd.core.history import READER
from imd.core.ports import Clock
from imd.core.refusal import MechanismRefused, NameInUse, NoSuchVisitor, NotAllowed, Suspended
from imd.core.session import Account, Peer, Visibility
from imd.core.sites import Site, Sites
from imd.core.tally import Tally
from imd.core.visitors import EMBEDDED, Visitors
from imd.credentials.registration import Hourly

#: What follows a visitor's name: no letters and digits that look like one another.
_ENDING: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_LONGEST: Final = 20
_UNNAMED: Final = "visitor"
#: So often another ending is tried, each time a longer one.
_TRIES: Final = 6
#: The device of a visitor that names none: with that she reads her history, which has all she was told from the first
#: word on.
_PAGE: Final = "web"


class Visiting:
    """A part of `CredentialsFront`."""

    def __init__(
        self,
        accounts: Accounts,
        visitors: Visitors,
        sites: Sites,
        secret: bytes,
        clock: Clock,
        per_hour: int,
        tally: Tally,
    ) -> None:
        self._accounts = accounts
        self._visitors = visitors
        self._sites = sites
        self._secret = secret
        self._clock = clock
        self.hourly = Hourly("visitors_per_address", "visitors from your address", per_hour, tally=tally)

    async def visit(self, peer: Peer, site: str, secret: str, name: str, email: str) -> tuple[Account, str]:
        """See `imd.core.ports.Credentials.visit`."""
        if peer.door not in EMBEDDED:
            raise MechanismRefused("Visitors come by a page of a site.")
        if not peer.confidential:
            raise MechanismRefused("Visitors need TLS.")
        chosen = self._sites.choose(site, peer.origin)
        if chosen is None:
            raise NotAllowed("Pages of this site have no visitors here.")
        if secret:
            return await self._known(chosen, secret), secret
        account = await self._new(peer, chosen, name, email)
        return account, self.secret_of(account.id)

    async def _known(self, site: Site, secret: str) -> Account:
        id = secret.partition(".")[0]
        if not hmac.compare_digest(secret.encode("utf-8", "replace"), self.secret_of(id).encode()):
            raise NoSuchVisitor
        account = (await self._accounts.by_id([id])).get(id)
        if account is None or not account.visitor or account.site != site.name:
            raise NoSuchVisitor
        if account.suspended:
            raise Suspended(account.name)
        return account

    async def _new(self, peer: Peer, site: Site, name: str, email: str) -> Account:
        now = self._clock.time()
        self._visitors.visits.check_room()
        self.hourly.count(peer, now)
        id = new_account_id()
        await self._visitors.entered(id, name, email)
        stem = _UNNAMED if self._visitors.poses(site.name, name) else stem_of(name)
        for attempt in range(_TRIES):
            # A longer one where people say nothing of themselves: there are more of them.
            length = 4 + attempt + (stem == _UNNAMED)
            ending = "".join(secrets.choice(_ENDING) for _ in range(length))
            try:
                return await self._accounts.create(
                    f"{stem}-{ending}",
                    None,
                    now,
                    visible_to=Visibility.NOBODY,
                    distinct=False,
                    id=id,
                    devices=(_PAGE, READER),
                    visitor=True,
                    site=site.name,
                )
            except NameInUse:
                continue
        raise NameInUse(stem)

    def secret_of(self, id: str) -> str:
        """The secret of the visitor whose account has this id."""
        key = self._secret
        digest = hashlib.blake2b(id.encode("utf-8", "replace"), key=key, digest_size=24, person=b"imd-visitor").digest()
        return f"{id}.{base64.urlsafe_b64encode(digest).decode()}"


def stem_of(name: str) -> str:
    """The part of a visitor's name that tells who she is: in small ASCII letters, as every door can show it."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    stem = re.sub(r"\A[^a-z]+", "", words)[:_LONGEST].rstrip("-")
    return stem or _UNNAMED
