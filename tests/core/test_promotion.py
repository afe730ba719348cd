"""A guest who turns out to be an account: what she keeps, and what the others see."""

from twisted.internet.defer import Deferred

from imd.core.ban import Ban, BanKind
from imd.core.message import Outcome
from imd.core.refusal import Banned, NameInUse, NotAllowed, StoreUnavailable, Suspended, TooMany
from imd.core.session import Account, ClientInfo, Mark, Peer, Visibility
from imd.core.talk import Joined, Left, MemberRenamed, Role
from tests.house import HouseTestCase, Recorder


class PromotionCase(HouseTestCase):
    def promote(self, client: Recorder, account: Account) -> None:
        self.house.wait(self.house.hub.people.promote(client.session, account))

    def kinds(self, client: Recorder) -> list[str]:
        return [type(event).__name__ for event in client.events]


class Alone(PromotionCase):
    """The account is off, and a guest signs on to it."""

    def setUp(self) -> None:
        super().setUp()
        self.alice = self.house.person("alice")
        self.guest = self.house.on("al")

    def test_who(self) -> None:
        """The session is one of the account, under the account's name; the guest's is free again."""
        session = self.guest.session
        self.promote(self.guest, self.alice)
        people = self.house.hub.people
        assert session.account is not None
        self.assertEqual((session.account.id, str(session.address)), (self.alice.id, "alice@localhost"))
        self.assertIs(people.find("alice"), session.person)
        self.assertIs(people.person(self.alice.id), session.person)
        self.assertIsNone(people.find("al"))
        self.assertEqual(people.counts()["guests"], 0)
        self.house.on("al")

    def test_rooms(self) -> None:
        """She stays in her rooms, in her place, with her roles; invitations she has are hers still."""
        rooms = self.house.hub.rooms
        bob = self.house.on("bob")
        room = rooms.join(self.guest.session, "#tea")
        rooms.join(bob.session, "#tea")
        rooms.join(bob.session, "#den")
        rooms.invite(bob.session, "#den", "al")
        bob.events.clear()
        self.promote(self.guest, self.alice)
        self.assertEqual(list(room.members), [self.alice.id, bob.session.person.key])
        self.assertEqual(room.members[self.alice.id].roles, {Role.OPERATOR})
        self.assertEqual(rooms.rooms_of(self.guest.session.person), [room])
        self.assertEqual(self.kinds(bob), ["MemberRenamed"])
        self.assertEqual(rooms.levels()["invites"], 1)
        rooms.part(self.guest.session, "#tea")
        self.assertEqual(list(room.members), [bob.session.person.key])

    def test_role_of_the_account(self) -> None:
        """In a room the account has founded its role comes with it."""
        rooms = self.house.hub.rooms
        client = self.house.on(self.alice)
        rooms.join(client.session, "#hers")
        self.house.off(client)
        room = rooms.join(self.guest.session, "#hers")
        self.assertEqual(room.members[self.guest.session.person.key].roles, set())
        self.promote(self.guest, self.alice)
        self.assertEqual(room.members[self.alice.id].roles, {Role.FOUNDER})
        self.assertEqual(self.kinds(self.guest)[-2:], ["RoomChanged", "MemberRenamed"])

    def test_contacts(self) -> None:
        """To her contacts she has come; to who watches her by name the one has gone and the other has come."""
        bob = self.house.on(self.house.person("bob"))
        alice = self.house.on(self.alice)
        self.house.friends(alice, bob)
        self.house.off(alice)
        watcher = self.house.on("watcher")
        for name in ("al", "alice"):
            self.house.hub.presence.watch(watcher.session, name)
        bob.views.clear()
        self.promote(self.guest, self.alice)
        self.assertEqual(bob.states, [("alice", "available")])
        self.assertEqual(bob.views[0].before.value, "offline")
        self.assertEqual(watcher.states, [("al", "offline"), ("alice", "available")])
        self.house.off(self.guest)
        self.assertEqual(bob.states[1:], [("alice", "offline")])
        self.assertEqual(watcher.states[2:], [("alice", "offline")])

    def test_same_name(self) -> None:
        """A guest with the account's own name (it is younger) stays on for who watches the name, as another address."""
        with self.house.hub.people.naming("al", self.guest.session):
            account = self.house.person("al")
            watcher = self.house.on("watcher")
            self.house.hub.presence.watch(watcher.session, "al")
            self.promote(self.guest, account)
        self.assertIsNone(self.guest.ended)
        (view,) = watcher.views
        self.assertTrue(view.online and view.before.value == "available")
        self.assertEqual((str(view.person), str(view.renamed_from)), ("al@localhost", "al@guest.localhost"))

    def test_hidden(self) -> None:
        """An account that nobody may see goes out of sight (P5)."""
        self.house.wait(self.house.accounts.set_privacy(self.alice, Visibility.NOBODY))
        (alice,) = self.house.wait(self.house.accounts.by_id([self.alice.id])).values()
        watcher = self.house.on("watcher")
        for name in ("al", "alice"):
            self.house.hub.presence.watch(watcher.session, name)
        self.promote(self.guest, alice)
        self.assertEqual(watcher.states, [("al", "offline")])

    def test_what_waited(self) -> None:
        """She gets what waited for the account, and what is sent to it from then on; the guest's address is gone."""
        bob = self.house.on("bob")
        self.assert_settled(self.house.send(bob, "alice", "while you were away"), Outcome.KEPT)
        self.promote(self.guest, self.alice)
        self.assertEqual(self.guest.bodies, ["while you were away"])
        self.assert_settled(self.house.send(bob, "alice", "hello"), Outcome.ACCEPTED)
        self.assertEqual(self.guest.bodies[1:], ["hello"])
        self.assert_settled(self.house.send(bob, "al", "gone?"), Outcome.REFUSED)

    def test_nothing_left(self) -> None:
        """Nothing is kept of the guest that she was."""
        hub, bob = self.house.hub, self.house.on("bob")
        key = self.guest.session.person.key
        hub.rooms.join(self.guest.session, "#tea")
        hub.rooms.join(bob.session, "#den")
        hub.rooms.invite(bob.session, "#den", "al")
        hub.presence.watch(self.guest.session, "bob")
        self.house.wait(hub.read_marks.mark(self.guest.session, "#tea", 1))
        self.house.wait(hub.metadata.set_own(self.guest.session, "url", "https://example.org"))
        hub.people.accepting.accept(bob.session.person, self.guest.session.person)
        self.promote(self.guest, self.alice)
        self.house.turn()
        parts: list[object] = [
            hub,
            hub.people,
            hub.rooms,
            hub.presence,
            hub.read_marks,
            hub.metadata,
            hub.people.accepting,
        ]
        parts += (hub.rooms._invitations, hub.people._promotion, hub.rosters, hub.delivery, hub.history)
        for part in parts:
            for name, value in vars(part).items():
                if isinstance(value, dict | set):
                    self.assertNotIn(key, value, f"{type(part).__name__}.{name}")

    def test_ledger(self) -> None:
        """The guest's line in the ledger ends, and one of the account's begins."""
        self.promote(self.guest, self.alice)
        self.house.off(self.guest, "quit")
        entries = self.house.wait(self.house.store.ledger.page("", self.house.reactor.seconds() + 1, 10))
        self.assertEqual(
            {(entry.name, entry.account, entry.reason) for entry in entries},
            {("al", "", "signed on"), ("alice", self.alice.id, "quit")},
        )

    def test_refused(self) -> None:
        """Not twice, not to a suspended account, not past the limit of sessions: the guest stays who she is."""
        suspended = self.house.wait(self.house.accounts.suspend(self.alice))
        self.failureResultOf(self.promotion(suspended), Suspended)
        back = self.house.wait(self.house.accounts.suspend(self.alice, False))
        limit = self.house.hub.people.limits.sessions_per_account
        for _ in range(limit):
            self.house.on(back)
        self.failureResultOf(self.promotion(back), TooMany)
        self.assertTrue(self.guest.session.person.guest)
        self.promote(self.guest, self.house.person("carol"))
        self.failureResultOf(self.promotion(back), NotAllowed)

    def test_banned(self) -> None:
        """Nor to an account that is banned, also where the ban is set while the store is asked; who is spared stays."""
        bans = self.house.hub.bans
        self.house.wait(bans.add(Ban(kind=BanKind.ACCOUNT, target=self.alice.id, name="alice")))
        self.failureResultOf(self.promotion(self.alice), Banned)
        self.house.wait(bans.remove(BanKind.ACCOUNT, self.alice.id))
        promotion = Deferred.fromCoroutine(self.house.hub.people.promote(self.guest.session, self.alice))
        self.house.wait(bans.add(Ban(kind=BanKind.ACCOUNT, target=self.alice.id, name="alice")))
        self.failureResultOf(promotion, Banned)
        self.assertTrue(self.guest.session.person.guest)
        self.assertIsNone(self.guest.ended)

    def promotion(self, account: Account) -> Deferred[None]:
        promotion = Deferred.fromCoroutine(self.house.hub.people.promote(self.guest.session, account))
        self.house.turn()
        return promotion

    def test_twice_at_once(self) -> None:
        """Of two at a time the first is it, and the other is told."""
        bob = self.house.person("bob")
        one = Deferred.fromCoroutine(self.house.hub.people.promote(self.guest.session, self.alice))
        self.failureResultOf(self.promotion(bob), NotAllowed)
        self.successResultOf(one)
        self.assertEqual(self.guest.session.address.name, "alice")

    def test_gone_meanwhile(self) -> None:
        """Who has gone before the store has answered leaves nobody behind."""
        promotion = Deferred.fromCoroutine(self.house.hub.people.promote(self.guest.session, self.alice))
        self.house.hub.people.sign_off(self.guest.session, "lost")
        self.house.turn()
        self.successResultOf(promotion)
        self.assertEqual(list(self.house.hub.people.online()), [])
        self.assertTrue(self.house.hub.ledger.idle)

    def test_store_away(self) -> None:
        """With the store away nothing has changed."""
        self.house.store.available = False
        self.addCleanup(setattr, self.house.store, "available", True)
        self.failureResultOf(self.promotion(self.alice), StoreUnavailable)
        self.assertTrue(self.guest.session.person.guest)


class Staying(PromotionCase):
    def test_always_on(self) -> None:
        """The account has stayed in its rooms without a client: the guest's client is its client now."""
        alice = self.house.person("alice")
        rooms = self.house.hub.rooms
        client = self.house.on(alice)
        self.house.wait(self.house.hub.people.set_always_on(client.session, True))
        rooms.join(client.session, "#hers")
        self.house.off(client)
        guest, bob = self.house.on("al"), self.house.on("bob")
        for each in (guest, bob):
            rooms.join(each.session, "#hers")
        rooms.join(guest.session, "#guests")
        self.house.turn()
        for each in (guest, bob):
            each.events.clear()
        self.promote(guest, alice)
        room = rooms.find("#hers")
        assert room is not None
        self.assertEqual([member.person.address.name for member in room.members.values()], ["alice", "bob"])
        self.assertEqual([each.name for each in rooms.rooms_of(guest.session.person)], ["#hers", "#guests"])
        self.assertEqual(self.kinds(guest)[:2], ["Left", "MemberRenamed"])
        self.assertIn("Left", self.kinds(bob))
        self.assertNotIn("Joined", self.kinds(bob))
        self.assertTrue(self.house.hub.presence.view(bob.session, "alice").online)
        self.assertEqual(self.house.hub.people.counts()["accounts"], 1)


class Naming(PromotionCase):
    def test_others(self) -> None:
        """While an account is being made nobody else takes its name, as a guest or for an account."""
        people = self.house.hub.people
        with people.naming("alice"):
            self.assertRaises(NameInUse, self.house.wait, people.sign_on(None, "Alice", *self.nobody()))
            self.assertRaises(NameInUse, people.naming("ALICE").__enter__)
        self.house.on("alice")
        self.assertRaises(NameInUse, people.naming("alice").__enter__)
        self.assertRaises(NameInUse, people.naming("nickserv").__enter__)

    def nobody(self) -> tuple[Peer, ClientInfo, Recorder]:
        return Peer("irc", "192.0.2.9", 1), ClientInfo(), Recorder()

    def test_made_in_vain(self) -> None:
        """A guest who has made an account of her name and does not become it has to go, as anybody else would."""
        guest = self.house.on("alice")
        with self.house.hub.people.naming("alice", guest.session):
            self.house.person("alice")
            self.assertIsNone(guest.ended)
        self.assertIsNotNone(guest.ended)

    def test_services(self) -> None:
        """No account is called like a service."""
        self.assertRaises(NameInUse, self.house.person, "NickServ")


class Further(PromotionCase):
    """The account is on with another client."""

    def setUp(self) -> None:
        super().setUp()
        self.alice = self.house.person("alice")
        self.phone = self.house.on(self.alice)
        self.guest = self.house.on("al")
        self.bob = self.house.on("bob")
        rooms = self.house.hub.rooms
        for client, names in ((self.phone, "#both #hers"), (self.guest, "#both #guests"), (self.bob, "#both #guests")):
            for name in names.split():
                rooms.join(client.session, name)
        self.house.turn()
        for client in (self.phone, self.guest, self.bob):
            client.events.clear()
        self.promote(self.guest, self.alice)

    def test_rooms(self) -> None:
        """The account is in the rooms of both; a role in a room that it comes into stays."""
        rooms = self.house.hub.rooms
        person = self.phone.session.person
        self.assertIs(self.guest.session.person, person)
        self.assertEqual([room.name for room in rooms.rooms_of(person)], ["#both", "#hers", "#guests"])
        guests = rooms.find("#guests")
        assert guests is not None
        self.assertEqual(guests.members[person.key].roles, {Role.OPERATOR})
        for room in rooms.all():
            self.assertTrue(all(member.person.sessions for member in room.members.values()), room.name)

    def test_others(self) -> None:
        """To the others the guest has gone and the account has come into the guest's rooms."""
        self.assertEqual(self.kinds(self.bob), ["Left", "Joined", "RoomChanged"])
        left, joined = self.bob.events[:2]
        assert isinstance(left, Left) and isinstance(joined, Joined)
        self.assertEqual((left.person.address.name, joined.room.name), ("al", "#guests"))
        self.assertEqual(self.kinds(self.phone), ["Left", "Joined", "RoomChanged"])

    def test_own_client(self) -> None:
        """Her client sees the other of her new name go, gets that name, and comes into the account's rooms."""
        self.assertEqual(self.kinds(self.guest), ["Left", "MemberRenamed", "Joined"])
        renamed = self.guest.events[1]
        assert isinstance(renamed, MemberRenamed)
        self.assertEqual((renamed.before.name, renamed.person.address.name), ("al", "alice"))

    def test_presence(self) -> None:
        """The account was on and is; the guest is not any more."""
        watcher = self.house.on("watcher")
        states = [self.house.hub.presence.view(watcher.session, name).state.value for name in ("al", "alice")]
        self.assertEqual(states, ["offline", "available"])
        self.house.off(self.phone)
        self.assertTrue(self.house.hub.presence.view(watcher.session, "alice").online)

    def test_marks(self) -> None:
        """What the guest's client marked itself as counts for the account, once."""
        people = self.house.hub.people
        guest = self.house.on("other")
        for client in (guest, self.phone):
            people.mark(client.session, Mark.BOT, True)
        self.assertEqual(people.marked(Mark.BOT), 2)
        self.promote(guest, self.alice)
        self.assertEqual(people.marked(Mark.BOT), 1)
        self.house.off(self.phone)
        self.assertEqual(people.marked(Mark.BOT), 1)
        self.house.off(guest)
        self.assertEqual(people.marked(Mark.BOT), 0)

    def test_messages(self) -> None:
        """What is sent to the account comes to both."""
        self.assert_settled(self.house.send(self.bob, "alice", "hello"), Outcome.ACCEPTED)
        self.assertEqual((self.phone.bodies, self.guest.bodies), (["hello"], ["hello"]))
