"""The description of the native protocol is in step with the types."""

import json
import re
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from imd.core import refusal
from imd.messages import schema
from imd.messages.base import Request
from imd.messages.catalogue import CLIENT_MESSAGES, SERVER_MESSAGES
from imd.protocols.native.wire.codec import decode_client, decode_server

DOCS = Path(__file__).resolve().parent.parent.parent / "docs" / "protocols"
RENEW = "run python -m imd.messages.schema"

#: Codes of errors and `bye` that are the door's own, not the core's.
DOORS = {"unknown-type", "wrong-state", "internal"}


def page() -> str:
    return (DOCS / "native.md").read_text(encoding="utf-8")


def refusals(kind: type[refusal.Refusal] = refusal.Refusal) -> set[type[refusal.Refusal]]:
    return {kind}.union(*(refusals(each) for each in kind.__subclasses__()))


class PageTests(SynchronousTestCase):
    """``docs/protocols/native.md``."""

    def test_reference(self) -> None:
        """The reference is what the types say."""
        text = page()
        self.assertTrue(schema.document(text) == text, RENEW)
        for tag in {**CLIENT_MESSAGES, **SERVER_MESSAGES}:
            self.assertIn(f"\n#### `{tag}`\n", text)

    def test_examples(self) -> None:
        """Every example line of the page is a message of the side that sends it, with no field misspelt."""
        lines = re.findall(r"^([CS]): (.*)$", page(), re.MULTILINE)
        self.assertGreater(len(lines), 40)
        for side, line in lines:
            with self.subTest(line=line):
                kind: Any = type(decode_client(line.encode()) if side == "C" else decode_server(line.encode()))
                self.assertEqual(set(json.loads(line)) - {"type"} - set(kind.__struct_encode_fields__), set())

    def test_reference_examples(self) -> None:
        """Every message has examples, each of its own type, with no field misspelt."""
        for messages, decode in ((CLIENT_MESSAGES, decode_client), (SERVER_MESSAGES, decode_server)):
            for tag, kind in messages.items():
                with self.subTest(tag=tag):
                    lines = schema.examples(kind)
                    self.assertGreaterEqual(len(lines), 1)
                    for line in lines:
                        self.assertIs(type(decode(line.encode())), kind)
                        fields = set(json.loads(line)) - {"type"}
                        self.assertEqual(fields - set(kind.__struct_encode_fields__), set())

    def test_errors(self) -> None:
        """Every code is explained, and marked when the core calls it temporary."""
        rows = dict(re.findall(r"^\| `([a-z-]+)`( \*)? \|", page().split("## Errors")[1].split("##")[0], re.MULTILINE))
        self.assertEqual(set(rows), {kind.code for kind in refusals()} | DOORS)
        for kind in refusals():
            self.assertEqual(bool(rows[kind.code]), kind.temporary, kind.code)


class SchemaTests(SynchronousTestCase):
    """``docs/protocols/native.schema.json``."""

    def test_written(self) -> None:
        """The file is what the types say."""
        written = (DOCS / "native.schema.json").read_text(encoding="utf-8")
        self.assertTrue(written == schema.schema_text(), RENEW)

    def test_references(self) -> None:
        """Every reference inside leads somewhere, and each message is there by its type."""
        whole = schema.schema()
        for name in re.findall(r'"#/\$defs/([^"]+)"', json.dumps(whole)):
            self.assertIn(name, whole["$defs"])
        for union, messages in (("FromClient", CLIENT_MESSAGES), ("FromServer", SERVER_MESSAGES)):
            self.assertEqual(set(whole["$defs"][union]["discriminator"]["mapping"]), set(messages))


class CatalogueTests(SynchronousTestCase):
    """The messages as a whole."""

    def test_answers(self) -> None:
        """What a request says it is answered by is a message of the server."""
        for tag, kind in CLIENT_MESSAGES.items():
            self.assertTrue(issubclass(kind, Request), tag)
            if issubclass(kind, Request):
                self.assertEqual(set(kind.answers) - set(SERVER_MESSAGES), set(), tag)

    def test_one_class_per_type(self) -> None:
        """A type that both sides send is the same message."""
        for tag in set(CLIENT_MESSAGES) & set(SERVER_MESSAGES):
            self.assertIs(CLIENT_MESSAGES[tag], SERVER_MESSAGES[tag])

    def test_secrets(self) -> None:
        """Passwords, tokens and SASL data do not show in a representation, which is what logs hold."""
        for tag, kind in {**CLIENT_MESSAGES, **SERVER_MESSAGES}.items():
            if {"password", "token", "data"} & set(kind.__struct_fields__):
                with self.subTest(tag=tag):
                    line = schema.examples(kind)[0].encode()
                    message = (decode_client if tag in CLIENT_MESSAGES else decode_server)(line)
                    self.assertEqual(repr(message), f"<{kind.__name__} (secret)>")
