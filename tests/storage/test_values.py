"""Messages as bytes."""

from typing import Any

import msgspec
from twisted.trial.unittest import SynchronousTestCase

from imd.core.message import Kind, Message
from imd.core.stores import Queued
from imd.storage.values import decode_message, decode_queued, encode_message, encode_queued
from tests.contracts.contract import queued

ENTRY = queued(
    "m1", 2**63 + 1, body="Grüße\0\n", kind=Kind.ACTION, client_id="007", tags={"a": "b"}, attempts=3, origin="::1"
)


class ValueTests(SynchronousTestCase):
    def test_there_and_back(self) -> None:
        """What is written is read as it was."""
        self.assertEqual(decode_queued(encode_queued(ENTRY)), ENTRY)
        self.assertEqual(decode_message(encode_message(ENTRY.message)), ENTRY.message)

    def test_with_names(self) -> None:
        """Values that were written with names of fields are read."""
        self.assertEqual(decode_queued(msgspec.msgpack.encode(ENTRY)), ENTRY)
        self.assertEqual(decode_message(msgspec.msgpack.encode(ENTRY.message)), ENTRY.message)

    def test_shorter(self) -> None:
        """A value from before a field was added has its default."""

        def without_last(value: bytes) -> bytes:
            fields: list[Any] = msgspec.msgpack.decode(value)
            return msgspec.msgpack.encode(fields[:-1])

        message: Message = decode_message(without_last(encode_message(ENTRY.message)))
        self.assertEqual(message, msgspec.structs.replace(ENTRY.message, origin=""))
        entry: Queued = decode_queued(without_last(encode_queued(ENTRY)))
        self.assertEqual(entry, msgspec.structs.replace(ENTRY, origin_limit=0))

    def test_order(self) -> None:
        """The order of the fields is stored: new ones go to the end."""
        self.assertEqual(
            Message.__struct_fields__[:11],
            (
                "id",
                "seq",
                "time",
                "sender",
                "sender_account",
                "recipient",
                "body",
                "kind",
                "client_id",
                "tags",
                "origin",
            ),
        )
        self.assertEqual(Queued.__struct_fields__[:5], ("message", "expires", "attempts", "origin", "origin_limit"))
