"""Buddy lists: the subscription states of RFC 6121 section 3 and appendix A, seen from both sides."""

from typing import NamedTuple

import msgspec
from twisted.internet.defer import Deferred

from imd.core.address import Address
from imd.core.contact import Contact
from imd.core.hub import Policy
from imd.core.limits import Limits
from imd.core.message import Outcome
from imd.core.refusal import NoSuchAccount, NotAllowed, NotForGuests, StoreUnavailable, TooLong, TooMany
from imd.core.session import Account, Session
from tests.house import House, HouseTestCase, Recorder

_FLAGS = ("to", "from_", "asking", "asked", "approved", "blocked")


def flags(contact: Contact | None) -> str:
    """The states of an entry as words; "" where there is none."""
    return "" if contact is None else " ".join(flag.rstrip("_") for flag in _FLAGS if getattr(contact, flag))


class Row(NamedTuple):
    """Alice's deed, from a state on both sides to the next, and what each of the two is told."""

    alice: str
    bob: str
    deed: str
    alice_then: str
    bob_then: str
    alice_told: str = ""
    bob_told: str = ""


#: RFC 6121 appendix A: what `alice` does in each state, seen on her list and on Bob's. Where nothing is told, nothing
#: has changed.
TABLE = [
    # A.2.1 and A.3.1, "subscribe": asks; pre-approved (section 3.4) it is answered at once.
    Row("", "", "ask", "asking", "asked", "changed", "asked"),
    Row("asking", "asked", "ask", "asking", "asked"),
    Row("asked", "asking", "ask", "asking asked", "asking asked", "changed", "asked"),
    Row("from", "to", "ask", "from asking", "to asked", "changed", "asked"),
    Row("to", "from", "ask", "to", "from"),
    Row("to from", "to from", "ask", "to from", "to from"),
    Row("", "approved", "ask", "to", "from", "approved", "changed"),
    Row("from", "to approved", "ask", "to from", "to from", "approved", "changed"),
    Row("approved", "", "ask", "asking approved", "asked", "changed", "asked"),
    # Whom one is blocked by is not bothered; one's own request stays open.
    Row("", "blocked", "ask", "asking", "blocked", "changed"),
    Row("", "approved blocked", "ask", "asking", "approved blocked", "changed"),
    # A.2.3, "subscribed": lets somebody see; unasked it is an approval for later.
    Row("asked", "asking", "approve", "from", "to", "changed", "approved"),
    Row("to asked", "from asking", "approve", "to from", "to from", "changed", "approved"),
    Row("asking asked", "asking asked", "approve", "from asking", "to asked", "changed", "approved"),
    Row("", "", "approve", "approved", "", "changed"),
    Row("to", "from", "approve", "to approved", "from", "changed"),
    Row("from", "to", "approve", "from", "to"),
    Row("approved", "", "approve", "approved", ""),
    Row("blocked", "asking", "approve", "approved blocked", "asking", "changed"),
    # A.2.4, "unsubscribed": refuses, or takes back; nothing to refuse is nothing.
    Row("asked", "asking", "refuse", "", "", "removed", "refused"),
    Row("from", "to", "refuse", "", "", "removed", "refused"),
    Row("to from", "to from", "refuse", "to", "from", "changed", "refused"),
    Row("approved", "", "refuse", "", "", "removed"),
    Row("to asked", "from asking", "refuse", "to", "from", "changed", "refused"),
    Row("", "", "refuse", "", ""),
    Row("to", "from", "refuse", "to", "from"),
    # A.2.2, "unsubscribe": sees no more, or takes the request back.
    Row("asking", "asked", "cancel", "", "", "removed", "removed"),
    Row("to", "from", "cancel", "", "", "removed", "removed"),
    Row("to from", "to from", "cancel", "from", "to", "changed", "changed"),
    Row("from asking", "to asked", "cancel", "from", "to", "changed", "changed"),
    Row("asking", "blocked", "cancel", "", "blocked", "removed"),
    Row("from", "to", "cancel", "from", "to"),
    # Section 2.5: both ways at once. A block is no part of the list, and stays.
    Row("asking", "asked", "remove", "", "", "removed", "removed"),
    Row("to", "from", "remove", "", "", "removed", "removed"),
    Row("from", "to", "remove", "", "", "removed", "refused"),
    Row("to from", "to from", "remove", "", "", "removed", "refused"),
    Row("asked", "asking", "remove", "", "", "removed", "refused"),
    Row("approved", "", "remove", "", "", "removed"),
    Row("to blocked", "from", "remove", "blocked", "", "removed", "removed"),
    # Blocking (XEP-0191) is one's own matter: the other side is told nothing, and keeps its subscriptions.
    Row("", "", "block", "blocked", "", "changed"),
    Row("asked", "asking", "block", "blocked", "asking", "changed"),
    Row("to from", "to from", "block", "to from blocked", "to from", "changed"),
    Row("blocked", "", "block", "blocked", ""),
    Row("blocked", "", "unblock", "", "", "removed"),
    Row("to from blocked", "to from", "unblock", "to from", "to from", "changed"),
    Row("", "", "unblock", "", ""),
]


class RosterTestCase(HouseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice_account = self.house.person("alice")
        self.bob_account = self.house.person("bob")
        self.alice = self.house.on(self.alice_account)

    def me(self, client: Recorder) -> Session:
        assert client.session is not None
        return client.session

    def kept(self, house: House, owner: Account, other: Account) -> Contact | None:
        """The entry as the store has it."""
        roster = house.wait(house.store.rosters.load([owner.id]))[owner.id]
        found: Contact | None = next((contact for contact in roster if contact.account == other.id), None)
        return found

    def listed(self, client: Recorder) -> list[Contact]:
        contacts: list[Contact] = self.house.wait(self.house.hub.rosters.contacts(self.me(client)))
        return contacts

    def do(self, client: Recorder, deed: str, name: str) -> None:
        self.house.wait(getattr(self.house.hub.rosters, deed)(self.me(client), name))
        self.house.turn()

    def told(self, client: Recorder) -> list[tuple[str, str]]:
        """(what, whom) of the pushes since this was asked last."""
        changes, client.roster = client.roster, []
        return [(change.action.value, change.contact.address.name) for change in changes]


class StateTests(RosterTestCase):
    """The table, with the other side on and off."""

    def entry(self, words: str, other: Account) -> Contact:
        set_flags = {flag: True for flag in _FLAGS if flag.rstrip("_") in words.split()}
        contact: Contact = msgspec.structs.replace(Contact(other.id, Address(other.name, "localhost")), **set_flags)
        return contact

    def carried_out(self, row: Row, *, bob_on: bool) -> tuple[str, str, str, str]:
        """States and pushes after the deed, in a house of its own."""
        self.house = house = House()
        alice_account, bob_account = house.person("alice"), house.person("bob")
        for owner, other, words in ((alice_account, bob_account, row.alice), (bob_account, alice_account, row.bob)):
            if words:
                house.wait(house.store.rosters.put([(owner.id, self.entry(words, other))]))
        alice = house.on(alice_account)
        bob = house.on(bob_account) if bob_on else None
        self.do(alice, row.deed, "bob")
        states = (
            flags(self.kept(house, alice_account, bob_account)),
            flags(self.kept(house, bob_account, alice_account)),
        )
        # What is in memory is what is kept.
        self.assertEqual(flags(house.hub.rosters.contact(alice_account.id, bob_account.id)), states[0], row)
        if bob is not None:
            self.assertEqual(flags(house.hub.rosters.contact(bob_account.id, alice_account.id)), states[1], row)
        told = [self.told(client) if client is not None else [] for client in (alice, bob)]
        for changes in told:
            self.assertLessEqual(len(changes), 1, row)
        alice_told, bob_told = (changes[0][0] if changes else "" for changes in told)
        return *states, alice_told, bob_told

    def test_table_while_the_other_is_on(self) -> None:
        """Every deed in every state: the next states on both sides, one push to each who has to know."""
        for row in TABLE:
            self.assertEqual(self.carried_out(row, bob_on=True), row[3:], row)

    def test_table_while_the_other_is_off(self) -> None:
        """The same in the store, for whoever signs on later."""
        for row in TABLE:
            alice, bob, alice_told, _ = self.carried_out(row, bob_on=False)
            self.assertEqual((alice, bob, alice_told), row[3:6], row)

    def test_every_deed_is_in_the_table(self) -> None:
        """And both sides always agree on who sees whom."""
        deeds = {"ask", "approve", "refuse", "cancel", "remove", "block", "unblock"}
        self.assertEqual({row.deed for row in TABLE}, deeds)
        for row in TABLE:
            for one, other in ((row.alice, row.bob), (row.alice_then, row.bob_then)):
                for mine, theirs in ((one, other), (other, one)):
                    self.assertEqual("to" in mine.split(), "from" in theirs.split(), row)
                    # Somebody asks exactly if the other is asked, who does not hear it while blocking.
                    if "blocked" not in theirs.split():
                        self.assertEqual("asking" in mine.split(), "asked" in theirs.split(), row)


class ListTests(RosterTestCase):
    """Entries, and who is told."""

    def test_labels_and_groups(self) -> None:
        """`put` notes somebody without asking; label and groups are one's own, and alter nothing else."""
        bob = self.house.on(self.bob_account)
        rosters = self.house.hub.rosters
        contact = self.house.wait(rosters.put(self.me(self.alice), "BOB", "Bobby", ["work", "work", "tea"]))
        self.assertEqual((contact.label, contact.groups, contact.subscription), ("Bobby", ("work", "tea"), "none"))
        self.assertEqual(str(contact.address), "bob@localhost")
        self.assertEqual(self.told(bob), [])
        self.house.friends(self.alice, bob)
        contact = self.house.wait(rosters.put(self.me(self.alice), "bob", "", []))
        self.assertEqual((contact.label, contact.groups, contact.subscription), ("bob", (), "both"))
        contact = self.house.wait(rosters.ask(self.me(self.alice), "bob", "Bo", ["x"]))
        self.assertEqual((contact.label, contact.groups, contact.to), ("Bo", ("x",), True))
        self.assertRaises(TooLong, self.house.wait, rosters.put(self.me(self.alice), "bob", "x" * 65, []))
        many = [str(number) for number in range(22)]
        self.assertRaises(TooMany, self.house.wait, rosters.put(self.me(self.alice), "bob", "", many))

    def test_a_noted_contact_outlives_its_subscription(self) -> None:
        """RFC 6121 section 3.3: the entry with its label stays when the subscription ends; `remove` takes it off."""
        self.house.wait(self.house.hub.rosters.put(self.me(self.alice), "bob", "Bobby", []))
        self.do(self.alice, "ask", "bob")
        self.do(self.alice, "cancel", "bob")
        (contact,) = self.listed(self.alice)
        self.assertEqual((contact.label, flags(contact)), ("Bobby", ""))
        self.do(self.alice, "remove", "bob")
        self.assertEqual(self.listed(self.alice), [])

    def test_all_sessions_are_told(self) -> None:
        """Each change is pushed to every session of the account (RFC 6121 section 2.1.6), the one that asked too."""
        other = self.house.on(self.alice_account)
        self.do(self.alice, "ask", "bob")
        self.assertEqual(self.told(self.alice), [("changed", "bob")])
        self.assertEqual(self.told(other), [("changed", "bob")])

    def test_asked_while_off(self) -> None:
        """A request waits on the list, and is answered when its owner comes."""
        self.do(self.alice, "ask", "bob")
        bob = self.house.on(self.bob_account)
        (contact,) = self.listed(bob)
        self.assertEqual(flags(contact), "asked")
        self.assertFalse(contact.listed)
        self.told(self.alice)
        self.do(bob, "approve", "alice")
        self.assertEqual(self.told(self.alice), [("approved", "bob")])

    def test_refusals(self) -> None:
        """Oneself, nobody, guests, and somebody one blocks."""
        rosters = self.house.hub.rosters
        for deed in ("ask", "approve", "refuse", "cancel", "remove", "block", "unblock"):
            self.assertRaises(NotAllowed, self.do, self.alice, deed, "alice")
            self.assertRaises(NoSuchAccount, self.do, self.alice, deed, "nobody")
            self.assertRaises(NoSuchAccount, self.do, self.alice, deed, "bob@elsewhere")
        guest = self.house.on("visitor")
        self.assertRaises(NotForGuests, self.do, guest, "ask", "bob")
        self.assertRaises(NotForGuests, self.house.wait, rosters.contacts(self.me(guest)))
        self.assertRaises(NoSuchAccount, self.do, self.alice, "ask", "visitor")
        self.do(self.alice, "block", "bob")
        self.assertRaises(NotAllowed, self.do, self.alice, "ask", "bob")

    def test_blocked(self) -> None:
        """What somebody blocked sends is dropped; after the block new messages come."""
        bob = self.house.on(self.bob_account)
        self.do(bob, "block", "alice")
        told = self.house.send(self.alice, "bob", "hello")
        self.house.turn(0.1)
        self.assert_settled(told, Outcome.KEPT)
        self.do(bob, "unblock", "alice")
        self.house.send(self.alice, "bob", "again")
        self.assertEqual(bob.bodies, ["again"])

    def test_renamed_and_removed(self) -> None:
        """A contact is an account: it is renamed on every list it is on, and gone from all when it is removed."""
        bob = self.house.on(self.bob_account)
        self.house.friends(self.alice, bob)
        self.told(self.alice)
        self.house.wait(self.house.accounts.rename(self.bob_account, "robert"))
        self.assertEqual(self.told(self.alice), [("changed", "robert")])
        self.assertEqual([str(contact.address) for contact in self.listed(self.alice)], ["robert@localhost"])
        self.house.off(self.alice)
        self.alice = self.house.on(self.alice_account)
        self.assertEqual([str(contact.address) for contact in self.listed(self.alice)], ["robert@localhost"])
        self.house.wait(self.house.accounts.remove(self.bob_account))
        self.assertEqual(self.told(self.alice), [("removed", "robert")])
        self.assertEqual(self.listed(self.alice), [])

    def test_kept(self) -> None:
        """Lists outlive the daemon."""
        bob = self.house.on(self.bob_account)
        self.house.friends(self.alice, bob)
        self.house.restart()
        alice = self.house.on(self.alice_account)
        self.assertEqual([flags(contact) for contact in self.listed(alice)], ["to from"])
        self.house.on(self.bob_account)
        self.assertEqual(alice.states, [("bob", "available")])


class LimitTests(RosterTestCase):
    policy = Policy(limits=Limits(contacts=3))

    def test_contacts(self) -> None:
        """So many entries; altering one that is there is always possible."""
        for name in ("c1", "c2", "c3"):
            self.house.person(name)
            self.do(self.alice, "ask", name)
        for deed in ("ask", "approve"):
            self.assertRaises(TooMany, self.do, self.alice, deed, "bob")
        self.do(self.alice, "approve", "c1")
        self.do(self.alice, "remove", "c2")
        self.do(self.alice, "ask", "bob")

    def test_blocks(self) -> None:
        """So many blocks, whatever else is on the list: neither contacts nor requests keep one from blocking."""
        for number in range(3):
            asker = self.house.on(self.house.person(f"asker{number}"))
            self.do(asker, "ask", "alice")
            self.house.person(f"friend{number}")
            self.do(self.alice, "ask", f"friend{number}")
        for name in ("asker0", "friend0", "bob"):
            self.do(self.alice, "block", name)
        self.assertRaises(TooMany, self.do, self.alice, "block", "asker1")
        self.do(self.alice, "unblock", "bob")
        self.do(self.alice, "block", "asker1")

    def test_requests_take_no_room(self) -> None:
        """Strangers who ask do not keep one from adding contacts."""
        for number in range(3):
            asker = self.house.on(self.house.person(f"asker{number}"))
            self.do(asker, "ask", "alice")
        self.do(self.alice, "ask", "bob")

    def test_requests(self) -> None:
        """Strangers cannot fill a list: of too many requests the last are not shown, and their senders told nothing."""
        for number in range(4):
            asker = self.house.on(self.house.person(f"c{number}"))
            self.do(asker, "ask", "bob")
            self.assertEqual([flags(contact) for contact in self.listed(asker)], ["asking"])
        bob = self.house.on(self.bob_account)
        self.assertEqual(len(self.listed(bob)), 3)
        # Answering one makes room; and who was not shown can be let in all the same.
        self.do(bob, "refuse", "c0")
        self.do(bob, "approve", "c3")
        self.assertEqual(flags(self.house.hub.rosters.contact(self.bob_account.id, self.kept_id("c3"))), "from")

    def kept_id(self, name: str) -> str:
        account: Account = self.house.wait(self.house.accounts.resolve(name))
        return account.id


class StoreTests(RosterTestCase):
    """The store fails."""

    def test_away(self) -> None:
        """Refused, and nothing has changed; nobody is told anything."""
        bob = self.house.on(self.bob_account)
        self.house.store.available = False
        self.assertRaises(StoreUnavailable, self.do, self.alice, "ask", "bob")
        self.house.store.available = True
        self.assertEqual((self.told(self.alice), self.told(bob)), ([], []))
        self.assertEqual((self.listed(self.alice), self.listed(bob)), ([], []))
        self.do(self.alice, "ask", "bob")
        self.assertEqual(self.told(bob), [("asked", "alice")])

    def test_unknown_outcome(self) -> None:
        """The write may have happened: it is refused as *store unavailable*, and asking again is safe."""
        bob = self.house.on(self.bob_account)
        self.house.store.dying = True
        self.assertRaises(StoreUnavailable, self.do, self.alice, "ask", "bob")
        self.house.store.dying = False
        self.do(self.alice, "ask", "bob")
        self.assertEqual([flags(contact) for contact in self.listed(bob)], ["asked"])

    def test_at_the_same_time(self) -> None:
        """Both ask each other while the store is slow: each change sees the other's, and both are asked."""
        bob = self.house.on(self.bob_account)
        self.house.store.deferring = True
        rosters = self.house.hub.rosters
        both = [
            Deferred.fromCoroutine(rosters.ask(self.me(self.alice), "bob")),
            Deferred.fromCoroutine(rosters.ask(self.me(bob), "alice")),
        ]
        for _ in range(20):
            self.house.turn()
            self.house.store.work()
        for each in both:
            self.successResultOf(each)
        self.house.store.deferring = False
        for owner, other in ((self.alice_account, self.bob_account), (self.bob_account, self.alice_account)):
            self.assertEqual(flags(self.kept(self.house, owner, other)), "asking asked")
