"""Sites that have the chat in their pages, and desks that answer their visitors: what the settings say of them.

Plain values. What a visitor may do is `imd.core.visitors`' to say.
"""

from typing import TYPE_CHECKING, Final

import msgspec

from imd.core.address import fold

if TYPE_CHECKING:
    from imd.core.accounts import Accounts

#: Members of a site: nobody, accounts that the site's own tokens made, any account but those of operators.
NONE, OWN, ANY = "none", "own", "any"

#: The site, the desk and the room that are there to try it all with.
DEMO: Final = "demo"


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """A site that may embed the chat."""

    name: str
    #: Of its pages, as browsers write them; "*" is all.
    origins: frozenset[str] = frozenset()
    #: Names of the desks and accounts that its visitors may write to and watch.
    staff: tuple[str, ...] = ()
    #: The same, folded.
    staff_folded: frozenset[str] = frozenset()
    #: Rooms that its visitors may enter, folded.
    rooms: frozenset[str] = frozenset()
    members: str = OWN

    def embeds(self, origin: str) -> bool:
        """Whether a page of this origin may have the chat of this site in it."""
        return origin in self.origins or "*" in self.origins


class DeskRule(msgspec.Struct, frozen=True, kw_only=True):
    """An address that is answered by whoever of its agents is there."""

    name: str
    #: For people; "" is as good as the name.
    title: str = ""
    #: Names of accounts; "*" is all of them.
    agents: tuple[str, ...] = ()


class Sites:
    """All sites and desks of the settings now in force."""

    def __init__(self, sites: tuple[Site, ...] = (), desks: tuple[DeskRule, ...] = ()) -> None:
        self.apply(sites, desks)

    def apply(self, sites: tuple[Site, ...], desks: tuple[DeskRule, ...]) -> None:
        """New settings."""
        self.all = sites
        self.by_name = {site.name: site for site in sites}
        #: By folded name.
        self.desks = {fold(desk.name): desk for desk in desks}
        #: By name of a site: who answers its visitors, folded; "*" is everybody with an account.
        self._serving = {site.name: self._answered_by(site) for site in sites}
        #: By name of a site: what those are called whom its visitors take for its staff.
        self._called = {site.name: self._names_answering(site) for site in sites}
        #: Whether pages of any site may come.
        self.anywhere = any("*" in site.origins for site in sites)
        self.origins = frozenset().union(*(site.origins for site in sites))

    def serves(self, account: str, site: str) -> bool:
        """Whether an account of this name is staff of a site, or an agent of a desk that is."""
        serving = self._serving.get(site, frozenset())
        return "*" in serving or fold(account) in serving

    def embeds(self, origin: str) -> bool:
        """Whether a page of this origin may have the chat of any site in it."""
        return self.anywhere or origin in self.origins

    def _answered_by(self, site: Site) -> frozenset[str]:
        """Folded names of who answers at a site: its staff, and the agents of desks that are."""
        desks = (self.desks[name] for name in site.staff_folded if name in self.desks)
        return site.staff_folded.union(*(map(fold, desk.agents) for desk in desks))

    def names_answering(self, site: str) -> frozenset[str]:
        """What those are called whom a visitor of this site takes for its staff: desks and their titles, accounts, and
        the site itself. Of desks that everybody answers, not everybody."""
        return self._called.get(site, frozenset())

    def _names_answering(self, site: Site) -> frozenset[str]:
        titles = (self.desks[name].title for name in site.staff_folded if name in self.desks)
        return self._serving[site.name].union((site.name,), titles) - {"", "*"}

    def promised(self, folded: str, site: str) -> bool:
        """Whether the settings give this name to somebody who answers elsewhere than at this site alone."""
        own = self.by_name.get(site)
        if own is not None and folded in self._serving[site]:
            return False
        agents = (fold(agent) for desk in self.desks.values() for agent in desk.agents)
        return folded in agents or any(folded in each.staff_folded for each in self.all)

    def choose(self, name: str, origin: str) -> Site | None:
        """The site of this name if pages of this origin are its, or with no name the first whose they are. A client
        that names no origin is no browser, and may say what it likes: origins keep pages out, nobody else."""
        if name:
            site = self.by_name.get(name)
            return site if site is not None and (not origin or site.embeds(origin)) else None
        return next((site for site in self.all if origin and site.embeds(origin)), None)


async def unknown_staff(accounts: "Accounts", sites: Sites) -> list[tuple[str, str]]:
    """Names in the settings that nobody has, and where they stand. Raises `StoreUnavailable`."""
    found = []
    for site in sites.all:
        for name in site.staff:
            if fold(name) not in sites.desks and await accounts.by_name(fold(name)) is None:
                found.append((f"staff of site {site.name}", name))
    for desk in sites.desks.values():
        for name in desk.agents:
            if name != "*" and await accounts.by_name(fold(name)) is None:
                found.append((f"agents of desk {desk.name}", name))
    return found
