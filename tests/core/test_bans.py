"""Tests of `imd.core.ban` and `imd.core.bans`."""

import ipaddress
import time

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from imd.core.ban import LONGEST_REASON, Ban, BanKind, address_text, mask_of, network_of, read_span, target_of
from imd.core.hub import Policy
from imd.core.limits import Limits
from imd.core.masks import matches
from imd.core.refusal import Banned, Malformed, Suspended, TooMany
from imd.core.session import ClientInfo, Peer
from tests.house import House, HouseTestCase, Recorder

MASK, ADDRESS, ACCOUNT = BanKind.MASK, BanKind.ADDRESS, BanKind.ACCOUNT


class TargetTests(SynchronousTestCase):
    def test_targets(self) -> None:
        """Addresses and networks, masks, and what is neither: a name."""
        for text, wanted in (
            ("192.0.2.1", (ADDRESS, "192.0.2.1")),
            ("192.0.2.1/24", (ADDRESS, "192.0.2.0/24")),
            ("2001:DB8::1/64", (ADDRESS, "2001:db8::/64")),
            ("::ffff:192.0.2.1", (ADDRESS, "192.0.2.1")),
            ("::ffff:192.0.2.1/120", (ADDRESS, "192.0.2.0/24")),
            ("*!*@Bad.Example", (MASK, "*!*@bad.example")),
            ("user@host", (MASK, "*!user@host")),
            ("mallory!", (MASK, "mallory!*@*")),
            ("mal*", (MASK, "mal*!*@*")),
            ("a!**b***@x", (MASK, "a!*b*@x")),
            ("mallory", (ACCOUNT, "mallory")),
        ):
            self.assertEqual(target_of(text), wanted, text)

    def test_no_masks(self) -> None:
        """What cannot stand in a line is no mask."""
        for text in ("", "a b@c", "x" * 300 + "@y", "a\x07@b"):
            self.assertRaises(Malformed, mask_of, text)

    def test_spans(self) -> None:
        """Numbers with units, the larger ones first; nothing else."""
        for text, wanted in (
            ("1d12h", 129_600.0),
            ("90s", 90.0),
            ("1y2mo", 36_720_000.0),
            ("5m", 300.0),
            ("2w", 1_209_600.0),
        ):
            self.assertEqual(read_span(text), wanted)
        for text in ("", "5", "h", "12h1d", "-1d", "1.5h", "0s", "10.0.0.1", "٣d"):
            self.assertIsNone(read_span(text), text)


class BansCase(HouseTestCase):
    policy = Policy(limits=Limits(bans=5))

    def ban(self, text: str, *, house: House | None = None, seconds: float = 0, **more: str) -> int:
        house = house or self.house
        kind, target = target_of(text)
        now = house.reactor.seconds()
        ban = Ban(kind=kind, target=target, since=now, expires=now + seconds if seconds else 0.0, **more)
        count: int = house.wait(house.hub.bans.add(ban))
        return count

    def setUp(self) -> None:
        super().setUp()
        self.house = House(self.policy)
        self.bans = self.house.hub.bans

    def lift(self, text: str) -> bool:
        lifted: bool = self.house.wait(self.bans.remove(*target_of(text)))
        return lifted

    def come(self, nick: str, user: str = "", address: str = "192.0.2.1") -> Recorder:
        return self.house.on(nick, address=address, info=ClientInfo(user=user))


class SettingTests(BansCase):
    def test_address(self) -> None:
        """Who comes from there goes and does not come back; others stay."""
        near, far = self.come("near", address="192.0.2.7"), self.come("far", address="198.51.100.1")
        self.assertEqual(self.ban("192.0.2.0/24", reason="flooding"), 1)
        assert isinstance(near.ended, Banned)
        self.assertEqual(near.ended.sentence, "You are banned from this server: flooding")
        self.assertIsNone(far.ended)
        with self.assertRaises(Banned):
            self.come("near", address="192.0.2.9")
        self.assertTrue(self.bans.address("192.0.2.255"))
        self.assertIsNone(self.bans.address("192.0.3.0"))
        self.assertTrue(self.lift("192.0.2.0/24"))
        self.come("near", address="192.0.2.9")
        self.assertFalse(self.lift("192.0.2.0/24"))

    def test_masks(self) -> None:
        """On nick, user, cloak and address alike; other nicks may come."""
        for mask, nick, user, address in (
            ("mallory!*@*", "Mallory", "", "192.0.2.1"),
            ("*!bad@*", "one", "bad", "192.0.2.1"),
            ("*!*@192.0.2.66", "two", "", "192.0.2.66"),
            ("*!*@192.0.2.7*", "three", "", "192.0.2.77"),
        ):
            client = self.come(nick, user, address)
            self.assertEqual(self.ban(mask), 1, mask)
            self.assertIsInstance(client.ended, Banned)
            with self.assertRaises(Banned):
                self.come(nick, user, address)
            self.come("other", "good", "198.51.100.2")
            self.house.off(self.house.hub.people.find("other").sessions[0].client)  # type: ignore[arg-type, union-attr]
            self.lift(mask)

    def test_by_another_way(self) -> None:
        """A guest cannot take a nick that is banned."""
        guest = self.come("good")
        self.ban("eve!*@*")
        with self.assertRaises(Banned):
            self.house.wait(self.house.hub.people.rename_guest(guest.session, "Eve"))
        self.assertEqual(guest.session.address.name, "good")
        self.house.wait(self.house.hub.people.rename_guest(guest.session, "better"))

    def test_by_cloak(self) -> None:
        """A mask of what people see holds for the next nick from there, and for accounts, too."""
        guest = self.come("guest1", address="192.0.2.5")
        host = self.house.hub.people.origin(guest.session.person).partition("@")[2]
        self.ban(f"*!*@{host}")
        self.assertIsInstance(guest.ended, Banned)
        alice = self.house.person("alice")
        with self.assertRaises(Banned):
            self.house.on(alice, address="192.0.2.5")
        self.house.on(alice, address="192.0.2.6")

    def test_account(self) -> None:
        """An account that is banned is suspended, until the ban is lifted."""
        alice = self.house.person("alice")
        one = self.house.on(alice)
        ban = Ban(kind=ACCOUNT, target=alice.id, name="alice")
        self.assertEqual(self.house.wait(self.bans.add(ban)), 1)
        self.assertIsNotNone(one.ended)
        now = self.house.wait(self.house.accounts.resolve("alice"))
        with self.assertRaises(Suspended):
            self.house.on(now)
        self.assertTrue(self.house.wait(self.bans.remove(ACCOUNT, alice.id)))
        self.house.on(self.house.wait(self.house.accounts.resolve("alice")))

    def test_pardoned_elsewhere(self) -> None:
        """Who is removed or pardoned in another way is on no list."""
        for name in ("alice", "bob"):
            account = self.house.person(name)
            self.house.wait(self.bans.add(Ban(kind=ACCOUNT, target=account.id, name=name)))
        alice, bob = (self.house.wait(self.house.accounts.resolve(name)) for name in ("alice", "bob"))
        self.house.wait(self.house.accounts.suspend(alice, False))
        self.house.wait(self.house.accounts.remove(bob))
        self.assertEqual(list(self.bans.all()), [])
        self.assertEqual(self.house.wait(self.house.store.bans.load()), [])

    def test_set_during_sign_on(self) -> None:
        """A ban set while the store is asked for somebody holds for them."""
        store = self.house.store
        store.deferring = True
        peer, client = Peer("native", "192.0.2.1", 1), Recorder()
        coming = Deferred.fromCoroutine(self.house.hub.people.sign_on(None, "eve", peer, ClientInfo(), client))
        adding = Deferred.fromCoroutine(self.bans.add(Ban(kind=ADDRESS, target="192.0.2.1")))
        store.work(1)
        self.house.turn()
        self.assertNoResult(coming)
        while store.work():
            self.house.turn()
        self.assertEqual(self.successResultOf(adding), 0)
        self.failureResultOf(coming, Banned)
        self.assertIsNone(self.house.hub.people.find("eve"))

    def test_time(self) -> None:
        """A ban is over when it is, also in the store and for an account."""
        alice = self.house.person("alice")
        self.ban("192.0.2.1", seconds=60)
        self.house.wait(self.bans.add(Ban(kind=ACCOUNT, target=alice.id, expires=self.house.reactor.seconds() + 90)))
        with self.assertRaises(Banned):
            self.come("eve")
        self.house.turn(61)
        self.come("eve")
        self.assertEqual([ban.kind for ban in self.bans.all()], [ACCOUNT])
        self.house.turn(31)
        self.assertEqual(list(self.bans.all()), [])
        self.assertEqual(self.house.wait(self.house.store.bans.load()), [])
        self.house.on(self.house.wait(self.house.accounts.resolve("alice")))

    def test_survives(self) -> None:
        """A new daemon on the same store knows them, and when they are over."""
        self.ban("*!*@*.example")
        self.ban("192.0.2.1", seconds=60)
        self.house.restart()
        self.bans = self.house.hub.bans
        with self.assertRaises(Banned):
            self.come("eve")
        self.house.turn(61)
        self.come("eve")
        self.assertEqual([ban.target for ban in self.bans.all()], ["*!*@*.example"])

    def test_bounded(self) -> None:
        """No more than the limit; setting one anew is none more; reasons are cut."""
        for number in range(5):
            self.ban(f"198.51.100.{number}", reason="x" * 1000)
        with self.assertRaises(TooMany):
            self.ban("203.0.113.1")
        self.ban("198.51.100.1", reason="again")
        self.assertEqual({len(ban.reason) for ban in self.bans.all()}, {LONGEST_REASON, len("again")})


class FindingTests(BansCase):
    policy = Policy(limits=Limits(bans=0))

    @given(
        st.lists(st.tuples(st.ip_addresses(), st.integers(0, 128)), max_size=8),
        st.ip_addresses(),
    )
    def test_addresses(
        self, banned: list[tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, int]], one: object
    ) -> None:
        """What is found is what Python's own arithmetic of networks says."""
        house = House(self.policy)
        texts = {f"{address}/{min(length, address.max_prefixlen)}" for address, length in banned}
        for text in texts:
            self.ban(text, house=house)
        asked = network_of(str(one))
        assert asked is not None
        wanted = any(
            network.version == asked.version and asked.network_address in network
            for network in map(network_of, texts)
            if network is not None
        )
        self.assertEqual(house.hub.bans.address(address_text(asked)) is not None, wanted)
        house.hub.bans.stop()

    @given(
        st.lists(st.tuples(*[st.sampled_from(["*", "a", "b*", "?", "*.x.y", "c.x.y", "*y"])] * 3), max_size=6),
        st.tuples(*[st.sampled_from(["a", "bb", "c.x.y", "d.c.x.y", "y"])] * 3),
    )
    def test_masks(self, banned: list[tuple[str, ...]], one: tuple[str, ...]) -> None:
        """What is found by what masks name is what trying each of them finds."""
        house = House(self.policy)
        masks = [mask_of("{}!{}@{}".format(*parts)) for parts in banned]
        for mask in masks:
            house.wait(house.hub.bans.add(Ban(kind=MASK, target=mask)))
        nick, user, host = one
        found = house.hub.bans.of(None, nick, user, [host], Peer("irc", "", 0))
        self.assertEqual(found is not None, any(matches(mask, f"{nick}!{user}@{host}") for mask in masks))
        for mask in masks:
            house.wait(house.hub.bans.remove(MASK, mask))
        self.assertIsNone(house.hub.bans.of(None, nick, user, [host], Peer("irc", "", 0)))

    def test_many(self) -> None:
        """With ten thousand bans an address and a person are looked up in far less than a millisecond."""
        for number in range(10_000):
            ban = Ban(kind=ADDRESS, target=str(ipaddress.ip_address(0x0A000000 + 256 * number)))
            self.bans._enter(ban)
            self.bans._enter(Ban(kind=MASK, target=f"*!*@host{number}.bad.example"))
        begin = time.process_time()
        for _ in range(100):
            self.assertIsNone(self.bans.address("192.0.2.1"))
            self.assertIsNone(
                self.bans.of(None, "eve", "eve", ["host.good.example", "192.0.2.1"], Peer("irc", "192.0.2.1", 1))
            )
        self.assertLess((time.process_time() - begin) / 100, 0.0005)
        self.assertIsNotNone(self.bans.address("10.0.1.0"))
