"""The server's end of SCRAM-SHA-256."""

import base64
import contextlib

from hypothesis import example, given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from imd.core.stores import Verifier
from imd.credentials.scram import ServerExchange, decoy, matches, new_verifier, parse_final, parse_first
from imd.net.scram import ScramError, salted_password
from imd.net.scram_client import ScramClient
from tests.net.test_scram_client import CLIENT_FINAL, CLIENT_FIRST, SERVER_FINAL, SERVER_FIRST

SALT = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")


def verifier_of(password: bytes, salt: bytes = SALT, iterations: int = 4096) -> Verifier:
    return new_verifier(salted_password(password, salt, iterations), salt, iterations)


PENCIL = verifier_of(b"pencil")
SERVER_NONCE = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"


def exchange(first: bytes = CLIENT_FIRST, verifier: Verifier = PENCIL) -> ServerExchange:
    return ServerExchange(parse_first(first), verifier, server_nonce=SERVER_NONCE)


class ServerExchangeTests(SynchronousTestCase):
    def test_rfc7677(self) -> None:
        """The conversation of RFC 7677 section 3, octet by octet."""
        server = exchange()
        self.assertEqual(server.server_first, SERVER_FIRST)
        self.assertEqual(server.final(CLIENT_FINAL), SERVER_FINAL)

    def test_wrong_password(self) -> None:
        """A proof of another password is not accepted."""
        self.assertIsNone(exchange(verifier=verifier_of(b"pencils")).final(CLIENT_FINAL))

    def test_nonce_must_come_back(self) -> None:
        """A final message that answers another conversation is not accepted."""
        self.assertIsNone(exchange().final(CLIENT_FINAL.replace(b"$k0,", b"$k1,")))

    def test_channel_binding_must_be_the_header(self) -> None:
        """ "c=" must repeat the GS2 header, even under a right proof."""
        client = ScramClient("user", "pencil", nonce="abc")
        server = exchange(b"y,,n=user,r=abc")
        client.first()
        # The client proves "n,," (biws) where it had sent "y,,".
        self.assertIsNone(server.final(client.final(server.server_first)))

    def test_extensions_are_ignored(self) -> None:
        """Optional extensions after the known attributes change nothing (RFC 5802 section 5.1)."""
        first = parse_first(b"n,a=user,n=user,r=abc,x=1,y=2")
        self.assertEqual((first.name, first.nonce, first.gs2_header), ("user", "abc", b"n,a=user,"))
        self.assertEqual(parse_final(b"c=biws,r=abc,x=1,p=" + b"A" * 43 + b"=").without_proof, b"c=biws,r=abc,x=1")

    def test_names(self) -> None:
        """Commas and equal signs of names arrive; other spellings are refused."""
        self.assertEqual(parse_first(b"n,,n=a=2Cb=3Dc,r=x").name, "a,b=c")

    def test_refused_first(self) -> None:
        """Each rule of the first message, broken once; the code is RFC 5802's."""
        for message, code in (
            (b"", "other-error"),
            (b"n,,", "other-error"),
            (b"n,,n=user", "other-error"),
            (b"x,,n=user,r=abc", "other-error"),
            (b"p=tls-unique,,n=user,r=abc", "channel-binding-not-supported"),
            (b"n,a=other,n=user,r=abc", "other-error"),
            (b"n,user,n=user,r=abc", "other-error"),
            (b"n,,m=x,n=user,r=abc", "extensions-not-supported"),
            (b"n,,n=user,m=x,r=abc", "other-error"),
            (b"n,,r=abc,n=user", "other-error"),
            (b"n,,n=us=er,r=abc", "invalid-username-encoding"),
            (b"n,,n=user,r=a\x7fbc", "other-error"),
            (b"n,,n=user,r=", "other-error"),
            (b"n,,n=us\xff,r=abc", "invalid-encoding"),
            (b"n,,n=user,r=abc,n=other", "other-error"),
            (b"n,,n=" + b"u" * 3000 + b",r=abc", "other-error"),
        ):
            with self.assertRaises(ScramError, msg=repr(message)) as raised:
                parse_first(message)
            self.assertEqual(raised.exception.code, code, message)

    def test_refused_final(self) -> None:
        """Each rule of the last message, broken once."""
        for message in (
            b"",
            b"c=biws,r=abc",
            b"c=biws,r=abc,p=",
            b"c=biws,r=abc,p=AAAA",
            b"c=biws,r=abc,p=" + b"A" * 42 + b"B=",
            b"r=abc,c=biws,p=" + b"A" * 43 + b"=",
            b"c=bi ws,r=abc,p=" + b"A" * 43 + b"=",
        ):
            with self.assertRaises(ScramError, msg=repr(message)):
                exchange().final(message)

    @given(st.binary(max_size=300) | st.text("np=,arci AZ=biws", max_size=60).map(str.encode))
    @example(b"n,,n=user,r=\xc3\xa4")
    def test_garbage(self, message: bytes) -> None:
        """Any garbage gives a message or one class of error."""
        with contextlib.suppress(ScramError):
            parse_first(message)
        with contextlib.suppress(ScramError):
            self.assertIsNone(exchange().final(message))

    @given(st.integers(0, len(CLIENT_FINAL) - 1), st.integers(0, 255))
    def test_one_wrong_octet(self, position: int, octet: int) -> None:
        """One octet of the last message changed: never accepted."""
        changed = CLIENT_FINAL[:position] + bytes([octet]) + CLIENT_FINAL[position + 1 :]
        if changed == CLIENT_FINAL:
            return
        with contextlib.suppress(ScramError):
            self.assertIsNone(exchange().final(changed))


class VerifierTests(SynchronousTestCase):
    def test_plain_from_the_same_form(self) -> None:
        """The stored form that serves SCRAM also tells whether a password in the clear is right."""
        self.assertTrue(matches(PENCIL, salted_password(b"pencil", SALT, 4096)))
        self.assertFalse(matches(PENCIL, salted_password(b"pencil ", SALT, 4096)))

    def test_decoy(self) -> None:
        """A name nobody has always shows the same salt, of the usual size; another name another one."""
        one = decoy(b"s" * 32, "nobody", 4096)
        self.assertEqual(one, decoy(b"s" * 32, "nobody", 4096))
        self.assertEqual(len(one.salt), len(SALT))
        self.assertNotEqual(one.salt, decoy(b"s" * 32, "nobody2", 4096).salt)
        self.assertNotEqual(one.salt, decoy(b"t" * 32, "nobody", 4096).salt)
