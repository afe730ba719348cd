"""The front of the user database, over a real store and real hashing threads."""

from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import msgspec
from twisted.cred import strcred
from twisted.cred.checkers import ANONYMOUS, ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword
from twisted.internet import reactor as installed
from twisted.trial.unittest import TestCase
from zope.interface import implementer

from imd.core import ports
from imd.core.accounts import Accounts
from imd.core.refusal import (
    InvalidName,
    Malformed,
    MechanismRefused,
    NameInUse,
    NotAllowed,
    Refusal,
    RegistrationRefused,
    SignOnFailed,
    Suspended,
    TooFast,
)
from imd.core.session import Account, Peer
from imd.credentials.front import CredentialsFront
from imd.credentials.hashing import Hashing
from imd.credentials.operators import OperatorLogin
from imd.credentials.rules import CredentialRules
from imd.credentials.scram import new_verifier
from imd.net.reactor_clock import ReactorClock
from imd.net.scram_client import ScramClient
from imd.storage.sqlite.store import SQLiteStore

reactor: Any = installed

NEAR = Peer("test", "127.0.0.1", 1, loopback=True)
FAR = Peer("test", "192.0.2.1", 1)
FAR_TLS = Peer("test", "192.0.2.1", 1, secure=True)
RULES = CredentialRules(
    domain="example.org", registration="open", scram_iterations=4096, sign_on_delay=0, registrations_per_hour=0
)


class FrontCase(TestCase):
    timeout = 20
    checker: ICredentialsChecker | None = None

    async def setUp(self) -> None:  # type: ignore[override]
        self.store = SQLiteStore(Path(self.mktemp()), reactor)
        await self.store.open()
        self.addCleanup(self.store.close)
        self.hashing = Hashing(reactor, 2)
        self.hashing.start()
        self.addCleanup(self.hashing.stop)
        self.accounts = Accounts(self.store.accounts)
        self.clock = ReactorClock(reactor)
        self.front = self.make()
        self.alice = await self.accounts.create("Alice", None, 1.0)
        if self.checker is None:
            await self.front.change_password(self.alice, "secret")

    def make(self, **rules: Any) -> CredentialsFront:
        front = CredentialsFront(
            self.store, self.accounts, self.hashing, self.clock, msgspec.structs.replace(RULES, **rules), self.checker
        )
        fits: ports.Credentials = front
        self.assertIsNotNone(fits)
        return front

    async def refused(self, attempt: Awaitable[object], refusal: type[Refusal]) -> Refusal:
        try:
            await attempt
        except refusal as reason:
            return reason
        raise self.failureException(f"no {refusal.__name__}")

    async def scram(self, name: str, password: str, peer: Peer = FAR) -> Account | None:
        """A whole SCRAM conversation."""
        client, server = ScramClient(name, password), self.front.scram(peer)
        client.verify(server.final(client.final(await server.first(client.first()))))
        return server.account


class SignOnTests(FrontCase):
    async def test_offered(self) -> None:
        """PLAIN only where nobody listens, EXTERNAL only to those who have shown a certificate."""
        certified = msgspec.structs.replace(FAR_TLS, certificate="ab")
        self.assertEqual(self.front.mechanisms(FAR), ("SCRAM-SHA-256",))
        self.assertEqual(self.front.mechanisms(NEAR), ("SCRAM-SHA-256", "PLAIN"))
        self.assertEqual(self.front.mechanisms(FAR_TLS), ("SCRAM-SHA-256", "PLAIN"))
        self.assertEqual(self.front.mechanisms(certified), ("SCRAM-SHA-256", "EXTERNAL", "PLAIN"))

    async def test_plain(self) -> None:
        """A right password signs on, under every spelling of the name, with or without our domain."""
        for name in ("Alice", "alice", "ALICE", "alice@example.org", "alice@EXAMPLE.org"):
            self.assertEqual((await self.front.plain(name, "secret", FAR_TLS)).id, self.alice.id)

    async def test_plain_refused(self) -> None:
        """A wrong password, an unusable one, a name nobody has, another domain: all hear the same."""
        said = set()
        for name, password in (
            ("alice", "Secret"),
            ("alice", ""),
            ("alice", "a\tb"),
            ("alice", "x" * 5000),
            ("nobody", "secret"),
            ("alice@elsewhere.org", "secret"),
            ("", "secret"),
            ("x" * 5000, "secret"),
        ):
            said.add((await self.refused(self.front.plain(name, password, NEAR), SignOnFailed)).sentence)
        self.assertEqual(len(said), 1)
        await self.refused(self.front.plain("alice", "secret", FAR), MechanismRefused)

    async def test_same_work_for_nobody(self) -> None:
        """A name nobody has costs store and processor what a wrong password costs."""
        work: list[list[str]] = []
        original = self.store.accounts.verifier
        for name in ("alice", "nobody"):
            done: list[str] = []

            def verifier(account: str, done: list[str] = done) -> Any:
                done.append("verifier")
                return original(account)

            async def salted(password: bytes, salt: bytes, iterations: int, done: list[str] = done) -> bytes:
                done.append(f"hash {len(salt)} {iterations}")
                return await Hashing.salted(self.hashing, password, salt, iterations)

            self.patch(self.store.accounts, "verifier", verifier)
            self.patch(self.hashing, "salted", salted)
            await self.refused(self.front.plain(name, "wrong", NEAR), SignOnFailed)
            await self.refused(self.scram(name, "wrong"), SignOnFailed)
            work.append(done)
        self.assertEqual(work[0], ["verifier", "hash 16 4096", "verifier"])
        self.assertEqual(work[0], work[1])

    async def test_scram(self) -> None:
        """SCRAM signs on without TLS, and the client knows that the server knows."""
        account = await self.scram("alice", "secret")
        assert account is not None
        self.assertEqual(account.id, self.alice.id)
        await self.refused(self.scram("alice", "wrong"), SignOnFailed)
        await self.refused(self.scram("nobody", "secret"), SignOnFailed)

    async def test_scram_out_of_order(self) -> None:
        """Garbage, a second first message, a last one without a first, a second last one: malformed, no account."""
        await self.refused(self.front.scram(FAR).first(b"garbage"), Malformed)
        with self.assertRaises(Malformed):
            self.front.scram(FAR).final(b"c=biws,r=x,p=x")
        client, server = ScramClient("alice", "wrong"), self.front.scram(FAR)
        first = await server.first(client.first())
        await self.refused(server.first(client.first()), Malformed)
        with self.assertRaises(SignOnFailed):
            server.final(client.final(first))
        with self.assertRaises(Malformed):
            server.final(client.final(first))
        self.assertIsNone(server.account)

    async def test_removed_in_between(self) -> None:
        """An account removed between the two messages does not sign on."""
        client, server = ScramClient("alice", "secret"), self.front.scram(FAR)
        final = client.final(await server.first(client.first()))
        await self.accounts.remove(self.alice)
        self.assertIsNone(await self.accounts.by_name("alice"))
        with self.assertRaises(SignOnFailed):
            server.final(final)

    async def test_suspended(self) -> None:
        """A suspended account hears so with the right secret, and only then."""
        await self.accounts.suspend(self.alice)
        await self.refused(self.front.plain("alice", "secret", NEAR), Suspended)
        await self.refused(self.scram("alice", "secret"), Suspended)
        await self.refused(self.front.plain("alice", "wrong", NEAR), SignOnFailed)

    async def test_external(self) -> None:
        """A known certificate signs on, as its account only."""
        peer = msgspec.structs.replace(FAR_TLS, certificate="ab" * 32)
        await self.refused(self.front.external("", peer), SignOnFailed)
        await self.accounts.add_certificate(self.alice, "ab" * 32)
        for name in ("", "alice", "Alice@example.org"):
            self.assertEqual((await self.front.external(name, peer)).id, self.alice.id)
        await self.refused(self.front.external("bob", peer), SignOnFailed)
        await self.refused(self.front.external("", FAR_TLS), MechanismRefused)

    async def test_external_by_a_page(self) -> None:
        """A page of a site cannot sign on by the certificate that the browser shows for whoever asks."""
        await self.accounts.add_certificate(self.alice, "ab" * 32)
        for door in ("web", "web-poll"):
            page = msgspec.structs.replace(FAR_TLS, door=door, certificate="ab" * 32, origin="https://shop.example")
            self.assertNotIn("EXTERNAL", self.front.mechanisms(page))
            await self.refused(self.front.external("", page), MechanismRefused)

    async def test_token(self) -> None:
        """A resume token signs on once, until it expires or the password changes; the store does not hold it."""
        token = await self.front.issue_token(self.alice, "laptop")
        self.assertEqual((await self.front.token(token, FAR))[0].id, self.alice.id)
        await self.refused(self.front.token(token, FAR), SignOnFailed)
        token = await self.front.issue_token(self.alice, "laptop")
        await self.front.change_password(self.alice, "other")
        await self.refused(self.front.token(token, FAR), SignOnFailed)
        token = await self.make(resume_keep=-1.0).issue_token(self.alice, "laptop")
        await self.refused(self.front.token(token, FAR), SignOnFailed)
        invitation = await self.front.create_invitation()
        for garbage in (invitation, "", "resume-", "resume-" + "\u00e4" * 43):
            await self.refused(self.front.token(garbage, FAR), SignOnFailed)

    async def test_tokens_hold_nobody_up(self) -> None:
        """However many tokens were used up, or are no tokens: nobody else at the address has to wait, nor does who has
        a good one wait for those who guess at passwords."""
        self.front = self.make(sign_on_delay=60.0)
        for _ in range(50):
            await self.refused(self.front.token("resume-" + "x" * 43, NEAR), SignOnFailed)
        await self.front.plain("alice", "secret", NEAR)
        token = await self.front.issue_token(self.alice, "laptop")
        for number in range(20):
            await self.refused(self.front.plain(f"name{number}", "wrong", NEAR), SignOnFailed)
        await self.refused(self.front.plain("bob", "secret", NEAR), TooFast)
        self.assertEqual((await self.front.token(token, NEAR))[0].id, self.alice.id)

    async def test_throttled(self) -> None:
        """After a few failures, by whatever mechanism, the next attempt must wait."""
        self.front = self.make(sign_on_delay=60.0)
        for _ in range(3):
            await self.refused(self.front.plain("alice", "wrong", NEAR), SignOnFailed)
        for _ in range(2):
            await self.refused(self.scram("ALICE", "wrong"), SignOnFailed)
        await self.refused(self.front.plain("alice", "secret", FAR_TLS), TooFast)
        await self.refused(self.scram("alice", "secret"), TooFast)

    async def test_rehashed(self) -> None:
        """With a new number of rounds the next right password is kept with it."""
        self.front = self.make(scram_iterations=5000)
        await self.front.plain("alice", "secret", NEAR)
        kept = await self.store.accounts.verifier(self.alice.id)
        assert kept is not None
        self.assertEqual(kept.iterations, 5000)
        await self.front.plain("alice", "secret", NEAR)
        self.assertIsNotNone(await self.scram("alice", "secret"))


class RegistrationTests(FrontCase):
    async def test_open(self) -> None:
        """Who has registered can sign on."""
        bob = await self.front.register("bob", "hunter2", NEAR)
        self.assertEqual((await self.front.plain("bob", "hunter2", NEAR)).id, bob.id)

    async def test_refused(self) -> None:
        """Taken and impossible names, unusable passwords."""
        await self.refused(self.front.register("ALICE", "x", NEAR), NameInUse)
        await self.refused(self.front.register("b b", "x", NEAR), InvalidName)
        await self.refused(self.front.register("bob", "", NEAR), NotAllowed)

    async def test_never_in_the_clear(self) -> None:
        """Off loopback registration needs TLS, whatever the setting."""
        self.assertEqual([self.front.registration(peer) for peer in (NEAR, FAR, FAR_TLS)], ["open", "closed", "open"])
        await self.refused(self.front.register("bob", "x", FAR), RegistrationRefused)

    async def test_closed(self) -> None:
        """Closed means closed; the operator can still make accounts."""
        front = self.make(registration="closed")
        await self.refused(front.register("bob", "x", NEAR), RegistrationRefused)
        await front.create_account("bob", "x")
        await front.plain("bob", "x", NEAR)

    async def test_account_of_an_operator(self) -> None:
        """Where an account alone makes an operator, the first to come does not get its name; the operator makes it."""
        verifier = new_verifier(b"x" * 32, b"salt", 4096)
        front = self.make(
            operators=(
                OperatorLogin(name="root", account="Bob"),
                OperatorLogin(name="second", account="carol", verifier=verifier),
            )
        )
        await self.refused(front.register("boB", "hunter2", NEAR), RegistrationRefused)
        await front.register("carol", "hunter2", NEAR)
        await front.create_account("bob", "hunter2")
        await front.plain("bob", "hunter2", NEAR)

    async def test_invitation(self) -> None:
        """An invitation is good for one account; a taken name does not use it up, a resume token is none."""
        front = self.make(registration="invite")
        invitation = await front.create_invitation()
        self.assertTrue(invitation.startswith("invite-"))
        await self.refused(front.register("bob", "x", NEAR), RegistrationRefused)
        await self.refused(front.register("bob", "x", NEAR, "invite-" + "x" * 43), RegistrationRefused)
        await self.refused(
            front.register("bob", "x", NEAR, await front.issue_token(self.alice, "")), RegistrationRefused
        )
        await self.refused(front.register("alice", "x", NEAR, invitation), NameInUse)
        await front.register("bob", "x", NEAR, invitation)
        await self.refused(front.register("carol", "x", NEAR, invitation), RegistrationRefused)
        expired = await front.create_invitation(-1.0)
        await self.refused(front.register("carol", "x", NEAR, expired), RegistrationRefused)

    async def test_rate(self) -> None:
        """Only so many accounts an hour from one address."""
        front = self.make(registrations_per_hour=2)
        await front.register("one", "x", NEAR)
        await front.register("two", "x", NEAR)
        await self.refused(front.register("three", "x", NEAR), TooFast)
        await front.register("three", "x", FAR_TLS)

    async def test_reload(self) -> None:
        """New settings hold at once."""
        self.front.apply(msgspec.structs.replace(RULES, registration="closed"))
        self.assertEqual(self.front.registration(NEAR), "closed")


class ForeignDatabaseTests(FrontCase):
    checker = strcred.makeChecker("memory:carol:pw1:Alice:pw2:alice:pw3:not valid:pw4")

    async def test_first_sign_on(self) -> None:
        """A user of the other database gets an account at the first sign-on, and the same one ever after."""
        carol = await self.front.plain("carol", "pw1", NEAR)
        self.assertEqual((await self.front.plain("carol", "pw1", NEAR)).id, carol.id)
        self.assertEqual((await self.front.plain("Alice", "pw2", NEAR)).id, self.alice.id)
        self.assertIsNone(await self.store.accounts.verifier(carol.id))

    async def test_refused(self) -> None:
        """Wrong passwords, names of nobody; and users who differ only in what is one name here."""
        await self.refused(self.front.plain("carol", "wrong", NEAR), SignOnFailed)
        await self.refused(self.front.plain("dave", "pw1", NEAR), SignOnFailed)
        await self.refused(self.front.plain("alice", "pw3", NEAR), SignOnFailed)
        await self.refused(self.front.plain("not valid", "pw4", NEAR), InvalidName)
        self.assertIsNone(await self.accounts.by_name("dave"))

    async def test_offered(self) -> None:
        """Only PLAIN, no registration, no passwords of our own."""
        certified = msgspec.structs.replace(FAR_TLS, certificate="ab")
        self.assertEqual(self.front.mechanisms(certified), ("PLAIN",))
        self.assertEqual(self.front.mechanisms(FAR), ())
        self.assertEqual(self.front.registration(NEAR), "closed")
        await self.refused(self.front.register("bob", "x", NEAR), RegistrationRefused)
        await self.refused(self.front.change_password(self.alice, "x"), NotAllowed)
        await self.refused(self.front.external("", certified), MechanismRefused)
        with self.assertRaises(MechanismRefused):
            self.front.scram(NEAR)

    async def test_token(self) -> None:
        """Resume tokens work as ever."""
        token = await self.front.issue_token(self.alice, "laptop")
        self.assertEqual((await self.front.token(token, NEAR))[0].id, self.alice.id)


@implementer(ICredentialsChecker)
class Anybody:
    credentialInterfaces = (IUsernamePassword,)

    def requestAvatarId(self, credentials: object) -> Any:
        return ANONYMOUS


class AnonymousTests(FrontCase):
    checker = Anybody()

    async def test_no_passwords(self) -> None:
        """A database that does not check passwords is a mistake found at start-up."""
        self.checker = strcred.makeChecker("anonymous")
        with self.assertRaises(ValueError):
            self.make()

    async def test_nobody_signs_on_as_anybody(self) -> None:
        """A database that lets anonymous people in gives them no account."""
        await self.refused(self.front.plain("carol", "x", NEAR), SignOnFailed)
