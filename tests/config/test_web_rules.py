"""Sites, their keys, and desks: what their settings must be, and how an error says so."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from twisted.trial.unittest import SynchronousTestCase

from imd.config.error import SettingsError
from imd.config.load import check, load
from imd.config.reload import compare, reload

SITE = '{name = "shop", origins = ["https://shop.example"], staff = ["sales"], %s}'
SECRET = "s" * 32


def pem(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def signed_by(key: str) -> str:
    return "web.sites=[" + SITE % f"keys = [{key}]" + "]"


#: A setting, the key that is blamed, and words of the reason.
BROKEN = [
    ('web.sites=[{name = "The Shop"}]', "web.sites", "is no name for a site"),
    ('web.sites=[{name = "a"}, {name = "a"}]', "web.sites", "two sites called a"),
    ('web.sites=[{origins = ["*"]}]', "web.sites", "missing required field `name`"),
    ('web.sites=[{name = "a", orgins = ["*"]}]', "web.sites", "unknown field `orgins`"),
    ('web.sites=[{name = "a", origins = ["https://a.example/"]}]', "web.sites", "origins of site a"),
    ('web.sites=[{name = "a", origins = ["a.example"]}]', "web.sites", "no origin as browsers write it"),
    ('web.sites=[{name = "a", staff = ["#sales"]}]', "web.sites", "no name of a desk or an account"),
    ('web.sites=[{name = "a", rooms = ["help"]}]', "web.sites", "no name of a room"),
    ('web.sites=[{name = "a", members = "all"}]', "web.sites", "there are none, own, any"),
    (signed_by(f'{{algorithm = "HS512", secret = "{SECRET}"}}'), "web.sites", "there are HS256, EdDSA, ES256, RS256"),
    (signed_by(f'{{algorithm = "none", secret = "{SECRET}"}}'), "web.sites", "the algorithm is unknown"),
    (signed_by('{algorithm = "HS256", secret = "short"}'), "web.sites", "fewer than 32 bytes"),
    (signed_by('{algorithm = "HS256"}'), "web.sites", "fewer than 32 bytes"),
    (signed_by(f'{{algorithm = "EdDSA", secret = "{SECRET}"}}'), "web.sites", "has a public key"),
    (signed_by('{id = "a b", algorithm = "HS256"}'), "web.sites", "an id has"),
    (signed_by('{algorithm = "EdDSA", public = "/nowhere.pem"}'), "web.sites", "cannot be read"),
    (signed_by('{algorithm = "EdDSA", public = "-----BEGIN PUBLIC KEY-----"}'), "web.sites", "no public key in PEM"),
    (
        signed_by(
            f'{{algorithm = "HS256", secret = "{SECRET}"}}, {{id = "b", algorithm = "HS256", secret = "{SECRET}"}}'
        ),
        "web.sites",
        "each has an id of its own",
    ),
    ('web.desks=[{name = "sales", agents = []}]', "web.desks", "has no agents"),
    ('web.desks=[{name = "sales", agents = ["*", "bob"]}]', "web.desks", "stands alone"),
    ('web.desks=[{name = "sales", agents = ["bob smith"]}]', "web.desks", "no name of an account"),
    ('web.desks=[{name = "a", agents = ["b"]}, {name = "b", agents = ["c"]}]', "web.desks", "b is a desk itself"),
    ('web.desks=[{name = "a", agents = ["b"]}, {name = "A", agents = ["b"]}]', "web.desks", "two desks called A"),
    ('web.desks=[{name = "1st", agents = ["b"]}]', "web.desks", "is no name for a desk"),
]


class Rules(SynchronousTestCase):
    def test_broken(self) -> None:
        """Each wrong setting is an error that names the setting and says what is wrong, without any secret."""
        for override, key, words in BROKEN:
            with self.subTest(override):
                errors = check(None, [override])
                self.assertEqual([error.key for error in errors], [key])
                self.assertIn(words, str(errors[0]))
                self.assertNotIn(SECRET, str(errors[0]))

    def test_key_of_another_kind(self) -> None:
        """A public key must be of the kind that its algorithm needs; a small RSA key is too weak."""
        keys = {
            "EdDSA": pem(ed25519.Ed25519PrivateKey.generate()),
            "ES256": pem(ec.generate_private_key(ec.SECP256R1())),
            "RS256": pem(rsa.generate_private_key(65537, 2048)),
            "P-384": pem(ec.generate_private_key(ec.SECP384R1())),
            "RSA 1024": pem(rsa.generate_private_key(65537, 1024)),
        }
        for algorithm in ("EdDSA", "ES256", "RS256"):
            for kind, key in keys.items():
                override = signed_by(f'{{algorithm = "{algorithm}", public = """{key}"""}}')
                errors = check(None, [override])
                self.assertEqual(bool(errors), kind != algorithm, f"{algorithm} with {kind}: {errors}")
                for error in errors:
                    self.assertIn(f"{algorithm} needs", str(error))

    def test_public_key_as_secret(self) -> None:
        """A public key is no secret for HS256: anybody could sign with it."""
        key = pem(ed25519.Ed25519PrivateKey.generate())
        (error,) = check(None, [signed_by(f'{{algorithm = "HS256", secret = """{key}"""}}')])
        self.assertIn("the secret is a key in PEM form", str(error))


class Files(SynchronousTestCase):
    def setUp(self) -> None:
        self.folder = Path(self.mktemp())
        self.folder.mkdir()
        self.file = self.folder / "imd.toml"
        self.file.write_text(
            '[[web.sites]]\nname = "shop"\norigins = ["https://shop.example"]\nstaff = ["sales"]\n'
            'keys = [{id = "1", algorithm = "EdDSA", public = "shop.pem"}]\n'
        )

    def write_key(self) -> str:
        text = pem(ed25519.Ed25519PrivateKey.generate())
        (self.folder / "shop.pem").write_text(text)
        return text

    def test_key_in_a_file(self) -> None:
        """The name of a key's file counts from the folder of the settings; a reload takes up a changed one."""
        first = self.write_key()
        old = load(self.file)
        self.assertEqual(old.web.sites[0].keys[0].public, first)
        self.assertFalse(compare(old, load(self.file)))
        second = self.write_key()
        changes = reload(old, self.file)
        self.assertIn("web.sites", changes)
        self.assertEqual(changes.in_force.web.sites[0].keys[0].public, second)

    def test_missing_file(self) -> None:
        """A key that is not there is a wrong setting, in the line of its site."""
        with self.assertRaises(SettingsError) as caught:
            load(self.file)
        self.assertEqual((caught.exception.key, caught.exception.line), ("web.sites", 1))
        self.assertIn("No such file", str(caught.exception))

    def test_not_shown(self) -> None:
        """A changed site is reported without its values; a changed desk with them."""
        self.write_key()
        old = load(self.file)
        override = """web.desks=[{name = "sales", agents = ["bob"]}]"""
        changes = reload(old, self.file, ["web.sites=[]", override])
        texts = sorted(map(str, changes.live))
        self.assertEqual(
            texts,
            ['web.desks: [] -> [{name = "sales", title = "", agents = ["bob"]}]', "web.sites (not shown)"],
        )


class Demo(SynchronousTestCase):
    def test_auto(self) -> None:
        """The demonstration site is there while only this machine can connect, unless the settings say."""
        world = "listen.web=['tcp:8080:interface=0.0.0.0']"
        self.assertTrue(load(None).demo)
        self.assertFalse(load(None, [world]).demo)
        self.assertTrue(load(None, [world, "web.demo=true"]).demo)
        self.assertFalse(load(None, ["web.demo=false"]).demo)
