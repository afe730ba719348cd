"""The PresenceRegistry: sessions merged, and watchers told once a turn. Who sees what is in `test_sight`."""

from unittest import mock

from imd.core.address import Address
from imd.core.hub import Policy
from imd.core.limits import Limits
from imd.core.refusal import InvalidName, TooLong, TooMany
from imd.core.session import ClientInfo, Peer, Person, Presence, PresenceView, Session, State
from tests.core.presence_case import AVAILABLE, AWAY, BUSY, INVISIBLE, OFFLINE, XA, PresenceTestCase, me
from tests.house import Recorder


class TroubleTests(PresenceTestCase):
    def test_one_that_fails(self) -> None:
        """A person whose change cannot be told keeps nobody else's from being told, then or later."""
        alice, bob, carol = map(self.house.on, (self.alice_account, self.bob_account, self.house.person("carol")))
        self.house.friends(bob, carol)
        self.taken(carol)
        presence = self.house.hub.presence
        publish = presence._publish

        def failing(person: Person, told: dict[Session, list[PresenceView]]) -> int:
            if person is me(alice).person:
                raise ZeroDivisionError
            return publish(person, told)

        with mock.patch.object(presence, "_publish", failing):
            self.says(alice, AWAY)
            self.now_says(bob, AWAY)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.now_says(bob, BUSY)
        self.assertEqual(self.taken(carol), [("bob", AWAY, ""), ("bob", BUSY, "")])


class MergeTests(PresenceTestCase):
    """What an account's sessions say together (docs/presence.md)."""

    def setUp(self) -> None:
        super().setUp()
        self.bob = self.house.on(self.bob_account)

    def merged(self, *sessions: tuple[State, str]) -> tuple[State, str]:
        """What a contact sees of an account with these sessions, signed on in this order."""
        clients = [self.house.on(self.alice_account, presence=Presence(state, text)) for state, text in sessions]
        self.house.friends(clients[0], self.bob)
        seen = self.view(self.bob, "alice")
        for client in clients:
            self.house.off(client)
        self.taken(self.bob)
        return seen

    def test_the_most_available_speaks(self) -> None:
        """Available before busy before away before extended away; among equals who came last; invisible ones never."""
        for sessions, expected in [
            ([(AWAY, "a"), (AVAILABLE, "b")], (AVAILABLE, "b")),
            ([(AVAILABLE, "a"), (AWAY, "b")], (AVAILABLE, "a")),
            ([(AWAY, "a"), (BUSY, "b"), (XA, "c")], (BUSY, "b")),
            ([(XA, "a"), (AWAY, "b")], (AWAY, "b")),
            ([(AWAY, "a"), (AWAY, "b")], (AWAY, "b")),
            ([(AVAILABLE, "a"), (AVAILABLE, "b"), (BUSY, "c")], (AVAILABLE, "b")),
            ([(INVISIBLE, "a"), (XA, "b")], (XA, "b")),
            ([(AVAILABLE, "a"), (INVISIBLE, "b")], (AVAILABLE, "a")),
            ([(INVISIBLE, "a"), (INVISIBLE, "b")], (OFFLINE, "")),
        ]:
            self.assertEqual(self.merged(*sessions), expected, sessions)

    def test_idle(self) -> None:
        """Idle only when all are, and since the last of them became so; invisible ones do not count."""
        one, two, three = (self.house.on(self.alice_account) for _ in range(3))
        self.house.friends(one, self.bob)
        for idle, expected in [
            ((10.0, None), None),
            ((None, None), None),
            ((10.0, 20.0), 20.0),
            ((20.0, 10.0), 20.0),
        ]:
            self.says(one, AVAILABLE, "", idle[0])
            self.says(two, AWAY, "", idle[1])
            self.says(three, INVISIBLE)
            self.house.turn()
            self.assertEqual(self.house.hub.presence.view(me(self.bob), "alice").idle_since, expected)

    def test_touched(self) -> None:
        """A sign of life ends being idle, and is told; one who is not idle changes nothing."""
        alice = self.house.on(self.alice_account)
        self.house.friends(alice, self.bob)
        self.now_says(alice, AWAY, "lunch", 10.0)
        self.taken(self.bob)
        self.house.hub.presence.touched(me(alice))
        self.house.turn()
        self.assertEqual([view.idle_since for view in self.bob.views], [None])
        self.assertEqual(self.taken(self.bob), [("alice", AWAY, "lunch")])
        self.house.hub.presence.touched(me(alice))
        self.house.turn()
        self.assertEqual(self.taken(self.bob), [])

    def test_own_invisible(self) -> None:
        """One sees oneself as invisible, others see nobody."""
        alice = self.house.on(self.alice_account, presence=Presence(INVISIBLE))
        self.assertEqual(self.view(alice, "alice"), (INVISIBLE, ""))
        self.assertEqual(self.view(self.bob, "alice"), (OFFLINE, ""))
        self.assertTrue(self.house.hub.presence.invisible(me(alice).person))

    def test_locations(self) -> None:
        """Of visible sessions only: where they come from, where they listen, and which client they are."""
        info = ClientInfo("imc", "0.1", 6000, 6001)
        alice = self.house.on(self.alice_account, address="192.0.2.7", info=info)
        hidden = self.house.on(self.alice_account, address="192.0.2.8", presence=Presence(INVISIBLE))
        self.house.friends(alice, self.bob)
        self.privacy(alice, share=True)
        self.privacy(self.bob, share=True)
        (location,) = self.house.hub.presence.view(me(self.bob), "alice").locations
        self.assertEqual(
            (location.door, location.address, location.port, location.tcp_port, location.udp_port),
            ("native", "192.0.2.7", 40000, 6000, 6001),
        )
        self.assertEqual((location.client, location.version, location.since), ("imc", "0.1", me(alice).since))
        self.now_says(hidden, AWAY)
        self.assertEqual(len(self.house.hub.presence.view(me(self.bob), "alice").locations), 2)

    def test_text_too_long(self) -> None:
        """A text over the limit is refused, and nothing changes."""
        alice = self.house.on(self.alice_account)
        self.assertRaises(TooLong, self.says, alice, AWAY, "x" * 391)
        self.assertEqual(self.view(alice, "alice"), (AVAILABLE, ""))


class CoalescingTests(PresenceTestCase):
    """Changes are told at the end of the turn: what they come to, in one call."""

    policy = Policy(limits=Limits(contacts=0, watches=0))

    def setUp(self) -> None:
        super().setUp()
        self.bob = self.house.on(self.bob_account)
        self.watch(self.bob, "alice")

    def sign_on(self, *, replaces: str = "") -> Recorder:
        """Begun, without a turn of the reactor after it."""
        client = Recorder()
        client.hub = self.house.hub
        peer = Peer("native", "192.0.2.1", 40000)
        client.session = self.house.wait(
            self.house.hub.people.sign_on(self.alice_account, "", peer, ClientInfo(), client, replaces=replaces)
        )
        self.house.hub.people.begin(me(client))
        return client

    def test_comes_and_goes_within_a_turn(self) -> None:
        """Nobody sees it."""
        alice = self.sign_on()
        self.house.hub.people.sign_off(me(alice), "lost")
        self.house.turn()
        self.assertEqual(self.taken(self.bob), [])

    def test_goes_and_comes_within_a_turn(self) -> None:
        """Nobody sees it."""
        first = self.house.on(self.alice_account)
        self.taken(self.bob)
        second = Recorder()
        second.hub = self.house.hub
        peer = Peer("native", "192.0.2.1", 40000)
        people = self.house.hub.people
        second.session = self.house.wait(people.sign_on(self.alice_account, "", peer, ClientInfo(), second))
        people.sign_off(me(first), "lost")
        people.begin(me(second))
        self.house.turn()
        self.assertEqual(self.taken(self.bob), [])

    def test_away_and_back_within_a_turn(self) -> None:
        """Nobody sees it; of several changes the last counts."""
        alice = self.house.on(self.alice_account)
        self.house.friends(alice, self.bob)
        self.taken(self.bob)
        self.says(alice, AWAY)
        self.now_says(alice, AVAILABLE)
        self.assertEqual(self.taken(self.bob), [])
        self.says(alice, AWAY, "lunch")
        self.now_says(alice, BUSY, "work")
        self.assertEqual(self.taken(self.bob), [("alice", BUSY, "work")])

    def test_told_once(self) -> None:
        """Contact, watcher and fellow member at once: one view; and each of two sessions gets one."""
        alice = self.house.on(self.alice_account)
        again = self.house.on(self.bob_account)
        self.house.friends(alice, self.bob)
        for client in (alice, self.bob):
            self.house.hub.rooms.join(me(client), "#tea")
        self.house.turn()
        self.taken(self.bob)
        self.taken(again)
        self.bob.events.clear()
        self.now_says(alice, AWAY, "lunch")
        self.assertEqual(self.taken(self.bob), [("alice", AWAY, "lunch")])
        self.assertEqual(self.taken(again), [("alice", AWAY, "lunch")])
        self.assertEqual(self.bob.events, [])

    def test_resumed(self) -> None:
        """A session that another takes over ends unseen."""
        first = self.house.on(self.alice_account)
        self.house.hub.rooms.join(me(first), "#tea")
        self.house.hub.rooms.join(me(self.bob), "#tea")
        self.house.turn()
        self.taken(self.bob)
        self.bob.events.clear()
        second = self.sign_on(replaces=me(first).id)
        self.house.turn()
        self.assertEqual(self.taken(self.bob), [])
        self.assertEqual(self.bob.events, [])
        assert first.ended is not None
        self.assertEqual(first.ended.code, "replaced")
        self.assertEqual(me(second).person.sessions, [me(second)])

    def test_nobody_resumes_anothers_session(self) -> None:
        """`replaces` of a session of somebody else ends nothing."""
        alice = self.sign_on(replaces=me(self.bob).id)
        self.house.turn()
        self.assertIsNone(self.bob.ended)
        self.assertEqual(len(me(alice).person.sessions), 1)

    def test_a_storm(self) -> None:
        """A hundred people who sign on in one turn, and go in one turn: two calls for each watcher, however many."""
        accounts = [self.house.person(f"person{number}") for number in range(100)]
        watchers = [self.house.on(account) for account in accounts[:10]]
        told = [self.calls(client) for client in watchers]
        for watcher in watchers:
            for account in accounts[10:]:
                self.watch(watcher, account.name)
        comers = []
        peer = Peer("native", "192.0.2.1", 40000)
        people = self.house.hub.people
        for account in accounts[10:]:
            client = Recorder()
            client.hub = self.house.hub
            client.session = self.house.wait(people.sign_on(account, "", peer, ClientInfo(), client))
            comers.append(client)
        for client in comers:
            people.begin(me(client))
        self.house.turn()
        self.assertEqual(told, [[90]] * 10)
        for client in comers:
            people.sign_off(me(client), "lost")
        self.house.turn()
        self.assertEqual(told, [[90, 90]] * 10)

    def test_views_are_shared(self) -> None:
        """All who may see the same get the same view, so that a door encodes it once."""
        carol = self.house.on(self.house.person("carol"))
        self.watch(carol, "alice")
        self.house.on(self.alice_account)
        self.assertIs(self.bob.views[0], carol.views[0])

    def test_before(self) -> None:
        """A view says what this watcher was told last, so that doors keep nothing."""
        alice = self.house.on(self.alice_account)
        self.house.friends(alice, self.bob)
        self.bob.views.clear()
        self.now_says(alice, AWAY, "lunch")
        self.now_says(alice, BUSY)
        self.house.off(alice)
        self.assertEqual(
            [(view.before, view.before_text, view.state) for view in self.bob.views],
            [(AVAILABLE, "", AWAY), (AWAY, "lunch", BUSY), (BUSY, "", OFFLINE)],
        )


class WatchTests(PresenceTestCase):
    """Watches by name."""

    policy = Policy(limits=Limits(watches=3))

    def setUp(self) -> None:
        super().setUp()
        self.bob = self.house.on(self.bob_account)

    def test_any_name(self) -> None:
        """A name need not exist; whoever comes by it, account or guest, is told of."""
        self.assertEqual(self.watch(self.bob, "Visitor").state, OFFLINE)
        guest = self.house.on("visitor")
        self.house.off(guest)
        self.house.on(self.house.person("visitor"))
        self.assertEqual(
            [(str(view.person), view.state) for view in self.bob.views],
            [
                ("visitor@guest.localhost", AVAILABLE),
                ("visitor@guest.localhost", OFFLINE),
                ("visitor@localhost", AVAILABLE),
            ],
        )

    def test_until(self) -> None:
        """A watch ends by `unwatch`, or with its session."""
        alice = self.house.on(self.alice_account)
        self.watch(self.bob, "alice")
        self.assertTrue(self.house.hub.presence.watches(me(self.bob), "ALICE"))
        self.house.hub.presence.unwatch(me(self.bob), "ALICE")
        self.now_says(alice, AWAY)
        self.assertEqual(self.taken(self.bob), [])
        self.watch(self.bob, "alice")
        self.assertEqual(self.house.hub.presence.watched(me(self.bob)), ["alice"])
        self.house.off(self.bob)
        self.assertEqual(self.house.hub.presence._watchers, {})
        self.now_says(alice, AVAILABLE)
        self.assertEqual(self.taken(self.bob), [])

    def test_limits(self) -> None:
        """So many, each once, and only possible names."""
        for name in ("one", "two", "ONE", "three"):
            self.watch(self.bob, name)
        self.assertRaises(TooMany, self.watch, self.bob, "four")
        self.house.hub.presence.unwatch(me(self.bob), "two")
        self.watch(self.bob, "four")
        for name in ("", "a b", "a,b", "*", "#tea", "x" * 65, "@localhost", "alice@elsewhere.example"):
            self.assertRaises(InvalidName, self.watch, self.bob, name)

    def test_in_full(self) -> None:
        """A name may be written in full; it is the same watch."""
        alice = self.house.on(self.alice_account)
        self.assertEqual(self.watch(self.bob, "alice@localhost").state, AVAILABLE)
        self.watch(self.bob, "alice")
        self.now_says(alice, AWAY)
        self.assertEqual([(name, state) for name, state in self.bob.states], [("alice", "away")])
        self.house.hub.presence.unwatch(me(self.bob), "ALICE@localhost")
        self.assertEqual(self.house.hub.presence.watched(me(self.bob)), [])

    def test_renamed(self) -> None:
        """Contacts see one person with a new name. A watch stays with its name: the old one goes, the new one comes,
        and nobody learns from them that they are the same."""
        alice = self.house.on(self.alice_account, presence=Presence(AWAY, "lunch"))
        carol, dave, erin = (self.house.on(self.house.person(name)) for name in ("carol", "dave", "erin"))
        self.house.friends(alice, self.bob)
        self.watch(carol, "alice")
        self.watch(dave, "alicia")
        self.watch(erin, "alice")
        self.watch(erin, "alicia")
        for client in (self.bob, carol, dave, erin):
            client.views.clear()
        self.house.wait(self.house.accounts.rename(self.alice_account, "alicia"))
        self.house.turn()

        def told(client: Recorder) -> list[tuple[str, State, State, str]]:
            views, client.views = client.views, []
            return [(v.person.name, v.before, v.state, v.renamed_from.name if v.renamed_from else "") for v in views]

        self.assertEqual(told(self.bob), [("alicia", AWAY, AWAY, "alice")])
        self.assertEqual(told(carol), [("alice", AWAY, OFFLINE, "")])
        self.assertEqual(told(dave), [("alicia", OFFLINE, AWAY, "")])
        self.assertEqual(told(erin), [("alice", AWAY, OFFLINE, ""), ("alicia", OFFLINE, AWAY, "")])
        # And from now on by the new name.
        self.house.off(alice)
        self.assertEqual(told(self.bob), [("alicia", AWAY, OFFLINE, "")])
        self.assertEqual(told(carol), [])
        self.assertEqual(told(dave), [("alicia", AWAY, OFFLINE, "")])

    def test_renamed_while_hidden(self) -> None:
        """Nobody is told of a new name of somebody she cannot see."""
        alice = self.house.on(self.alice_account, presence=Presence(INVISIBLE))
        self.house.friends(alice, self.bob)
        self.watch(self.bob, "alice")
        self.watch(self.bob, "alicia")
        self.house.wait(self.house.accounts.rename(self.alice_account, "alicia"))
        self.house.turn()
        self.assertEqual(self.taken(self.bob), [])
        self.now_says(alice, AVAILABLE)
        self.assertEqual(self.taken(self.bob), [("alicia", AVAILABLE, "")])

    def test_renamed_and_away_in_one_turn(self) -> None:
        """One view says both."""
        alice = self.house.on(self.alice_account)
        self.house.friends(alice, self.bob)
        self.bob.views.clear()
        self.says(alice, AWAY, "lunch")
        self.house.wait(self.house.accounts.rename(self.alice_account, "alicia"))
        self.house.turn()
        told = [(view.person.name, view.state, view.renamed_from) for view in self.bob.views]
        self.assertEqual(told, [("alicia", AWAY, Address("alice", "localhost"))])

    def test_removed(self) -> None:
        """A removed account goes offline for all who watch, and leaves the lists it was on."""
        alice = self.house.on(self.alice_account)
        carol = self.house.on(self.house.person("carol"))
        self.house.friends(alice, self.bob)
        self.watch(carol, "alice")
        for client in (self.bob, carol):
            client.views.clear()
        self.bob.roster.clear()
        self.house.wait(self.house.accounts.remove(self.alice_account))
        self.house.turn()
        for client in (self.bob, carol):
            self.assertEqual(self.taken(client), [("alice", OFFLINE, "")])
        self.assertEqual([change.action.value for change in self.bob.roster], ["removed"])
        assert alice.ended is not None
        self.assertEqual(alice.ended.code, "kicked")

    def test_a_guest_makes_way(self) -> None:
        """An account of a guest's name: the guest ends, and who watches the name sees one go and the other come."""
        self.watch(self.bob, "carol")
        guest = self.house.on("carol")
        self.bob.views.clear()
        self.house.on(self.house.person("carol"))
        self.assertIsNotNone(guest.ended)
        self.assertEqual([view.state for view in self.bob.views], [OFFLINE, AVAILABLE])
