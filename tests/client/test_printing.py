"""A message as one line."""

import json

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from imd.client.outgoing import Settled
from imd.client.printing import escaped, message_json, message_text, settled_json, utc
from imd.messages.messaging import Message


def message(body: str, *, to: str = "bob@localhost", sender: str = "alice@localhost", kind: str = "text") -> Message:
    return Message(id="m1", seq=1, time=1790000000.5, from_=sender, to=to, body=body, kind=kind)  # type: ignore[arg-type]


class PrintingTests(SynchronousTestCase):
    def test_text(self) -> None:
        """Time, sender, body; names of the own domain are short, others in full; rooms are named."""
        when = "2026-09-21T14:13:20Z"
        for told, expected in [
            (message("Hello"), f"{when} alice: Hello"),
            (message("Hello", sender="eve@guest.localhost"), f"{when} eve@guest.localhost: Hello"),
            (message("Tea?", to="#tea@localhost"), f"{when} alice #tea: Tea?"),
            (message("waves", kind="action"), f"{when} alice: /me waves"),
            (message("one\ntwo\\n\x1b[31m"), f"{when} alice: one\\ntwo\\\\n\\x1b[31m"),
        ]:
            with self.subTest(expected):
                self.assertEqual(message_text(told, "localhost"), expected)

    @given(st.text())
    def test_one_line_whatever_it_holds(self, body: str) -> None:
        """No line end, no control character, nothing that turns the direction of writing."""
        line = escaped(body)
        self.assertEqual(line.splitlines(), [line] if line else [])
        self.assertFalse([c for c in line if c < " " or "\x7f" <= c < "\xa0" or "\u202a" <= c <= "\u202e"])

    @given(st.text(alphabet=st.characters(codec="utf-8")))
    def test_json(self, body: str) -> None:
        """One object a line, with the body as it was sent."""
        line = message_json(message(body, to="#tea@localhost"), "localhost")
        self.assertNotIn("\n", line)
        self.assertEqual(
            json.loads(line),
            {
                "id": "m1",
                "time": 1790000000.5,
                "sender": "alice@localhost",
                "room": "#tea",
                "body": body,
                "kind": "text",
                "repeat": False,
            },
        )

    def test_outcome(self) -> None:
        """What became of a message, with the reason."""
        told = json.loads(settled_json(Settled("", "c1", "refused", code="too-long", text="Too long."), "bob"))
        self.assertEqual(
            told,
            {
                "id": None,
                "client_id": "c1",
                "to": "bob",
                "outcome": "refused",
                "reason": "too-long",
                "text": "Too long.",
            },
        )

    def test_impossible_time(self) -> None:
        """A time no calendar has is no reason to fail."""
        self.assertEqual(utc(1e300), "-")
