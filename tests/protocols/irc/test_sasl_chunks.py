"""SASL messages in pieces: however a client's message is cut, it is one message (sasl-3.1, "400-byte chunks")."""

import base64

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.protocols.irc.world import IrcTestCase, World, numerics


class ChunkTests(IrcTestCase):
    @settings(max_examples=40)
    @given(st.integers(min_value=1, max_value=1_024))
    def test_length(self, length: int) -> None:
        """A password of any length signs on; a message of a multiple of 400 is closed by an empty one."""
        self.world = World()
        password = "p" * length
        self.world.account("alice", password)
        user = self.world.user()
        user.send("CAP LS 302", "AUTHENTICATE PLAIN")
        user.take()
        text = base64.b64encode(f"\0alice\0{password}".encode()).decode()
        chunks = [text[at : at + 400] for at in range(0, len(text), 400)]
        if len(chunks[-1]) == 400:
            chunks.append("+")
        for chunk in chunks[:-1]:
            self.assertEqual(user.said(f"AUTHENTICATE {chunk}"), [])
        self.assertEqual(numerics(user.said(f"AUTHENTICATE {chunks[-1]}")), ["900", "903"])

    @settings(max_examples=60)
    @given(st.lists(st.text(alphabet="ABz09+/=*!é\0", max_size=410), max_size=8))
    def test_anything(self, lines: list[str]) -> None:
        """Whatever is sent, each line has an answer of SASL's own or is a chunk; and the connection serves on."""
        self.world = World()
        user = self.world.user()
        user.send("CAP LS 302", "AUTHENTICATE PLAIN")
        user.take()
        allowed = {"AUTHENTICATE", "461", "900", "903", "904", "905", "906", "908", "417", "FAIL", "NOTICE", "ERROR"}
        for line in lines:
            heard = user.said(f"AUTHENTICATE {line}")
            commands = {each.removeprefix(":localhost ").split(" ")[0] for each in heard}
            self.assertLessEqual(commands, allowed, heard)
        if not user.gone:
            self.assertIn("001", numerics(user.said("AUTHENTICATE *", "NICK al", "USER al 0 * :Al", "CAP END")))
