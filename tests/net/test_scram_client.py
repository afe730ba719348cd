"""The client's end of SCRAM-SHA-256."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from imd.net.opaque_string import MAX_PASSWORD, UnusablePassword, prepare
from imd.net.scram import ScramError, quoted_name, unquoted_name
from imd.net.scram_client import ScramClient

# RFC 7677 section 3.
NONCE = "rOprNGfwEbeRWgbNEkqO"
CLIENT_FIRST = b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
SERVER_FIRST = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
CLIENT_FINAL = (
    b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
)
SERVER_FINAL = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


class ScramClientTests(SynchronousTestCase):
    def test_rfc7677(self) -> None:
        """The conversation of RFC 7677 section 3, octet by octet."""
        client = ScramClient("user", "pencil", nonce=NONCE)
        self.assertEqual(client.first(), CLIENT_FIRST)
        self.assertEqual(client.final(SERVER_FIRST), CLIENT_FINAL)
        client.verify(SERVER_FINAL)

    def test_kept_keys_save_the_work(self) -> None:
        """With the keys of an earlier conversation the password is not needed."""
        first = ScramClient("user", "pencil", nonce=NONCE)
        first.final(SERVER_FIRST)
        second = ScramClient("user", "", nonce=NONCE, keys=first.keys)
        self.assertEqual(second.final(SERVER_FIRST), CLIENT_FINAL)

    def test_false_server(self) -> None:
        """A server that does not know the password is found out."""
        client = ScramClient("user", "pencil", nonce=NONCE)
        client.final(SERVER_FIRST)
        with self.assertRaises(ScramError):
            client.verify(b"v=" + b"A" * 43 + b"=")
        with self.assertRaises(ScramError):
            client.verify(b"e=invalid-proof")

    def test_bad_server_first(self) -> None:
        """What could weaken the conversation is refused: a foreign nonce, few rounds, endless rounds, extensions."""
        for message in (
            SERVER_FIRST.replace(b"r=rO", b"r=xO"),
            b"r=" + NONCE.encode() + b",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
            SERVER_FIRST.replace(b"i=4096", b"i=4095"),
            SERVER_FIRST.replace(b"i=4096", b"i=99999999"),
            SERVER_FIRST.replace(b"i=4096", b"i=-4096"),
            b"m=x," + SERVER_FIRST,
            SERVER_FIRST.replace(b"s=W22", b"s=W2"),
            b"",
        ):
            with self.assertRaises(ScramError, msg=repr(message)):
                ScramClient("user", "pencil", nonce=NONCE).final(message)

    @given(st.binary(max_size=200))
    def test_garbage(self, message: bytes) -> None:
        """Any garbage from the server gives one class of error."""
        with self.assertRaises(ScramError):
            ScramClient("user", "pencil", nonce=NONCE).final(message)
        with self.assertRaises(ScramError):
            ScramClient("user", "pencil", nonce=NONCE).verify(message)

    @given(st.text(min_size=1))
    def test_names_survive(self, name: str) -> None:
        """Any name comes back from its quoted form, which has no comma."""
        self.assertNotIn(",", quoted_name(name))
        self.assertEqual(unquoted_name(quoted_name(name)), name)


class OpaqueStringTests(SynchronousTestCase):
    def test_examples(self) -> None:
        """The examples of RFC 8265 section 4.3 and of the rules before it."""
        for password, prepared in (
            ("correct horse battery staple", b"correct horse battery staple"),
            ("Correct Horse Battery Staple", b"Correct Horse Battery Staple"),
            ("\u03c0\u00df\u00e5", "\u03c0\u00df\u00e5".encode()),
            ("Jack of \u2666s", "Jack of \u2666s".encode()),
            ("foo\u1680bar", b"foo bar"),
            ("a\u0308", "\u00e4".encode()),
            ("\uff21", "\uff21".encode()),
            (" my cat ", b" my cat "),
        ):
            self.assertEqual(prepare(password), prepared)

    def test_refused(self) -> None:
        """Empty, too long, and with characters nobody can see or type."""
        for password in (
            "",
            "my cat is a \tby",
            "a\x00b",
            "a\u200db",
            "a\u00adb",
            "\ue000",
            "\u1100",
            "x" * 1025,
            "\udc80",
        ):
            with self.assertRaises(UnusablePassword, msg=repr(password)):
                prepare(password)

    @given(st.text(max_size=60))
    def test_stable(self, password: str) -> None:
        """Whatever is accepted stays what it is when prepared again."""
        try:
            once = prepare(password)
        except UnusablePassword:
            return
        self.assertLessEqual(len(once), MAX_PASSWORD)
        self.assertEqual(prepare(once.decode()), once)
