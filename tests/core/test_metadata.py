"""What people and rooms show of themselves: who sees it, who is told, what stays."""

from imd.core.hub import Policy
from imd.core.limits import Limits
from imd.core.refusal import (
    InvalidName,
    NoSuchAccount,
    NoSuchRoom,
    NotOperator,
    StoreUnavailable,
    TooLong,
    TooMany,
)
from imd.core.session import Presence, State
from imd.core.talk import FlagChange, RoomFlag
from tests.house import HouseTestCase, Recorder


class MetadataTests(HouseTestCase):
    def setUp(self) -> None:
        self.policy = Policy(limits=Limits(metadata_keys=2, metadata_value=20))
        super().setUp()
        self.alice = self.house.on(self.house.person("alice"))
        self.bob = self.house.on(self.house.person("bob"))
        self.carol = self.house.on("carol")

    def set(self, who: Recorder, key: str, value: str | None) -> bool:
        was_set: bool = self.house.wait(self.house.hub.metadata.set_own(who.session, key, value))
        return was_set

    def of(self, watcher: Recorder, name: str) -> dict[str, str]:
        return dict(self.house.hub.metadata.of_person(watcher.session, name)[1])

    def told(self, who: Recorder) -> list[tuple[str, str | None]]:
        told, who.shown = [(change.key, change.value) for change in who.shown], []
        return told

    def test_bounds(self) -> None:
        """So many keys, of letters that are allowed, and values so long; what is set may change for ever."""
        self.assertTrue(self.set(self.alice, "a", "1"))
        self.assertTrue(self.set(self.alice, "b/c.d-e_9", "2"))
        with self.assertRaises(TooMany):
            self.set(self.alice, "c", "3")
        self.assertTrue(self.set(self.alice, "a", "x" * 20))
        with self.assertRaises(TooLong):
            self.set(self.alice, "a", "é" * 11)
        for key in ("", "A", "a b", "a:b", "x" * 65, "é"):
            with self.assertRaises(InvalidName):
                self.set(self.alice, key, "1")
        self.assertFalse(self.set(self.alice, "never", None))
        self.assertEqual(self.house.hub.levels()["metadata_keys"], 2)
        self.assertEqual(self.house.policy.limits.tally.met, {"metadata_keys": 1, "metadata_value": 1})
        self.assertEqual(self.house.wait(self.house.hub.metadata.clear_own(self.alice.session)), ["a", "b/c.d-e_9"])
        self.assertEqual(self.of(self.alice, "alice"), {})

    def test_kept(self) -> None:
        """An account's values are there whenever it is, also after a restart; a guest's go with her, and those of an
        account that is removed are nobody's."""
        self.set(self.alice, "url", "one")
        self.set(self.carol, "url", "two")
        self.house.off(self.carol)
        self.house.on("carol")
        self.assertEqual(self.of(self.alice, "carol"), {})
        account = self.alice.session.account
        assert account is not None
        self.house.off(self.alice)
        with self.assertRaises(NoSuchAccount):
            self.of(self.bob, "alice")
        self.house.restart()
        alice = self.house.on(account)
        self.assertEqual(self.of(alice, "alice"), {"url": "one"})
        self.house.wait(self.house.accounts.remove(account))
        self.assertEqual(self.house.wait(self.house.store.metadata.everyone()), {})
        self.house.turn()
        alice = self.house.on(self.house.person("alice"))
        self.assertEqual(self.of(alice, "alice"), {})

    def test_told(self) -> None:
        """Her own clients, who shares a room with her, and who watches her; each once, whatever they share."""
        other = self.house.on(self.alice.session.account or "")
        for room in ("#one", "#two"):
            for who in (self.alice, self.bob):
                self.house.hub.rooms.join(who.session, room)
        self.house.hub.presence.watch(self.bob.session, "alice")
        self.house.hub.presence.watch(self.carol.session, "Alice")
        stranger = self.house.on("dave")
        self.set(self.alice, "url", "one")
        self.set(self.alice, "url", "one")
        for who in (self.alice, other, self.bob, self.carol):
            self.assertEqual(self.told(who), [("url", "one")])
        self.assertEqual(self.told(stranger), [])

    def test_hidden(self) -> None:
        """Who may not see somebody finds nobody, and is told nothing (P5); in a room they share she is seen."""
        self.house.hub.presence.watch(self.carol.session, "alice")
        self.house.hub.presence.update(self.alice.session, Presence(State.INVISIBLE))
        self.house.turn()
        self.set(self.alice, "url", "one")
        self.assertEqual(self.told(self.carol), [])
        with self.assertRaises(NoSuchAccount):
            self.of(self.carol, "alice")
        self.assertEqual(self.of(self.alice, "alice"), {"url": "one"})
        for who in (self.alice, self.carol):
            self.house.hub.rooms.join(who.session, "#one")
        self.assertEqual(self.of(self.carol, "alice"), {"url": "one"})

    def test_rooms(self) -> None:
        """A room's are its operators' to set; they go where the room goes, and its members' are for members."""
        rooms, metadata = self.house.hub.rooms, self.house.hub.metadata
        room = rooms.join(self.alice.session, "#one")
        rooms.join(self.bob.session, "#one")
        with self.assertRaises(NotOperator):
            metadata.set_room(self.bob.session, "#one", "url", "x")
        with self.assertRaises(NoSuchRoom):
            metadata.set_room(self.alice.session, "#none", "url", "x")
        self.assertTrue(metadata.set_room(self.alice.session, "#ONE", "url", "x"))
        self.assertEqual(self.told(self.bob), [("url", "x")])
        self.assertEqual(dict(metadata.of_room(self.carol.session, "#one")[1]), {"url": "x"})
        self.set(self.bob, "name", "Bob")
        self.told(self.bob)
        self.assertEqual([person.address.name for person, _ in metadata.of_members(self.alice.session, room)], ["bob"])
        self.assertEqual(list(metadata.of_members(self.carol.session, room)), [])
        rooms.change(self.alice.session, "#one", [FlagChange(RoomFlag.SECRET, on=True)])
        with self.assertRaises(NoSuchRoom):
            metadata.of_room(self.carol.session, "#one")
        self.house.turn()
        account = self.alice.session.account
        assert account is not None
        self.house.restart()
        alice = self.house.on(account)
        self.house.hub.rooms.join(alice.session, "#one")
        self.assertEqual(dict(self.house.hub.metadata.of_room(alice.session, "#one")[1]), {"url": "x"})
        self.assertEqual(self.house.hub.metadata.clear_room(alice.session, "#one"), ["url"])
        self.assertEqual(dict(self.house.hub.metadata.of_room(alice.session, "#one")[1]), {})

    def test_staying(self) -> None:
        """Who stays in her rooms without a client is seen there as ever, also after a restart."""
        account = self.alice.session.account
        assert account is not None
        self.house.hub.rooms.join(self.bob.session, "#one")
        self.house.hub.rooms.join(self.alice.session, "#one")
        self.house.wait(self.house.hub.staying.choose(self.alice.session, True))
        self.set(self.alice, "url", "one")
        self.house.off(self.alice)
        self.house.turn()
        room = self.house.hub.rooms.find("#one")
        assert room is not None
        members = self.house.hub.metadata.of_members(self.bob.session, room)
        self.assertEqual(
            [(person.address.name, dict(values)) for person, values in members], [("alice", {"url": "one"})]
        )
        bob = self.bob.session.account
        assert bob is not None
        self.house.restart()
        self.house.turn()
        bob_again = self.house.on(bob)
        room = self.house.hub.rooms.join(bob_again.session, "#one")
        members = self.house.hub.metadata.of_members(bob_again.session, room)
        self.assertEqual([person.address.name for person, _ in members], ["alice"])

    def test_store_away(self) -> None:
        """What could not be kept was not set, and nobody was told."""
        self.house.store.available = False
        with self.assertRaises(StoreUnavailable):
            self.set(self.alice, "url", "one")
        self.assertTrue(self.set(self.carol, "url", "not kept"))
        self.house.store.available = True
        self.assertEqual((self.of(self.alice, "alice"), self.told(self.alice)), ({}, []))
