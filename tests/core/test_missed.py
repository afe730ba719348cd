"""A device that comes back is handed exactly what it missed: each message once, in order, none left out."""

import random

from imd.core.hub import Policy
from imd.core.limits import Limits
from imd.core.message import Draft, Message
from imd.core.missed import INTERVAL
from imd.core.past import MOST
from imd.core.session import Account, ClientInfo, Peer
from imd.core.talk import RoomLine, RoomLines
from tests.house import House, HouseTestCase, Recorder


def told(client: Recorder) -> list[str]:
    """What a client has been shown: bodies, of rooms and talks, repeats with an exclamation mark."""
    lines = [each.message.body + "!" * each.repeat for _, envelopes in client.missed_lines for each in envelopes]
    lines += [each.envelope.message.body for each in client.events if isinstance(each, RoomLine)]
    return lines + [each.message.body + "!" * each.repeat for each in client.envelopes]


class MissedCase(HouseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.people(House())

    def people(self, house: House) -> None:
        self.house = house
        self.alice: Account = house.person("alice")
        self.bob: Account = house.person("bob")

    def come(
        self,
        device: str,
        *,
        prompt: bool = True,
        reads_nothing: bool = True,
        unread: int = 0,
        failing: bool = False,
        confirms: bool = True,
    ) -> Recorder:
        """A device of Alice signs on; with so much on its way to it, or with a store that fails when it has begun."""
        client = self.signed_on(device, confirms=confirms)
        client.prompt, client.reads_nothing, client.unread = prompt, reads_nothing, unread
        self.house.store.available = not failing
        self.house.hub.people.begin(client.session)
        self.house.turn()
        self.house.store.available = True
        return client

    def signed_on(self, device: str, *, confirms: bool = True) -> Recorder:
        """A device that has not begun yet."""
        client = Recorder()
        client.hub, client.reads_nothing = self.house.hub, True
        account = self.house.wait(self.house.accounts.by_name("alice"))
        peer, info = Peer("irc", "192.0.2.1", 40000), ClientInfo(device=device)
        signing_on = self.house.hub.people.sign_on(account, "", peer, info, client, confirms=confirms)
        client.session = self.house.wait(signing_on)
        return client

    def talkative(self) -> Recorder:
        bob = self.house.on(self.bob)
        self.house.hub.rooms.join(bob.session, "#tea")
        return bob

    def join(self, client: Recorder) -> None:
        self.house.hub.rooms.join(client.session, "#tea")
        self.house.turn()

    def say(self, client: Recorder, *lines: str, room: str = "#tea") -> None:
        for line in lines:
            self.house.hub.rooms.say(client.session, room, Draft(room, line))
        self.house.turn()

    def settle(self) -> None:
        """Time enough for everything that was said to be confirmed and stored."""
        self.house.turn(INTERVAL)
        self.house.turn(1)


class MissedTests(MissedCase):
    def test_rooms(self) -> None:
        """Lines of rooms, by another device's staying: those between the cut and the return, and no others."""
        bob, laptop, phone = self.talkative(), self.come("laptop"), self.come("phone")
        self.join(laptop)
        self.say(bob, "one", "two")
        self.settle()
        self.house.off(phone)
        self.say(bob, "three", "four")
        again = self.come("phone")
        self.say(bob, "five")
        self.assertEqual([name for name, _ in again.missed_lines], ["#tea"])
        self.assertEqual(told(again), ["three", "four", "five"])
        self.assertEqual(told(laptop), ["one", "two", "three", "four", "five"])

    def test_talks(self) -> None:
        """What another device has confirmed, or said itself, comes from history; what nobody has, from the inbox."""
        bob, laptop, phone = self.house.on(self.bob), self.come("laptop"), self.come("phone")
        self.house.send(bob, "alice", "zero")
        self.settle()
        self.house.off(phone)
        self.house.send(bob, "alice", "one")
        self.house.send(laptop, "bob", "two")
        self.settle()
        self.house.off(laptop)
        self.house.send(bob, "alice", "three")
        again = self.come("phone")
        self.settle()
        self.house.send(bob, "alice", "four")
        self.assertEqual([name for name, _ in again.missed_lines], ["bob"])
        self.assertEqual(told(again), ["one", "two", "three", "four"])
        self.settle()
        self.house.off(again)
        # Once handed, by whichever way, is enough.
        self.assertEqual(told(self.come("phone")), [])

    def test_unconfirmed(self) -> None:
        """What was handed and not confirmed when the connection ended comes again, and says so."""
        bob, laptop, phone = self.talkative(), self.come("laptop"), self.come("phone", prompt=False)
        self.join(laptop)
        self.say(bob, "one")
        phone.answer()
        self.say(bob, "two")
        self.house.off(phone)
        self.say(bob, "three")
        self.assertEqual(told(self.come("phone")), ["two!", "three"])

    def test_never_confirms(self) -> None:
        """Who never confirms (``irc.confirm = false``) has read what it was handed, in rooms and in talks."""
        bob, laptop = self.talkative(), self.come("laptop", confirms=False)
        phone = self.come("phone", confirms=False, prompt=False)
        self.join(laptop)
        self.say(bob, "one")
        self.house.send(bob, "alice", "two")
        self.settle()
        self.house.off(phone)
        self.say(bob, "three")
        self.house.send(bob, "alice", "four")
        self.settle()
        again = self.come("phone", confirms=False, prompt=False)
        self.assertEqual(told(again), ["three", "four"])
        self.house.off(again)
        self.assertEqual(told(self.come("phone", confirms=False)), [])
        self.assertEqual(told(laptop), ["one", "three", "two", "four"])

    def test_first_time(self) -> None:
        """A device that was never here has missed nothing, nor has one that reads history by itself."""
        bob, laptop = self.talkative(), self.come("laptop")
        self.join(laptop)
        self.say(bob, "one")
        self.assertEqual(told(self.come("phone")), [])
        reader = self.come("tablet", reads_nothing=False)
        self.settle()
        self.house.off(reader)
        self.say(bob, "two")
        self.assertEqual(told(self.come("tablet", reads_nothing=False)), [])

    def test_before_joining(self) -> None:
        """What was said in a room before its person came in is nothing a device has missed."""
        bob, laptop, phone = self.talkative(), self.come("laptop"), self.come("phone")
        self.settle()
        self.house.off(phone)
        self.say(bob, "before")
        self.house.turn(1)
        self.join(laptop)
        self.say(bob, "after")
        self.assertEqual(told(self.come("phone")), ["after"])

    def test_always_on(self) -> None:
        """With one device, too, where the account stays; unnamed ones as long as there is no doubt which it is."""
        bob, client = self.talkative(), self.come("")
        self.join(client)
        self.house.wait(self.house.hub.people.set_always_on(client.session, True))
        self.say(bob, "one")
        self.settle()
        self.house.off(client)
        self.say(bob, "two")
        again = self.come("")
        self.assertEqual(told(again), ["two"])
        self.assertEqual(told(self.come("")), [])

    def test_killed(self) -> None:
        """After the daemon was killed lines may come again, marked, but none is missing."""
        bob, laptop, phone = self.talkative(), self.come("laptop"), self.come("phone")
        for client in (laptop,):
            self.join(client)
            self.house.wait(self.house.hub.people.set_always_on(client.session, True))
        self.say(bob, "one")
        self.settle()
        self.settle()
        self.say(bob, "two")
        self.house.restart()
        bob = self.house.on(self.bob)
        self.join(bob)
        self.say(bob, "three")
        again = self.come("phone")
        self.assertEqual(told(again), ["two!", "three"])
        self.assertFalse(phone.ended)

    def test_ghost(self) -> None:
        """A device whose old connection is not known to be dead is handed what that has not confirmed."""
        bob, laptop, phone = self.talkative(), self.come("laptop"), self.come("phone", prompt=False)
        self.join(laptop)
        phone.answer()
        self.say(bob, "one")
        self.assertEqual(told(self.come("phone")), ["one!"])

    def test_too_much(self) -> None:
        """Of more than the limit the newest, and the limit is counted."""
        self.people(House(Policy(limits=Limits(replay=3))))
        bob, laptop, phone = self.talkative(), self.come("laptop"), self.come("phone")
        self.join(laptop)
        self.settle()
        self.house.off(phone)
        self.say(bob, *(str(number) for number in range(10)))
        self.assertEqual(told(self.come("phone")), ["7", "8", "9"])
        self.assertEqual(self.house.hub.people.limits.tally.met["replay"], 1)

    def test_slow_reader(self) -> None:
        """Who reads slowly is handed no more before it has read; meanwhile what is said waits."""
        bob, laptop, phone = self.talkative(), self.come("laptop"), self.come("phone")
        self.join(laptop)
        self.house.hub.rooms.join(laptop.session, "#milk")
        self.house.hub.rooms.join(bob.session, "#milk")
        self.settle()
        self.house.off(phone)
        self.say(bob, "one")
        self.say(bob, "two", room="#milk")
        again = self.come("phone", unread=10**9)
        self.say(bob, "three")
        self.settle()
        self.assertEqual(len(told(again)), 1)
        again.unread = 0
        self.settle()
        self.assertEqual((sorted(told(again)[:2]), told(again)[2:]), (["one", "two"], ["three"]))

    def test_taken_back(self) -> None:
        """What is taken back while a device is being handed what it missed is not shown to it any more."""
        bob, laptop, phone = self.talkative(), self.come("laptop"), self.come("phone")
        self.join(laptop)
        self.settle()
        self.house.off(phone)
        self.say(bob, *(str(number) for number in range(MOST + 1)))
        again = self.come("phone", unread=10**9)
        self.assertEqual(len(told(again)), MOST)
        last = [event.envelope.message.id for event in laptop.events if isinstance(event, RoomLine)][-1]
        self.house.wait(self.house.hub.redacting.redact(bob.session, "#tea", last))
        again.unread = 0
        self.settle()
        self.assertEqual(told(again), [str(number) for number in range(MOST)])

    def test_bounded(self) -> None:
        """What waits meanwhile is bounded in bytes; beyond that it is left to the connection, which bounds it, too."""
        bob, laptop, phone = self.talkative(), self.come("laptop"), self.come("phone")
        self.join(laptop)
        self.settle()
        self.house.off(phone)
        self.say(bob, "missed")
        again = self.come("phone", unread=10**9)
        for _ in range(200):
            self.say(bob, "." * 10_000)
        self.assertGreater(len(told(again)), 100)
        again.unread = 0
        self.settle()
        self.assertEqual(len(told(again)), 201)

    def test_ends_meanwhile(self) -> None:
        """Nothing is told to a client that turns out to be gone while it is handed what had waited."""
        bob, laptop, phone = self.talkative(), self.come("laptop"), self.come("phone")
        self.join(laptop)
        self.settle()
        self.house.off(phone)
        self.say(bob, "missed")
        again = self.come("phone", unread=10**9)
        hears = again.room_lines

        def overflow(told: RoomLines) -> None:
            hears(told)
            self.house.off(again)

        again.room_lines = overflow  # type: ignore[method-assign]
        self.say(bob, "one")
        self.house.send(bob, "alice", "two")
        again.unread = 0
        self.settle()
        self.assertEqual(told(again), ["missed", "one"])

    def test_twice_at_once(self) -> None:
        """A device that comes back twice before the store has said where it stands is not handed everything anew."""
        bob, laptop, phone = self.talkative(), self.come("laptop"), self.come("phone")
        self.join(laptop)
        self.say(bob, "old")
        self.settle()
        self.house.off(phone)
        self.say(bob, "new")
        again = [self.signed_on("phone") for _ in range(2)]
        for client in again:
            client.prompt = False
            self.house.hub.people.begin(client.session)
        self.house.turn()
        self.assertEqual([[line.rstrip("!") for line in told(client)] for client in again], [["new"], ["new"]])

    def test_long_away(self) -> None:
        """However much was said while it was off, no more is read than it is handed."""
        self.people(House(Policy(limits=Limits(replay=3))))
        bob, laptop, phone = self.talkative(), self.come("laptop"), self.come("phone")
        self.join(laptop)
        self.settle()
        self.house.off(phone)
        self.say(bob, *(str(number) for number in range(3 * MOST)))
        reads: list[int] = []
        latest = self.house.store.history.latest

        async def counted(target: str, before: int, limit: int, after: int = -1) -> list[Message]:
            found = await latest(target, before, limit, after)
            reads.append(len(found))
            return found

        self.house.store.history.latest = counted  # type: ignore[method-assign]
        again = self.come("phone")
        self.assertEqual(told(again), [str(number) for number in range(3 * MOST - 3, 3 * MOST)])
        self.assertLessEqual(sum(reads), MOST)

    def test_store_away(self) -> None:
        """What could not be read is handed the next time, and what happens meanwhile is not held up."""
        bob, laptop, phone = self.talkative(), self.come("laptop"), self.come("phone")
        self.join(laptop)
        self.settle()
        self.house.off(phone)
        self.say(bob, "one")
        again = self.come("phone", failing=True)
        self.say(bob, "two")
        self.assertEqual(told(again), ["two"])
        self.house.off(again)
        self.assertEqual([line.rstrip("!") for line in told(self.come("phone"))], ["one", "two"])

    def test_removed(self) -> None:
        """A removed account leaves no cursors."""
        _, phone = self.come("laptop"), self.come("phone")
        self.settle()
        account = phone.session.account
        assert account is not None
        self.assertNotEqual(self.house.wait(self.house.store.cursors.of(account.id)), {})
        self.house.wait(self.house.accounts.remove(account))
        self.settle()
        self.assertEqual(self.house.wait(self.house.store.cursors.everyone()), {})


class AnyCutTests(MissedCase):
    def test_any_life(self) -> None:
        """Whatever happens in whatever order, a device has in the end been shown every message, and each once, but for
        repeats that say so."""
        for seed in range(60):
            self.live(random.Random(seed), f"seed {seed}")

    def live(self, chance: random.Random, name: str) -> None:
        self.people(House())
        bob, laptop, phone = self.talkative(), self.come("laptop"), self.come("phone", prompt=False)
        self.join(laptop)
        self.house.turn(1)
        phones = [phone]
        wanted: list[str] = []
        for number in range(chance.randint(5, 40)):
            on = phones[-1] if phones[-1].session.id in self.house.hub.people._sessions else None
            match chance.choice(("say", "say", "write", "write", "copy", "answer", "cut", "come", "wait", "laptop")):
                case "say":
                    wanted.append(f"s{number}")
                    self.say(bob, wanted[-1])
                case "write":
                    wanted.append(f"w{number}")
                    self.house.send(bob, "alice", wanted[-1], turn=chance.random() < 0.7)
                case "copy" if laptop.session.id in self.house.hub.people._sessions:
                    wanted.append(f"c{number}")
                    self.house.send(laptop, "bob", wanted[-1])
                case "answer" if on is not None:
                    on.acknowledge()
                    on.answer()
                case "cut" if on is not None:
                    self.house.off(on)
                case "come" if on is None:
                    phones.append(self.come("phone", prompt=False))
                case "wait":
                    self.settle()
                case "laptop" if on is not None:
                    # Somebody has to be in the room.
                    self.house.off(laptop)
                    laptop = self.come("laptop", prompt=chance.random() < 0.5)
        if phones[-1].session.id not in self.house.hub.people._sessions:
            phones.append(self.come("phone", prompt=False))
        self.settle()
        shown = [line for each in phones for line in told(each)]
        self.assertEqual({line.rstrip("!") for line in shown}, set(wanted), name)
        first = [line for line in shown if not line.endswith("!")]
        self.assertEqual(len(first), len(set(first)), f"{name}: {shown}")
        for each in phones:
            lines = [line.rstrip("!") for line in told(each)]
            self.assertEqual(len(lines), len(set(lines)), f"{name}: {lines}")
