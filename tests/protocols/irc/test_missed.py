"""A device cut off at any byte is shown the rest when it comes back, by lines an IRC client understands."""

from imd.protocols.irc.wire.line import Line, parse
from tests.protocols.irc.world import IrcTestCase, User, World

CAPS = "batch message-tags server-time"


class Phone(User):
    """A client that reads so many bytes, and answers the PINGs among them."""

    left = 10**9

    def heard(self) -> bool:
        data = self._rest + self.transport.value()
        self.transport.clear()
        *lines, self._rest = data.split(b"\r\n")
        answered = False
        for line in lines:
            self.left -= len(line) + 2
            if self.left < 0:
                continue
            if line.startswith(b"PING "):
                self.connection.dataReceived(b"PONG %b\r\n" % line.partition(b" ")[2])
                answered = True
            else:
                self._lines.append(line.decode())
        return answered


def said(lines: list[str]) -> list[Line]:
    """The messages among them."""
    parsed = [parse(line.encode()) for line in lines]
    return [line for line in parsed if line.command == "PRIVMSG"]


class AnyByte(IrcTestCase):
    def phone(self, world: World, caps: str) -> Phone:
        phone = Phone(world, "127.0.0.1")
        world.users.append(phone)
        phone.send(*([f"CAP REQ :{caps}"] if caps else []), "PASS alice@phone:secret", "NICK alice")
        phone.send("USER alice 0 * :Alice", *(["CAP END"] if caps else []))
        world.advance(1)
        return phone

    def once(self, cut: int, caps: str = CAPS) -> int:
        """The phone reads so many bytes, and is cut; how many there would have been."""
        self.world = world = World()
        world.account("alice")
        bob = world.member("bob")
        laptop = world.user()
        laptop.send("PASS alice@laptop:secret", "NICK alice", "USER alice 0 * :Alice")
        phone = self.phone(world, caps)
        for user in (laptop, bob):
            user.send("JOIN #tea")
        phone.take()
        phone.left = cut
        texts = [f"{'room' if number % 3 else 'talk'} {number}" for number in range(12)]
        for number, text in enumerate(texts):
            if number == 9:
                phone.lose()
            bob.send(f"PRIVMSG {'#tea' if text.startswith('room') else 'alice'} :{text}")
            world.advance(2)
        used = cut - phone.left
        first = said(phone.take())
        again = self.phone(world, caps)
        bob.send("PRIVMSG #tea :last")
        second = said(again.take())
        where = f"cut at {cut}"
        self.assertEqual(sorted({line.params[1] for line in first + second}), sorted([*texts, "last"]), where)
        shown = {line.params[1] for line in first}
        for lines in (first, second):
            self.assertEqual(len({line.params[1] for line in lines}), len(lines), where)
        for line in second:
            repeat = "imd/repeat" in line.tags
            self.assertTrue(repeat or line.params[1] not in shown, f"{where}: {line.params[1]} not marked")
            self.assertFalse(repeat and int(line.params[1].split()[1]) >= 9, f"{where}: {line.params[1]} is no repeat")
        for kind in ("room", "talk"):
            numbers = [int(line.params[1].split()[1]) for line in second if line.params[1].startswith(kind)]
            self.assertEqual(numbers, sorted(numbers), where)
        return used

    def test_any_byte(self) -> None:
        """Every message is shown, none twice unless marked, those of a room and of a talk in order."""
        length = self.once(10**9)
        for cut in range(0, length + 40, 31):
            self.once(cut)
