"""Tokens of sites: who is believed, and who is not."""

import contextlib
import time
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from imd.core.refusal import SignOnFailed, TokenExpired
from imd.credentials.site_tokens import LIFETIME, SiteTokens
from imd.net.oauthbearer import UnreadableBearer, parse
from tests.credentials.signing import PAIRS, RSA_PEM, SECRET, pem, site, token
from tests.house import NOON
from tests.tokens import by_hand, message

DOMAIN = "example.org"
CLAIMS = {"sub": "maria", "iss": "shop", "aud": DOMAIN, "exp": NOON + 60}
#: What JSON can say, and what Python reads of it besides (halves of characters, NaN, numbers of any size).
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from([DOMAIN, "shop", 10**400, "\ud800"])
    | st.text(),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=4), inside, max_size=3),
    max_leaves=5,
)


def tokens(*sites: object) -> SiteTokens:
    made = SiteTokens()
    made.apply(tuple(sites) or (site(),))  # type: ignore[arg-type]
    return made


class Believed(SynchronousTestCase):
    def test_each_algorithm(self) -> None:
        """A token is believed that the right key has signed, whatever the kind of key."""
        known = tokens()
        for algorithm in PAIRS:
            member = known.read(token(NOON, algorithm, name="Maria", email="m@example.org"), DOMAIN, NOON)
            self.assertEqual((member.site.name, member.account), ("shop", "maria"))
            self.assertEqual((member.name, member.email), ("Maria", "m@example.org"))

    def test_key_not_named(self) -> None:
        """With one key the token need not name it; with several it must."""
        plain = by_hand({"alg": "HS256"}, CLAIMS, SECRET.encode())
        self.assertEqual(tokens(site("own", "HS256")).read(plain, DOMAIN, NOON).account, "maria")
        with self.assertRaises(SignOnFailed):
            tokens().read(plain, DOMAIN, NOON)

    def test_audiences(self) -> None:
        """Our domain may be one of several audiences."""
        self.assertEqual(tokens().read(token(NOON, aud=["x", DOMAIN]), DOMAIN, NOON).account, "maria")

    def test_clocks(self) -> None:
        """Half a minute of difference between the clocks does no harm; more does."""
        known = tokens()
        for ahead in (-30, 30):
            known.read(token(NOON + ahead), DOMAIN, NOON)
        known.read(token(NOON, exp=NOON - 29), DOMAIN, NOON)
        with self.assertRaises(TokenExpired):
            known.read(token(NOON, exp=NOON - 30), DOMAIN, NOON)
        with self.assertRaises(SignOnFailed):
            known.read(token(NOON, iat=NOON + 31), DOMAIN, NOON)

    def test_rotation(self) -> None:
        """Keys are rotated by having both for a time; what a key has signed that is gone is nothing."""
        old, new = token(NOON, "HS256"), token(NOON, "EdDSA")
        known = tokens(site("own", "HS256"))
        known.read(old, DOMAIN, NOON)
        known.apply((site("own", "HS256", "EdDSA"),))
        for each in (old, new):
            known.read(each, DOMAIN, NOON)
        known.apply((site("own", "EdDSA"),))
        known.read(new, DOMAIN, NOON)
        with self.assertRaises(SignOnFailed):
            known.read(old, DOMAIN, NOON)

    def test_quick(self) -> None:
        """A signature is checked in so little time that it needs no thread of its own."""
        known = tokens()
        for algorithm in PAIRS:
            signed = token(NOON, algorithm)
            best = min(self.seconds(known, signed) for _ in range(5))
            self.assertLess(best, 0.005, algorithm)

    @staticmethod
    def seconds(known: SiteTokens, signed: str) -> float:
        begun = time.perf_counter()
        known.read(signed, DOMAIN, NOON)
        return time.perf_counter() - begun


class Refused(SynchronousTestCase):
    def refused(self, signed: str, kind: type[Exception] = SignOnFailed, known: SiteTokens | None = None) -> None:
        with self.assertRaises(kind) as caught:
            (tokens() if known is None else known).read(signed, DOMAIN, NOON)
        self.assertIs(type(caught.exception), kind)

    def test_forged(self) -> None:
        """Signed by somebody else, or altered."""
        self.refused(token(NOON, key=SECRET + "!"))
        head, body, signature = token(NOON).split(".")
        other = token(NOON, sub="admin").split(".")[1]
        self.refused(f"{head}.{other}.{signature}")
        self.refused(f"{head}.{body}.")
        self.refused(f"{head}.{body}")
        self.refused(f"{head}.{body}.{signature}.{signature}")

    def test_of_another_key(self) -> None:
        """Signed by one of the site's keys, under the name of another."""
        for kid in ("EdDSA", "ES256", "RS256", "unknown", ""):
            self.refused(token(NOON, headers={"kid": kid}))
        self.refused(by_hand({"alg": "HS256", "kid": ["HS256"]}, CLAIMS, SECRET.encode()))

    def test_of_another_site(self) -> None:
        """A site's keys speak for that site alone."""
        known = tokens(site("own", "HS256"), site("own", "EdDSA", name="bank"))
        self.refused(token(NOON, iss="bank"), known=known)
        self.refused(token(NOON, "EdDSA"), known=known)
        for issuer in ("", "unknown", None, 5, ["shop"]):
            self.refused(by_hand({"alg": "HS256", "kid": "HS256"}, {**CLAIMS, "iss": issuer}, SECRET.encode()))
        self.refused(token(NOON, without=("iss",)))

    def test_no_algorithm(self) -> None:
        """A token without a signature is nothing, however it spells that (RFC 8725 section 2.1)."""
        for algorithm in ("none", "None", "NONE", "nOnE", "", None, ["none"]):
            for kid in ("HS256", "RS256"):
                self.refused(by_hand({"alg": algorithm, "kid": kid, "typ": "JWT"}, CLAIMS))
        self.refused(by_hand({"kid": "HS256"}, CLAIMS))

    def test_public_key_as_secret(self) -> None:
        """Who takes the public key for a shared secret gains nothing (RFC 8725 section 2.1)."""
        for name in ("RS256", "EdDSA", "ES256"):
            text = RSA_PEM if name == "RS256" else pem(PAIRS[name][0])
            for secret in (text, text.strip()):
                self.refused(by_hand({"alg": "HS256", "kid": name, "typ": "JWT"}, CLAIMS, secret.encode()))

    def test_other_algorithms(self) -> None:
        """The key decides the algorithm, also among those of its kind."""
        for algorithm, digest in (("HS384", "sha384"), ("HS512", "sha512")):
            self.refused(by_hand({"alg": algorithm, "kid": "HS256"}, CLAIMS, SECRET.encode(), digest))
        key = PAIRS["RS256"][0]
        self.refused(token(NOON, "RS256", key=key, headers={"kid": "RS256", "alg": "PS256"}))

    def test_embedded_keys(self) -> None:
        """Keys that a token brings along are not looked at, and neither is what must be understood and is not."""
        brought = {
            "jwk": {"kty": "oct", "k": "AAAA"},
            "jku": "https://evil.example/jwks",
            "x5u": "https://evil.example/",
        }
        self.refused(by_hand({"alg": "HS256", "kid": "HS256", **brought}, CLAIMS, b"\0\0\0"))
        self.refused(token(NOON, headers={"crit": ["exp"]}))

    def test_expired(self) -> None:
        """A token that was good says so, that its page may ask for another one."""
        self.refused(token(NOON - 4000), TokenExpired)
        self.refused(token(NOON, exp=0), TokenExpired)

    def test_expired_and_forged(self) -> None:
        """Only of a good one it is told that it has expired."""
        self.refused(token(NOON - 4000, key=SECRET + "!"))

    def test_times(self) -> None:
        """Not yet valid, valid for too long, for ever, or at no time at all."""
        self.refused(token(NOON, nbf=NOON + 60))
        self.refused(token(NOON, iat=NOON + 60))
        self.refused(token(NOON, exp=NOON + LIFETIME + 60))
        self.refused(token(NOON, without=("exp",)))
        wrong: Any
        for wrong in ("soon", True, [], 10**400, -1 * 10**400):
            said = {**CLAIMS, "exp": wrong}
            self.refused(by_hand({"alg": "HS256", "kid": "HS256"}, said, SECRET.encode()))
        for text in ("NaN", "Infinity", "1e999"):
            body = f'{{"sub":"maria","iss":"shop","aud":"{DOMAIN}","exp":{text}}}'.encode()
            self.refused(by_hand({"alg": "HS256", "kid": "HS256"}, body, SECRET.encode()))

    def test_audience(self) -> None:
        """A token for somebody else is not for us."""
        for audience in ("elsewhere.org", "", ["x"], [], None, 5, {DOMAIN: 1}, f"{DOMAIN}.evil.org"):
            self.refused(by_hand({"alg": "HS256", "kid": "HS256"}, {**CLAIMS, "aud": audience}, SECRET.encode()))
        self.refused(token(NOON, without=("aud",)))

    def test_nobody(self) -> None:
        """A token must say who it is."""
        for subject in ("", None, 5, ["maria"], "mar\ud800ia", "\udc00"):
            self.refused(by_hand({"alg": "HS256", "kid": "HS256"}, {**CLAIMS, "sub": subject}, SECRET.encode()))

    def test_oversized(self) -> None:
        """A token has its bounds, in length and in depth."""
        self.refused(token(NOON, name="x" * 5000))
        self.refused(by_hand({"alg": "HS256"}, b"[" * 2500))
        self.refused(by_hand({"alg": "HS256"}, b'{"a":' * 500))

    @given(st.text() | st.binary().map(lambda data: data.decode("latin-1")))
    def test_anything(self, text: str) -> None:
        """Whatever somebody sends is refused, and nothing else happens."""
        for signed in (text, f"{text}.{text}.{text}", by_hand(text, text, SECRET.encode())):
            self.refused(signed)

    @given(st.sampled_from(["sub", "iss", "aud", "exp", "nbf", "iat", "name", "email"]), VALUES)
    def test_any_claim(self, claim: str, value: object) -> None:
        """Whatever a site signs is read as what it is, or refused, and nothing else happens."""
        signed = by_hand({"alg": "HS256", "kid": "HS256"}, {**CLAIMS, claim: value}, SECRET.encode())
        try:
            member = tokens().read(signed, DOMAIN, NOON)
        except (SignOnFailed, TokenExpired):
            return
        for text in (member.account, member.name, member.email):
            self.assertIsInstance(text, str)
            text.encode()

    @given(st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jwk", "cty"]), VALUES)
    def test_any_header(self, field: str, value: object) -> None:
        """The same of a header; none changes who is believed, or by which key."""
        header = {"alg": "HS256", "kid": "HS256", field: value}
        signed = by_hand(header, CLAIMS, SECRET.encode())
        forged = by_hand(header, {**CLAIMS, "sub": "admin"}, b"another secret, as long as it has to be")
        with contextlib.suppress(SignOnFailed):
            self.assertEqual(tokens().read(signed, DOMAIN, NOON).account, "maria")
        self.refused(forged)

    def test_without_sites(self) -> None:
        """Where no site has keys no token is believed."""
        self.refused(token(NOON), known=SiteTokens())


class Messages(SynchronousTestCase):
    """OAUTHBEARER's message (RFC 7628 section 3.1)."""

    def test_read(self) -> None:
        """With and without an identity, and with what is for proxies."""
        self.assertEqual(parse(message("a.b.c")), ("", "a.b.c"))
        self.assertEqual(parse(message("a.b.c", "maria@example.org")), ("maria@example.org", "a.b.c"))
        example = b"n,a=user@example.com,\x01host=server.example.com\x01port=143\x01auth=Bearer vF9dft4qmT==\x01\x01"
        self.assertEqual(parse(example), ("user@example.com", "vF9dft4qmT=="))
        self.assertEqual(parse(b"y,,\x01auth=bearer  x\x01\x01"), ("", "x"))
        self.assertEqual(parse(b"n,a=a=2Cb=3D,\x01auth=Bearer x\x01\x01"), ("a,b=", "x"))

    def test_not_read(self) -> None:
        """Whatever else it is."""
        for wrong in [
            b"",
            b"\x01",
            b"n,,",
            b"n,,\x01\x01",
            b"n,,\x01auth=Bearer x",
            b"n,,\x01auth=Bearer x\x01",
            b"n,,\x01auth=Basic x\x01\x01",
            b"n,,\x01auth=Bearer \x01\x01",
            b"n,,\x01auth=Bearer x\x01auth=Bearer y\x01\x01",
            b"p=tls-exporter,,\x01auth=Bearer x\x01\x01",
            b"n,maria,\x01auth=Bearer x\x01\x01",
            b"n,,x\x01auth=Bearer x\x01\x01",
            b"n,,\x01auth=Bearer \xff\x01\x01",
            message("x" * 10_000),
        ]:
            with self.subTest(wrong[:40]), self.assertRaises(UnreadableBearer):
                parse(wrong)
