"""Numbers: whatever is lost or said twice, each message arrives once, and in order."""

import json

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from imd.net.polling import wire
from imd.net.polling.numbering import Missing, Said, fresh

#: What becomes of one exchange: the request is lost, the answer is lost, or both arrive; and how many new messages each
#: side has before it.
EXCHANGES = st.lists(
    st.tuples(
        st.sampled_from(("request lost", "answer lost", "arrives", "arrives twice")),
        st.integers(0, 3),
        st.integers(0, 3),
    ),
    max_size=40,
)


class NumberingTests(SynchronousTestCase):
    @given(EXCHANGES, st.integers(1, 40))
    def test_everything_once(self, exchanges: list[tuple[str, int, int]], most: int) -> None:
        """Requests and answers may be lost and repeated: all arrives, once, in order, on both sides."""
        client, server = Said(), Said()
        from_client: list[bytes] = []
        from_server: list[bytes] = []
        answer: tuple[int, int, list[bytes]] = 0, 1, []
        heard = 0
        for fate, up, down in [*exchanges, *[("arrives", 0, 0)] * 300]:
            for _ in range(up):
                client.put(b"c%d" % client.next)
            for _ in range(down):
                server.put(b"s%d" % server.next)
            for _ in range({"request lost": 0, "arrives twice": 2}.get(fate, 1)):
                first, messages = client.page(most)
                server.acknowledge(heard)
                from_client += fresh(len(from_client), first, messages)
                answer = len(from_client), *server.page(most)
            if fate.startswith("arrives"):
                taken, first, messages = answer
                client.acknowledge(taken)
                new = messages[max(heard + 1 - first, 0) :]
                from_server += new
                heard += len(new)
        self.assertEqual(from_client, [b"c%d" % number for number in range(1, client.next)])
        self.assertEqual(from_server, [b"s%d" % number for number in range(1, server.next)])
        self.assertEqual((client.size, client.first), (0, client.next))

    def test_missing(self) -> None:
        """What was left out is asked for, by number; nothing of what follows is taken."""
        with self.assertRaises(Missing) as raised:
            fresh(3, 5, ["e"])
        self.assertEqual(raised.exception.number, 4)
        self.assertEqual(fresh(3, 5, []), [])
        self.assertEqual(fresh(3, 4, ["d", "e"]), ["d", "e"])
        self.assertEqual(fresh(3, 1, ["a", "b", "c", "d"]), ["d"])
        self.assertEqual(fresh(3, 1, ["a"]), [])

    def test_pages(self) -> None:
        """As many as fit, at least one."""
        said = Said()
        for each in (b"x" * 100, b"y", b"z"):
            said.put(each)
        self.assertEqual(said.page(10), (1, [b"x" * 100]))
        said.acknowledge(1)
        self.assertEqual((said.page(2), said.page(1), said.size), ((2, [b"y", b"z"]), (2, [b"y"]), 2))
        said.acknowledge(99)
        self.assertEqual(said.size, 2)
        said.forget()
        self.assertEqual((said.page(9), said.size, said.next), ((4, []), 0, 4))
        said.acknowledge(0)
        said.put(b"last")
        self.assertEqual(said.page(9), (4, [b"last"]))


class WireTests(SynchronousTestCase):
    def test_requests(self) -> None:
        """What may be left out, and what is not known."""
        poll = wire.read(b"")
        self.assertEqual((poll.ack, poll.first, poll.messages, poll.wait, poll.close), (0, 1, [], None, False))
        poll = wire.read('{"ack":3,"first":2,"messages":[{"a":"ä"},"b"],"wait":0.5,"close":true,"more":[]}'.encode())
        self.assertEqual((poll.ack, poll.first, poll.wait, poll.close), (3, 2, 0.5, True))
        self.assertEqual([bytes(each) for each in poll.messages], ['{"a":"ä"}'.encode(), b'"b"'])

    def test_malformed(self) -> None:
        """Said in a sentence, whatever it is."""
        for body in (
            b"[]",
            b"nonsense",
            b'{"ack":-1}',
            b'{"first":0}',
            b'{"ack":9007199254740993}',
            b'{"ack":1.5}',
            b'{"ack":"1"}',
            b'{"messages":{}}',
            b'{"messages":[{]}',
            b'{"messages":[' + b"1," * 1000 + b"1]}",
            b'{"wait":-1}',
            b'{"wait":null,"close":1}',
            b'{"messages":["\xff"]}',
            b"\xff",
            b'{"messages":[' + b"[" * 100_000 + b"]" * 100_000 + b"]}",
            b"{}{}",
        ):
            with self.assertRaises(wire.Malformed, msg=body[:40]):
                wire.read(body)

    @given(st.binary(max_size=60) | st.text(alphabet='{}[]":,ackfirstmessages0123-.e', max_size=60).map(str.encode))
    def test_any_body(self, body: bytes) -> None:
        """Read, or malformed; never anything else."""
        try:
            poll = wire.read(body)
        except wire.Malformed:
            return
        self.assertGreaterEqual(poll.first, 1)

    def test_answers(self) -> None:
        """One JSON object."""
        said = wire.answer(3, 7, [b'{"a":1}', b'"b"'], end=True, opening=wire.opening("x-_9", 25.0))
        self.assertEqual(
            json.loads(said),
            {"session": "x-_9", "wait": 25.0, "ack": 3, "first": 7, "messages": [{"a": 1}, "b"], "end": True},
        )
        self.assertEqual(wire.answer(0, 1, []), b'{"ack":0,"first":1,"messages":[]}')
