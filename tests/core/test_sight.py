"""Who sees what of whom (promise P5), and that a change of it is a change of presence."""

from imd.core.address import Address
from imd.core.session import Presence, State, Visibility
from imd.core.talk import MemberPresenceChanged
from tests.core.presence_case import AVAILABLE, AWAY, BUSY, INVISIBLE, OFFLINE, XA, PresenceTestCase, me


class ClassTests(PresenceTestCase):
    """One person, one watcher."""

    def setUp(self) -> None:
        super().setUp()
        self.alice = self.house.on(self.alice_account, presence=Presence(BUSY, "work", 5.0))
        self.bob = self.house.on(self.bob_account)
        self.watch(self.bob, "alice")
        self.rosters = self.house.hub.rosters

    def seen(self) -> tuple[State, str, float | None, int]:
        view = self.house.hub.presence.view(me(self.bob), "alice")
        return view.state, view.text, view.idle_since, len(view.locations)

    def test_table(self) -> None:
        """Every relation under every `visible_to`."""
        hidden, basic = (OFFLINE, "", None, 0), (AWAY, "", None, 0)
        full, mutual = (BUSY, "work", 5.0, 0), (BUSY, "work", 5.0, 1)
        alice, bob = me(self.alice), me(self.bob)
        self.privacy(self.alice, share=True)
        table: dict[str, list[tuple[State, str, float | None, int]]] = {}

        def row(title: str) -> None:
            table[title] = []
            for visible_to in Visibility:
                self.privacy(self.alice, visible_to)
                table[title].append(self.seen())

        row("stranger")
        self.house.wait(self.rosters.ask(bob, "alice"))
        row("has asked")
        self.house.wait(self.rosters.approve(alice, "bob"))
        row("approved")
        self.privacy(self.bob, share=True)
        row("approved, shares")
        self.house.friends(self.alice, self.bob)
        row("mutual, both share")
        self.privacy(self.alice, share=False)
        row("mutual, only the watcher shares")
        self.privacy(self.alice, share=True)
        self.privacy(self.bob, share=False)
        row("mutual, only the person shares")
        self.house.wait(self.rosters.block(alice, "bob"))
        row("blocked")
        self.house.wait(self.rosters.unblock(alice, "bob"))
        self.house.wait(self.rosters.block(bob, "alice"))
        row("blocks")
        self.house.wait(self.rosters.unblock(bob, "alice"))
        self.house.wait(self.rosters.refuse(alice, "bob"))
        row("no longer approved")
        self.assertEqual(
            table,
            {
                # everyone, contacts, nobody
                "stranger": [basic, hidden, hidden],
                "has asked": [basic, hidden, hidden],
                "approved": [full, full, hidden],
                "approved, shares": [full, full, hidden],
                "mutual, both share": [mutual, mutual, hidden],
                "mutual, only the watcher shares": [full, full, hidden],
                "mutual, only the person shares": [full, full, hidden],
                "blocked": [hidden, hidden, hidden],
                "blocks": [hidden, hidden, hidden],
                "no longer approved": [basic, hidden, hidden],
            },
        )

    def test_a_change_of_class_is_a_change(self) -> None:
        """Each is told at once, once, as somebody coming, going, or altering."""
        alice, bob = me(self.alice), me(self.bob)
        for what, told in [
            (self.rosters.ask(bob, "alice"), []),
            (self.rosters.approve(alice, "bob"), [("alice", BUSY, "work")]),
            (self.rosters.block(alice, "bob"), [("alice", OFFLINE, "")]),
            (self.rosters.unblock(alice, "bob"), [("alice", BUSY, "work")]),
            (self.rosters.block(bob, "alice"), [("alice", OFFLINE, "")]),
            (self.rosters.unblock(bob, "alice"), [("alice", BUSY, "work")]),
            (self.rosters.refuse(alice, "bob"), [("alice", AWAY, "")]),
            (self.house.hub.people.set_privacy(alice, Visibility.CONTACTS), [("alice", OFFLINE, "")]),
            (self.rosters.approve(alice, "bob"), []),
            (self.rosters.ask(bob, "alice"), [("alice", BUSY, "work")]),
            (self.house.hub.people.set_privacy(alice, Visibility.NOBODY), [("alice", OFFLINE, "")]),
            (self.house.hub.people.set_privacy(alice, Visibility.EVERYONE), [("alice", BUSY, "work")]),
            (self.rosters.cancel(bob, "alice"), [("alice", AWAY, "")]),
        ]:
            self.house.wait(what)
            self.house.turn()
            self.assertEqual(self.taken(self.bob), told, what)

    def test_by_the_buddy_list_alone(self) -> None:
        """Who watches nobody by name is told of a contact from approval on, and then that she is gone; a request, or a
        block of somebody who was not approved, tells nothing."""
        self.house.hub.presence.unwatch(me(self.bob), "alice")
        alice, bob = me(self.alice), me(self.bob)
        self.now_says(self.alice, AVAILABLE)
        come, gone = [("alice", AVAILABLE, "")], [("alice", OFFLINE, "")]
        for what, told in [
            (self.rosters.ask(bob, "alice"), []),
            (self.rosters.block(alice, "bob"), []),
            (self.rosters.unblock(alice, "bob"), []),
            (self.rosters.approve(alice, "bob"), come),
            (self.rosters.block(alice, "bob"), gone),
            (self.rosters.unblock(alice, "bob"), come),
            (self.rosters.remove(bob, "alice"), gone),
        ]:
            self.house.wait(what)
            self.house.turn()
            self.assertEqual(self.taken(self.bob), told, what)
        self.now_says(self.alice, AWAY)
        self.assertEqual(self.taken(self.bob), [])

    def test_locations_come_and_go(self) -> None:
        """Opting in and out is told to mutual contacts who share, and says nothing to anybody else."""
        self.house.friends(self.alice, self.bob)
        one_sided = self.house.on(self.house.person("carol"))
        self.house.wait(self.rosters.ask(me(one_sided), "alice"))
        self.house.wait(self.rosters.approve(me(self.alice), "carol"))
        self.privacy(self.bob, share=True)
        self.privacy(one_sided, share=True)
        for client in (self.bob, one_sided):
            client.views.clear()
        for client, on, locations in [
            (self.alice, True, [1]),
            (self.alice, False, [0]),
            (self.alice, True, [1]),
            (self.bob, False, [0]),
            (self.bob, True, [1]),
        ]:
            self.privacy(client, share=on)
            self.assertEqual([len(view.locations) for view in self.bob.views], locations)
            self.bob.views.clear()
        self.privacy(one_sided, share=False)
        self.privacy(one_sided, share=True)
        self.assertEqual(self.taken(one_sided), [])

    def test_a_guest(self) -> None:
        """A guest has nothing to hide behind: whoever asks sees state and text, nobody sees where."""
        guest = self.house.on("visitor", presence=Presence(AWAY, "tea"))
        self.assertEqual(self.view(self.bob, "visitor"), (AWAY, "tea"))
        self.privacy(self.bob, share=True)
        self.assertEqual(self.house.hub.presence.view(me(self.bob), "visitor").locations, ())
        self.assertEqual(self.view(guest, "alice"), (AWAY, ""))
        self.privacy(self.alice, Visibility.CONTACTS)
        self.assertEqual(self.view(guest, "alice"), (OFFLINE, ""))

    def test_hidden_is_spelled_as_asked(self) -> None:
        """Neither the right spelling nor the domain tells that somebody who hides is on."""
        self.privacy(self.alice, Visibility.NOBODY)
        presence = self.house.hub.presence
        for name in ("ALICE", "NOBODY"):
            self.assertEqual(presence.view(me(self.bob), name).person, Address(name, "localhost"))
        self.assertEqual(presence.view(me(self.bob), "alice@localhost").person, Address("alice", "localhost"))
        self.privacy(self.alice, Visibility.EVERYONE)
        self.assertEqual(presence.view(me(self.bob), "ALICE").person, Address("alice", "localhost"))

    def test_fellow_members(self) -> None:
        """Members who may see are told of away and back; of coming, going and hiding the room says nothing."""
        self.house.hub.presence.unwatch(me(self.bob), "alice")
        for client in (self.alice, self.bob):
            self.house.hub.rooms.join(me(client), "#tea")
        self.house.turn()
        self.bob.events.clear()
        for state, told in [(AVAILABLE, [AVAILABLE]), (AWAY, [AWAY]), (XA, []), (INVISIBLE, []), (AVAILABLE, [])]:
            self.now_says(self.alice, state, "text")
            events = [event for event in self.bob.events if isinstance(event, MemberPresenceChanged)]
            self.assertEqual([event.state for event in events], told, state)
            self.assertEqual([event.text for event in events], [""] * len(told))
            self.assertEqual(len(self.bob.events), len(events))
            self.bob.events.clear()
        self.privacy(self.alice, Visibility.NOBODY)
        self.now_says(self.alice, AWAY)
        self.assertEqual((self.bob.events, self.bob.views), ([], []))
