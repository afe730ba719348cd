"""Accounts that stay in their rooms while none of their clients is connected."""

from imd.core.hub import Policy
from imd.core.limits import Limits
from imd.core.message import Outcome
from imd.core.refusal import NotAllowed, NotForGuests, TooMany
from imd.core.session import ClientInfo, Mark, Presence, State, Visibility
from imd.core.talk import Joined, Left, MemberPresenceChanged, RemovedFromRoom, Role, RoleChange
from tests.house import House, HouseTestCase, Recorder


class StayingTests(HouseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice = self.house.person("alice")
        self.bob = self.house.person("bob")

    def come(self, *rooms: str) -> Recorder:
        """Alice comes, who is always on, and joins."""
        client = self.house.on(self.alice, info=ClientInfo(user="al", realname="Alice L."))
        self.house.wait(self.house.hub.people.set_always_on(client.session, True))
        for room in rooms:
            self.house.hub.rooms.join(client.session, room)
        self.house.turn()
        return client

    def members(self, room: str) -> list[str]:
        found = self.house.hub.rooms.find(room)
        return [] if found is None else [member.person.address.name for member in found.members.values()]

    def kinds(self, client: Recorder) -> list[type]:
        kinds, client.events = [type(event) for event in client.events], []
        return kinds

    def test_stays(self) -> None:
        """She is a member with her roles and her name, off for delivery, and back without a JOIN for others."""
        client, bob = self.come("#tea"), self.house.on(self.bob)
        self.house.hub.rooms.join(bob.session, "#tea")
        self.kinds(bob)
        self.house.off(client)
        self.assertEqual(self.members("#tea"), ["alice", "bob"])
        self.assertEqual(self.kinds(bob), [MemberPresenceChanged])
        person = self.house.hub.people.find("alice")
        assert person is not None
        self.assertEqual(self.house.hub.people.origin(person), "al@user/alice")
        self.assertEqual([mark for mark in Mark if person.marked(mark)], [Mark.UNLISTED])
        self.assertEqual([each.address.name for each in self.house.hub.people.online()], ["bob"])
        self.assert_settled(self.house.send(bob, "alice", "tea?"), Outcome.KEPT)
        again = self.house.on(self.alice)
        self.assertEqual(self.kinds(again), [Joined])
        self.assertEqual(again.bodies, ["tea?"])
        self.assertEqual(self.kinds(bob), [MemberPresenceChanged])
        self.assertIs(again.session.person, person)
        self.house.off(again)
        self.house.restart()
        person = self.house.hub.people.find("alice")
        assert person is not None
        self.assertEqual([mark for mark in Mark if person.marked(mark)], [Mark.UNLISTED])
        self.assertEqual(self.house.hub.people.marked(Mark.UNLISTED), 0)

    def test_chosen_otherwise(self) -> None:
        """Without the choice, or after it was taken back, the last session takes its person along."""
        client, bob = self.come("#tea"), self.house.on(self.bob)
        self.house.hub.rooms.join(bob.session, "#tea")
        self.house.wait(self.house.hub.people.set_always_on(client.session, False))
        self.house.off(client)
        self.assertEqual(self.kinds(bob)[-1:], [Left])
        self.assertEqual(self.members("#tea"), ["bob"])
        self.house.turn()
        self.house.restart()
        self.assertEqual(self.members("#tea"), [])

    def test_restart(self) -> None:
        """The next daemon has her in her rooms, also those that nobody founded, with roles and name."""
        guest, client = self.house.on("guest1"), self.come("#tea")
        self.house.hub.rooms.join(guest.session, "#plain")
        self.house.hub.rooms.join(client.session, "#plain")
        operator = RoleChange(Role.OPERATOR, client.session.address, True)
        self.assertEqual(self.house.hub.rooms.change(guest.session, "#plain", [operator]), [])
        self.house.off(client)
        # Killed: nothing is said to anybody.
        self.house.restart()
        self.assertEqual((self.members("#tea"), self.members("#plain")), (["alice"], ["alice"]))
        person = self.house.hub.people.find("alice")
        room = self.house.hub.rooms.find("#plain")
        assert person is not None and room is not None
        self.assertIn(Role.OPERATOR, room.members[person.key].roles)
        self.assertEqual(self.house.hub.people.origin(person), "al@user/alice")
        again = self.house.on(self.alice)
        self.assertEqual(self.kinds(again), [Joined, Joined])
        self.house.hub.rooms.part(again.session, "#plain")
        self.house.off(again)
        self.house.restart()
        self.assertEqual((self.members("#tea"), self.members("#plain")), (["alice"], []))

    def test_done_to_the_absent(self) -> None:
        """Who is absent can be removed from a room, renamed, and lose her rooms with her account."""
        self.house.off(self.come("#tea", "#milk", "#mint"))
        bob = self.house.on(self.bob)
        for room in ("#tea", "#milk", "#mint"):
            self.house.hub.rooms.join(bob.session, room)
        milk = self.house.hub.rooms.find("#milk")
        assert milk is not None
        milk.members[self.bob.id].roles.add(Role.FOUNDER)
        self.kinds(bob)
        self.house.hub.rooms.remove_member(bob.session, "#milk", "alice", "not now")
        self.assertEqual((self.kinds(bob), self.members("#milk")), ([RemovedFromRoom], ["bob"]))
        renamed = self.house.wait(self.house.accounts.rename(self.alice, "alicia"))
        self.assertEqual(self.members("#tea"), ["alicia", "bob"])
        self.assertIsNone(self.house.hub.people.find("alice"))
        self.house.turn()
        self.house.restart()
        self.assertEqual((self.members("#tea"), self.members("#milk")), (["alicia"], []))
        self.house.wait(self.house.accounts.remove(renamed))
        self.assertEqual(self.members("#tea"), [])
        self.house.turn()
        self.assertEqual(self.house.wait(self.house.store.memberships.everyone()), {})
        self.house.restart()
        self.assertIsNone(self.house.hub.people.find("alicia"))

    def test_driven_out(self) -> None:
        """Who is kicked off the service, or suspended, leaves her rooms, absent or not."""
        client = self.come("#tea")
        self.house.wait(self.house.accounts.suspend(self.alice))
        self.assertEqual(self.members("#tea"), [])
        self.assertIsNotNone(client.ended)
        self.house.wait(self.house.accounts.suspend(self.alice, False))
        self.house.off(self.come("#tea"))
        self.assertEqual(self.members("#tea"), ["alice"])
        self.house.wait(self.house.accounts.suspend(self.alice))
        self.assertEqual(self.members("#tea"), [])

    def test_refused(self) -> None:
        """Guests cannot, nobody can where it is off, and no more than the limit."""
        guest = self.house.on("guest1")
        with self.assertRaises(NotForGuests):
            self.house.wait(self.house.hub.people.set_always_on(guest.session, True))
        self.house = House(Policy(limits=Limits(always_on=1)))
        alice, bob = self.house.on(self.house.person("alice")), self.house.on(self.house.person("bob"))
        self.house.wait(self.house.hub.people.set_always_on(alice.session, True))
        with self.assertRaises(TooMany):
            self.house.wait(self.house.hub.people.set_always_on(bob.session, True))
        self.house = House(Policy(always_on="off"))
        alice = self.house.on(self.house.person("alice"))
        with self.assertRaises(NotAllowed):
            self.house.wait(self.house.hub.people.set_always_on(alice.session, True))

    def test_opt_out(self) -> None:
        """Where it is the rule, all stay who have not said no; a new rule holds at once."""
        self.house = House(Policy(always_on="opt-out"))
        alice = self.house.on(self.house.person("alice"))
        self.house.hub.rooms.join(alice.session, "#tea")
        self.house.off(alice)
        self.assertEqual(self.members("#tea"), ["alice"])
        self.house.hub.change_policy(Policy(always_on="opt-in"))
        self.assertEqual(self.members("#tea"), [])

    def test_too_long(self) -> None:
        """Who does not come back for long enough leaves."""
        self.house.off(self.come("#tea"))
        self.house.turn(89 * 86400)
        self.house.wait(self.house.hub.expire())
        self.assertEqual(self.members("#tea"), ["alice"])
        self.house.turn(2 * 86400)
        self.house.wait(self.house.hub.expire())
        self.assertEqual(self.members("#tea"), [])

    def test_store_away(self) -> None:
        """What could not be written is written when the store is back."""
        client = self.come("#tea")
        self.house.store.available = False
        self.house.hub.rooms.part(client.session, "#tea")
        self.house.hub.rooms.join(client.session, "#milk")
        self.house.turn()
        self.assertFalse(self.house.hub.idle)
        self.house.store.available = True
        self.house.hub.store_back()
        self.house.turn()
        self.assertTrue(self.house.hub.idle)
        self.house.restart()
        self.assertEqual((self.members("#tea"), self.members("#milk")), ([], ["alice"]))


class PrivacyTests(HouseTestCase):
    """P5: who may not see her presence learns nothing of her coming and going."""

    def seen(self, visible_to: Visibility, *, block: bool, friends: bool) -> tuple[list[str], list[str]]:
        """What a room mate is told and sees: while she is invisible, and while she has gone."""
        told = []
        for away in ("invisible", "gone"):
            house = House()
            alice, bob = house.on(house.person("alice")), house.on(house.person("bob"))
            house.wait(house.hub.people.set_always_on(alice.session, True))
            if friends:
                house.friends(alice, bob)
            house.wait(house.hub.people.set_privacy(alice.session, visible_to))
            if block:
                house.wait(house.hub.rosters.block(alice.session, "bob"))
            house.hub.rooms.join(alice.session, "#tea")
            house.hub.rooms.join(bob.session, "#tea")
            house.turn()
            person = alice.session.person
            bob.events.clear()
            bob.views.clear()
            if away == "invisible":
                house.hub.presence.update(alice.session, Presence(State.INVISIBLE))
                house.turn()
            else:
                house.off(alice)
            view = house.hub.presence.member(bob.session, person)
            changes = [event.state.value for event in bob.events if isinstance(event, MemberPresenceChanged)]
            told.append([*changes, *(state for _, state in bob.states), view.state.value])
            if away == "gone":
                house.restart()
                bob = house.on(house.wait(house.accounts.by_name("bob")))
                house.hub.rooms.join(bob.session, "#tea")
                house.turn()
                found = house.hub.people.find("alice")
                assert found is not None
                self.assertEqual(house.hub.presence.member(bob.session, found).state, view.state)
        return told[0], told[1]

    def test_alike(self) -> None:
        """Invisible and gone look the same; hidden from somebody, she is a member like any other."""
        for visible_to in Visibility:
            for block in (False, True):
                for friends in (False, True):
                    invisible, gone = self.seen(visible_to, block=block, friends=friends)
                    self.assertEqual(invisible, gone)
                    may = not block and (
                        visible_to is Visibility.EVERYONE or (friends and visible_to is Visibility.CONTACTS)
                    )
                    self.assertEqual(gone[-1], "away" if may else "offline", (visible_to, block, friends))
                    if not may:
                        self.assertEqual(gone, ["offline"])
