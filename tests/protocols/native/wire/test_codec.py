"""Payloads and messages."""

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from imd.messages.base import Wire
from imd.messages.catalogue import CLIENT_MESSAGES, SERVER_MESSAGES
from imd.messages.connection import Ping
from imd.messages.messaging import Ack, Send
from imd.messages.schema import examples
from imd.protocols.native.wire.codec import BadMessage, decode_client, decode_server, encode

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)

# Payload, code, ref.
_BAD = [
    (b"", "malformed", 0),
    (b"hello", "malformed", 0),
    (b"[]", "malformed", 0),
    (b'{"type":"ping"', "malformed", 0),
    (b'{"type":"ping"}{}', "malformed", 0),
    (b"{}", "malformed", 0),
    (b'{"ref":7}', "malformed", 7),
    (b'{"type":5,"ref":7}', "malformed", 7),
    (b'{"type":"send","ref":7}', "malformed", 7),
    (b'{"type":"ping","ref":"x"}', "malformed", 0),
    (b'{"type":"ping","ref":-1}', "malformed", 0),
    (b'{"type":"ping","ref":true}', "malformed", 0),
    (b'{"type":"send","ref":7,"to":"b","client_id":"","body":""}', "malformed", 7),
    (b'{"type":"send","ref":7,"to":"b","client_id":"x","body":"\xff"}', "malformed", 7),
    (b'{"type":"response","ref":7,"data":"no base64!"}', "malformed", 7),
    (b'{"type":"make-tea","ref":7}', "unknown-type", 7),
    (b'{"type":"welcome","ref":7}', "unknown-type", 7),
    (b"[" * 100_000, "malformed", 0),
    (b'{"type":"ping","ref":7,"x":' + b"[" * 100_000, "malformed", 0),
    (b'{"type":"ping","ref":1e999}', "malformed", 0),
]


class CodecTests(SynchronousTestCase):
    """`decode_client` and its kin."""

    def test_bad(self) -> None:
        """What is no message gives a code, a sentence, and the ref where there is one."""
        for payload, code, ref in _BAD:
            with self.subTest(payload=payload[:60]):
                bad = self.assertRaises(BadMessage, decode_client, payload)
                self.assertEqual((bad.code, bad.ref), (code, ref))
                self.assertGreater(len(bad.sentence), 10)
                self.assertLess(len(bad.sentence), 400)

    def test_unknown_fields(self) -> None:
        """Fields that are not known are ignored, so that the protocol can grow."""
        self.assertEqual(decode_client(b'{"type":"ping","ref":1,"colour":{"a":[1]}}'), Ping(ref=1))

    def test_defaults_are_left_out(self) -> None:
        """What has its default is not written."""
        self.assertEqual(encode(Ack(ids=("a",))), b'{"type":"ack","ids":["a"]}')
        self.assertEqual(decode_server(encode(Ping())), Ping())

    def test_text(self) -> None:
        """Any text survives, line ends and NUL too, and none of them shows on the line."""
        send = Send(to="bob", client_id="1", body="a\nb\0c\u2028\U0001f600")
        self.assertNotIn(b"\n", encode(send))
        self.assertEqual(decode_client(encode(send)), send)

    @given(st.binary(max_size=100))
    @example(b'"\\ud800"')
    def test_garbage(self, payload: bytes) -> None:
        """Any bytes give a message or `BadMessage`."""
        self._decode(payload)

    @given(st.sampled_from(sorted(CLIENT_MESSAGES)), st.data())
    def test_garbage_of_a_known_type(self, tag: str, data: st.DataObject) -> None:
        """Any values in the fields of a known type give a message or `BadMessage`."""
        names = CLIENT_MESSAGES[tag].__struct_encode_fields__
        fields = {name: data.draw(_JSON) for name in names if data.draw(st.booleans())}
        self._decode(msgspec.json.encode({"type": tag, **fields}))

    def test_round_trip(self) -> None:
        """Every example of every message is read as it was written."""
        for decode, messages in ((decode_client, CLIENT_MESSAGES), (decode_server, SERVER_MESSAGES)):
            for tag, kind in messages.items():
                for example_line in examples(kind):
                    with self.subTest(tag=tag):
                        message = decode(example_line.encode())
                        self.assertIs(type(message), kind)
                        self.assertEqual(decode(encode(message)), message)

    def _decode(self, payload: bytes) -> None:
        for decode in (decode_client, decode_server):
            try:
                message = decode(payload)
            except BadMessage:
                continue
            self.assertIsInstance(message, Wire)
