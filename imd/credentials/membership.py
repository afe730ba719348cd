"""Members of sites: which account a site's token signs on to, and accounts that such tokens make."""

from collections.abc import Callable

from imd.core.accounts import Accounts
from imd.core.address import fold
from imd.core.introduction import check_email, one_line
from imd.core.limits import octets
from imd.core.ports import Clock
from imd.core.refusal import InvalidName, Malformed, NameInUse, SignOnFailed
from imd.core.session import Account
from imd.core.sites import ANY, NONE, OWN
from imd.core.visitors import Visitors
from imd.credentials.site_tokens import Member


class Membership:
    """A part of `CredentialsFront`. `guarded` says of a folded name whether it is an operator's account."""

    def __init__(self, accounts: Accounts, visitors: Visitors, clock: Clock, guarded: Callable[[str], bool]) -> None:
        self._accounts = accounts
        self._visitors = visitors
        self._clock = clock
        self._guarded = guarded

    async def account(self, member: Member, local: str) -> Account:
        """The account of a member, whose name here is `local`; made if need be. Raises `SignOnFailed`."""
        site = member.site
        folded = fold(local)
        if site.members == NONE:
            raise SignOnFailed(f"The site {site.name} has no members here.")
        if self._guarded(folded):
            # Whoever has the site's key would operate the service.
            raise SignOnFailed("This account is not a site's to sign on.")
        account = await self._accounts.by_name(folded)
        if account is None:
            if self._visitors.sites.promised(folded, site.name):
                # Or a site could be the first to come, and answer the visitors of another one.
                raise SignOnFailed("The token names an account that is not this site's to make (sub).")
            account = await self._made(member, local)
        if account.visitor or (site.members == OWN and account.site != site.name) or site.members not in (OWN, ANY):
            raise SignOnFailed("This account is not of this site.")
        await self._visitors.members.vouched(account.id, self._name(member), self._email(member))
        return account

    async def _made(self, member: Member, local: str) -> Account:
        try:
            return await self._accounts.create(local, None, self._clock.time(), site=member.site.name)
        except InvalidName:
            raise SignOnFailed("The token names an account that cannot be (sub).") from None
        except NameInUse:
            # By another sign-on at the same time; or it looks like somebody else's, or is a desk's.
            account = await self._accounts.by_name(fold(local))
            if account is None:
                raise SignOnFailed("The token names an account that cannot be (sub).") from None
            return account

    def _name(self, member: Member) -> str:
        """What the site calls her; what cannot be shown is left out: it is no reason to turn her away."""
        most = self._visitors.limits.real_name_length
        try:
            name = one_line(member.name)
            return name if not most or octets("name", name) <= most else ""
        except Malformed:
            return ""

    @staticmethod
    def _email(member: Member) -> str:
        try:
            check_email(member.email)
            octets("address", member.email)
        except Malformed:
            return ""
        return member.email
