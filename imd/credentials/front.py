"""What doors ask of the user database: `imd.core.ports.Credentials`."""

from collections.abc import Callable, Sequence

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import UsernamePassword
from twisted.cred.portal import Portal

from imd.core.accounts import Accounts
from imd.core.address import check_account_name, fold, split
from imd.core.limits import octets
from imd.core.ports import Clock
from imd.core.refusal import (
    InvalidName,
    LooksAlike,
    Malformed,
    MechanismRefused,
    NameInUse,
    NotAllowed,
    RegistrationRefused,
    SignOnFailed,
    WeakPassword,
)
from imd.core.session import Account, Peer, Privilege, Session, Vouched
from imd.core.stores import Store, surely
from imd.core.visitors import EMBEDDED, Visitors
from imd.credentials.attempt import Attempt
from imd.credentials.exchange import StoredScram
from imd.credentials.gateways import Gateways
from imd.credentials.hashing import Hashing
from imd.credentials.membership import Membership
from imd.credentials.operators import Operators
from imd.credentials.passwords import Passwords, usable
from imd.credentials.portal import ForeignRealm, StoredPasswords, StoredRealm, Verifiers, login, usable_checker
from imd.credentials.registration import CLOSED, INVITE, RegistrationRules
from imd.credentials.rules import CredentialRules
from imd.credentials.site_tokens import LIFETIME, SiteTokens
from imd.credentials.throttle import Throttle
from imd.credentials.tokens import Tokens
from imd.credentials.visiting import Visiting
from imd.net import oauthbearer

SCRAM, EXTERNAL, PLAIN, OAUTHBEARER = "SCRAM-SHA-256", "EXTERNAL", "PLAIN", oauthbearer.MECHANISM

#: What an invitation is good for when its own time is no longer known.
_RETURNED_INVITATION = 86_400.0

_HEX = frozenset("0123456789abcdef")


class CredentialsFront:
    """`imd.core.ports.Credentials` over our own accounts, or with `checker` over any Twisted user database.

    With a checker only PLAIN is offered, registration is closed, and accounts are made at the first sign-on; resume
    tokens work as ever. Raises ValueError for a checker that does not check passwords.
    """

    def __init__(
        self,
        store: Store,
        accounts: Accounts,
        hashing: Hashing,
        clock: Clock,
        rules: CredentialRules,
        checker: ICredentialsChecker | None = None,
        visitors: Visitors | None = None,
    ) -> None:
        self._accounts = accounts
        self._clock = clock
        self._rules = rules
        self._foreign = checker is not None
        self._tokens = Tokens(store.tokens)
        self._throttle = Throttle(rules.sign_on_delay, tally=rules.tally)
        self._passwords = Passwords(store.accounts, hashing, rules.scram_iterations)
        self._verifiers = Verifiers(accounts, store.accounts, store.secret, rules.scram_iterations)
        self._registration = RegistrationRules(
            CLOSED if self._foreign else rules.registration, rules.registrations_per_hour, tally=rules.tally
        )
        # With failures of their own: guessing at accounts must not keep operators out.
        self._operators = Operators(
            hashing, Throttle(rules.sign_on_delay, free_per_account=3, tally=rules.tally), store.secret, clock.time
        )
        self._operators.apply(rules.operators, rules.sign_on_delay, rules.scram_iterations)
        self._gateways = Gateways(hashing, Throttle(rules.sign_on_delay, tally=rules.tally), clock.time)
        self._gateways.apply(rules.gateways, rules.sign_on_delay)
        self._site_tokens = SiteTokens(store.secret)
        self._visiting = self._membership = None
        if visitors is not None:
            self._site_tokens.apply(rules.token_sites)
            self._membership = Membership(accounts, visitors, clock, self._operators.guards)
            self._visiting = Visiting(
                accounts, visitors, visitors.sites, store.secret, clock, rules.visitors_per_address, rules.tally
            )
        if checker is None:
            self._portal = Portal(StoredRealm(accounts), [StoredPasswords(self._verifiers, hashing)])
        else:
            self._portal = Portal(ForeignRealm(accounts, clock.time), [usable_checker(checker)])

    def apply(self, rules: CredentialRules) -> None:
        """New settings (a reload). What has been counted so far stays."""
        self._rules = rules
        self._throttle.set_base(rules.sign_on_delay)
        self._gateways.apply(rules.gateways, rules.sign_on_delay)
        self._operators.apply(rules.operators, rules.sign_on_delay, rules.scram_iterations)
        self._passwords.iterations = self._verifiers.iterations = rules.scram_iterations
        if self._visiting is not None:
            self._visiting.hourly.per_hour = rules.visitors_per_address
            self._site_tokens.apply(rules.token_sites)
        self._registration.policy = CLOSED if self._foreign else rules.registration
        self._registration.hourly.per_hour = rules.registrations_per_hour

    # ------------------------------------------------------------ signing on

    def mechanisms(self, peer: Peer) -> tuple[str, ...]:
        """Best first."""
        offered = []
        if not self._foreign:
            offered.append(SCRAM)
            if peer.certificate and peer.door not in EMBEDDED:
                offered.append(EXTERNAL)
        if peer.confidential:
            offered.append(PLAIN)
            if self._site_tokens and not self._foreign:
                # Last: a client takes it when it has a token, and no other for want of one.
                offered.append(OAUTHBEARER)
        return tuple(offered)

    async def plain(self, name: str, password: str, peer: Peer) -> Account:
        """By a password in the clear."""
        if not peer.confidential:
            raise MechanismRefused("Passwords in the clear need TLS.")
        local = self._local_name(name)
        folded = fold(local)
        with self._attempt(peer, folded) as attempt:
            account = await login(self._portal, UsernamePassword(_octets(local), _octets(password)))
            attempt.succeeded(account)
        if not self._foreign:
            await self._passwords.renew(account, password)
        return account

    def scram(self, peer: Peer, account: Callable[[str], str] | None = None) -> StoredScram:
        if self._foreign:
            raise MechanismRefused("SCRAM is not offered here.")

        def local_name(name: str) -> str:
            return self._local_name(name if account is None else account(name))

        return StoredScram(peer, self._accounts, self._verifiers, self._throttle, self._clock.time, local_name)

    async def external(self, name: str, peer: Peer) -> Account:
        """By the certificate the peer has shown."""
        if self._foreign or not peer.certificate or peer.door in EMBEDDED:
            # A browser shows its certificate whatever page asks, also one of another site: that proves nothing of who
            # speaks by the page.
            raise MechanismRefused("EXTERNAL needs a client certificate.")
        folded = fold(self._local_name(name)) if name else ""
        with self._attempt(peer, folded) as attempt:
            account = await self._accounts.by_certificate(peer.certificate)
            # RFC 4422 appendix A.1: an empty authorization identity stands for whose certificate it is.
            if account is None or (name and fold(account.name) != folded):
                raise SignOnFailed("This certificate belongs to no account, or to another one.")
            attempt.succeeded(account)
        return account

    async def token(self, token: str, peer: Peer) -> tuple[Account, Vouched | None]:
        """By a resume token, which is used up."""
        with self._attempt(peer) as attempt:
            id, vouched = await self._tokens.redeem(token, self._clock.time()) or ("", None)
            account = (await self._accounts.by_id([id])).get(id)
            if account is None:
                raise SignOnFailed("The token is not valid, or no longer.")
            if vouched is not None:
                self._check_standing(vouched)
            attempt.succeeded(account)
        return account, vouched

    async def bearer(self, message: bytes, peer: Peer) -> tuple[Account, Vouched]:
        """By a site's token."""
        if self._membership is None or OAUTHBEARER not in self.mechanisms(peer):
            raise MechanismRefused("OAUTHBEARER is not offered here.")
        with self._attempt(peer) as attempt:
            try:
                identity, token = oauthbearer.parse(message)
            except oauthbearer.UnreadableBearer as reason:
                raise SignOnFailed(f"This is no OAUTHBEARER: {reason}.") from None
            member = self._site_tokens.read(token, self._rules.domain, self._clock.time())
            local = self._local_name(member.account)
            if identity and fold(self._local_name(identity)) != fold(local):
                raise SignOnFailed("Nobody may sign on as somebody else.")
            account = await self._membership.account(member, local)
            attempt.succeeded(account)
        # Who is a member is the site's to say: not for longer than by a token of its own, however often she resumes.
        return account, Vouched(self._clock.time() + LIFETIME, member.key)

    async def issue_token(self, account: Account, device: str, vouched: Vouched | None = None) -> str:
        expires = self._clock.time() + self._rules.resume_keep
        if vouched is not None:
            self._check_standing(vouched)
            expires = min(expires, vouched.until)
        return await self._tokens.issue(account.id, device, expires, vouched)

    def stands(self, vouched: Vouched) -> bool:
        # An earlier daemon did not name it.
        return not vouched.key or self._site_tokens.stands(vouched.key)

    def _check_standing(self, vouched: Vouched) -> None:
        if not self.stands(vouched):
            raise SignOnFailed("The site has taken back the key by which this session was begun.")

    async def visit(self, peer: Peer, site: str, secret: str, name: str, email: str) -> tuple[Account, str]:
        if self._visiting is None:
            raise NotAllowed("There are no visitors here.")
        return await self._visiting.visit(peer, site, secret, name, email)

    # ------------------------------------------------------------ accounts and passwords

    def registration(self, peer: Peer) -> str:
        return self._registration.for_peer(peer)

    async def register(self, name: str, password: str, peer: Peer, invitation: str = "") -> Account:
        """In-band registration. A taken name does not use the invitation up."""
        self._registration.check(peer, invitation)
        local = self._local_name(name)
        self._check_length(local)
        check_account_name(local, international=self._rules.international)
        if self._operators.by_account_alone(fold(local)):
            # Or whoever is the first to come would operate the service.
            raise RegistrationRefused("This account is made by the operator only.")
        prepared = usable(password)
        if fold(password) == fold(local):
            raise WeakPassword
        now = self._clock.time()
        self._registration.count(peer, now)
        if await self._accounts.by_name(fold(local)) is not None:
            raise NameInUse(local)
        if await self._accounts.looks_like(local):
            raise LooksAlike(local)
        verifier = await self._passwords.verifier(prepared)
        invited = self._registration.policy == INVITE
        if invited and not await self._tokens.accept(invitation, now):
            raise RegistrationRefused("The invitation is not valid, or no longer.")
        try:
            return await self._accounts.create(local, verifier, now)
        except NameInUse:
            if invited:
                await self._tokens.return_invitation(invitation, now + _RETURNED_INVITATION)
            raise

    async def create_account(self, name: str, password: str) -> Account:
        """By the operator, whatever the rules of registration. Raises `InvalidName`, `NameInUse`, `NotAllowed`."""
        check_account_name(name, international=self._rules.international)
        return await self._accounts.create(name, await self._passwords.verifier(usable(password)), self._clock.time())

    async def create_invitation(self, keep: float = 7 * 86_400.0) -> str:
        """An invitation, good for one registration within `keep` seconds."""
        return await self._tokens.invite(self._clock.time() + keep)

    async def change_password(self, account: Account, password: str) -> None:
        """A new password; all resume tokens of the account end. Raises `NotAllowed` for an unusable password."""
        self._own("Passwords")
        if account.visitor:
            raise NotAllowed("Visitors have no password.")
        await self._passwords.change(account, password)
        await surely(lambda: self._tokens.revoke(account.id))

    # ------------------------------------------------------------ operators of the service

    async def operator(self, name: str, password: str, session: Session) -> str:
        return await self._operators.admit(name, password, session)

    async def gateway(self, password: str, peer: Peer) -> str:
        return await self._gateways.admit(password, peer)

    def operators(self) -> Sequence[str]:
        return self._operators.names()

    def privileges(self, operator: str) -> frozenset[Privilege]:
        return self._operators.privileges(operator)

    # ------------------------------------------------------------ certificates, and the end of an account

    async def add_certificate(self, account: Account, fingerprint: str) -> Account:
        self._own("Certificates")
        return await self._accounts.add_certificate(account, plain_fingerprint(fingerprint))

    async def remove_certificate(self, account: Account, fingerprint: str) -> Account:
        self._own("Certificates")
        plain = plain_fingerprint(fingerprint)
        if plain not in account.certificates:
            raise NotAllowed("The account has no such certificate.")
        return await self._accounts.remove_certificate(account, plain)

    async def remove_account(self, account: Account) -> None:
        self._own("Accounts")
        await self._accounts.remove(account)

    # ------------------------------------------------------------ inside

    def _attempt(self, peer: Peer, folded: str | None = None) -> Attempt:
        """By a name, or by what nobody can guess."""
        return Attempt(self._throttle, self._clock, folded or "", peer, guessable=folded is not None)

    def _own(self, what: str) -> None:
        if self._foreign:
            raise NotAllowed(f"{what} are kept in another user database.")

    def _local_name(self, name: str) -> str:
        """``alice`` or ``alice@our.domain`` as ``alice``. Another domain's name stays whole, and is nobody's here."""
        local, domain = split(name, self._rules.domain)
        return local if domain == self._rules.domain else name

    def _check_length(self, name: str) -> None:
        limit = self._rules.name_length
        if octets("name", name) > limit:
            self._rules.tally.count("nick_length")
            raise InvalidName(name, f"a name has 1 to {limit} bytes")


def plain_fingerprint(text: str) -> str:
    """A SHA-256 fingerprint as it is kept: 64 hexadecimal digits in lower case. Raises `Malformed`."""
    plain = text.replace(":", "").lower()
    if len(plain) != 64 or set(plain) - _HEX:
        raise Malformed("A fingerprint is SHA-256: 64 hexadecimal digits, with or without colons.")
    return plain


def _octets(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        # A lone surrogate: no name and no password is like this.
        raise SignOnFailed from None
