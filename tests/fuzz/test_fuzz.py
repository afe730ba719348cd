"""P6, P8: the short version of ``python -m tests.fuzz``, and its own tools."""

import os
import random
import re
import sys

from twisted.trial.unittest import TestCase

from imd.protocols.irc import families, services
from imd.protocols.irc.capabilities import CAPABILITIES
from imd.protocols.irc.commands import COMMANDS
from tests.daemon import DaemonTestCase
from tests.fuzz.conversations import CONVERSATIONS
from tests.fuzz.crowd import FLAT, SETTINGS
from tests.fuzz.datagrams import DTLS, PLAIN, SEEDS, Hostile
from tests.fuzz.frames import FRAME_SETTINGS, FrameCrowd
from tests.fuzz.mutations import conversation
from tests.fuzz.polls import POLL_SETTINGS, PollCrowd
from tests.fuzz.puppet import Puppet
from tests.fuzz.spoofers import DATAGRAM_SETTINGS, DatagramCrowd
from tests.fuzz.streams import StreamCrowd

LINES = 4_000
DATAGRAMS = 4_000
FRAMES = 15_000
POLLS = 12_000
SEED = int(os.environ.get("IMD_SEED", "20261122"))


class SeedTests(TestCase):
    def test_seeds(self) -> None:
        """Every kept conversation names a door and its invariant."""
        self.assertGreater(len(CONVERSATIONS), 10)
        for each in CONVERSATIONS:
            self.assertIn(each.door, ("native", "irc"))
            self.assertTrue(each.invariant)
            self.assertTrue(each.lines)

    def test_everything_is_said(self) -> None:
        """Every command of IRC, every verb of a service and every capability is in some conversation, to be spoilt."""
        assert families.FAMILIES
        lines = [line for each in CONVERSATIONS if each.door == "irc" for line in each.lines]
        text = "\n".join(line.decode(errors="replace") for line in lines)
        self.assertEqual(COMMANDS.keys() - set(re.findall(r"^(?:@\S+ )?([A-Z]+)", text, re.MULTILINE)), set())
        asked = set(re.findall(r"[A-Z-]+", text))
        for nick, service in services.ALL.items():
            self.assertEqual(service.verbs.keys() - asked, set(), nick)
        self.assertEqual(CAPABILITIES.keys() - set(re.findall(r"[a-z0-9/-]+", text)), set())

    def test_same_again(self) -> None:
        """The same seed says the same, so that what was found can be found again; and another says another."""

        def said(seed: int) -> list[bytes]:
            chance = random.Random(seed)
            each = CONVERSATIONS[0]
            return conversation(chance, each.door, list(each.lines), [list(each.lines)])[0]

        self.assertEqual(said(1), said(1))
        self.assertGreater(len({tuple(said(seed)) for seed in range(20)}), 15)

    def test_datagrams(self) -> None:
        """Every kept datagram can be said."""
        self.assertEqual({each.door for each in SEEDS}, {"udp", "dtls"})
        self.assertTrue(all(each.invariant for each in SEEDS))
        for dtls, lines in ((False, PLAIN), (True, DTLS)):
            puppet = Puppet(9, dtls=dtls)
            self.addCleanup(puppet.close)
            hostile = Hostile(random.Random(SEED), puppet)
            self.assertGreater(len({hostile.filled_in(line) for line in lines}), 30)


class FuzzTests(DaemonTestCase):
    async def test_hostile_lines(self) -> None:
        """Thousands of spoilt lines: two people lose nothing, everybody gets an answer, and memory is flat."""
        daemon = await self.daemon(*SETTINGS).start()
        figures = await StreamCrowd(daemon, LINES, SEED).run()
        print(f"\n{figures}", file=sys.stderr)
        self.assertGreater(figures.messages, 20)
        self.assertLess(figures.after - figures.before, FLAT)

    async def test_hostile_frames(self) -> None:
        """Thousands of requests and frames that nobody should send: two people who talk by WebSocket lose nothing,
        everybody gets an answer or a Close, and memory is flat."""
        daemon = await self.daemon(*FRAME_SETTINGS).start()
        figures = await FrameCrowd(daemon, FRAMES, SEED).run()
        print(f"\n{figures}", file=sys.stderr)
        self.assertGreater(figures.messages, 20)
        self.assertLess(figures.after - figures.before, FLAT)

    async def test_hostile_polls(self) -> None:
        """Thousands of requests that nobody should send, some lost and some repeated: two people lose nothing, whatever
        is whole is answered, no message is taken twice, and memory is flat."""
        daemon = await self.daemon(*POLL_SETTINGS).start()
        figures = await PollCrowd(daemon, POLLS, SEED).run()
        print(f"\n{figures}", file=sys.stderr)
        self.assertGreater(figures.messages, 20)
        self.assertLess(figures.after - figures.before, FLAT)

    async def test_hostile_datagrams(self) -> None:
        """Thousands of packets and records that nobody should send, and some under false names: two people who talk by
        UDP lose nothing, every address gets answers, none too many bytes of them, and memory is flat."""
        daemon = await self.daemon(*DATAGRAM_SETTINGS).start()
        figures = await DatagramCrowd(daemon, DATAGRAMS, SEED).run()
        print(f"\n{figures}", file=sys.stderr)
        self.assertGreater(figures.messages, 20)
        self.assertGreater(figures.forged, 100)
        self.assertLess(figures.after - figures.before, FLAT)
