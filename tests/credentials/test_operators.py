"""Tests of `imd.core.verifier`, of logins of operators in settings, and of how they are checked."""

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from imd.config.load import check, load
from imd.config.sections.operators import PRIVILEGES
from imd.core.session import EVERYTHING, Privilege
from imd.core.stores import Verifier
from imd.core.verifier import read, written
from imd.credentials.scram import matches, new_verifier
from imd.net.scram import salted_password
from imd.policies import operator_logins

SALT = bytes(range(16))
VERIFIER = new_verifier(salted_password(b"sesame", SALT, 4096), SALT, 4096)
TEXT = written(VERIFIER)


class VerifierTests(SynchronousTestCase):
    def test_there_and_back(self) -> None:
        """What is written is read, and is the form of RFC 5803."""
        self.assertRegex(TEXT, r"\ASCRAM-SHA-256\$4096:[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]{44}:[A-Za-z0-9+/=]{44}\Z")
        self.assertEqual(read(TEXT), VERIFIER)
        self.assertTrue(matches(read(TEXT), salted_password(b"sesame", SALT, 4096)))

    def test_wrong(self) -> None:
        """A clear password, cut texts and absurd numbers of rounds are refused, and not repeated."""
        few = written(Verifier(SALT, 1, VERIFIER.stored_key, VERIFIER.server_key))
        for text in ("sesame", "", TEXT[:-10], TEXT.replace("4096", "99999999"), few, TEXT + "é", "SCRAM-SHA-256$"):
            error = self.assertRaises(ValueError, read, text)
            self.assertNotIn("sesame", str(error))


class SettingsTests(SynchronousTestCase):
    def test_from_the_command_line(self) -> None:
        """--set takes a list of tables."""
        settings = load(
            None,
            [
                f'operators.logins=[{{name="root", password="{TEXT}"}},'
                ' {name="guard", account="carol", networks=["10.0.0.0/8"], may=["kill", "ban"]}]',
                'operators.accounts=["alice"]',
            ],
        )
        root, guard, alice = operator_logins(settings)
        self.assertEqual((root.verifier, root.privileges), (VERIFIER, EVERYTHING))
        self.assertEqual(guard.privileges, {Privilege.KILL, Privilege.BAN})
        self.assertEqual(str(guard.networks[0]), "10.0.0.0/8")
        self.assertEqual((alice.name, alice.account), ("alice", "alice"))

    def test_from_a_file(self) -> None:
        """[[operators.logins]] works, and errors name the line of the table that is wrong."""
        path = Path(self.mktemp())
        path.write_text(
            f'[[operators.logins]]\nname = "root"\npassword = "{TEXT}"\n\n[[operators.logins]]\nname = "guard"\n'
        )
        (error,) = check(path)
        self.assertEqual(error.line, 5)
        self.assertIn("guard needs a password, an account or a certificate", str(error))

    def test_wrong(self) -> None:
        """Each mistake is told in words, without what may be a password."""
        for text, said in (
            ('[{name="a", password="sesame"}]', "no verifier"),
            (f'[{{name="a", password="{TEXT[:-8]}"}}]', "no verifier"),
            (f'[{{name="a", password="{TEXT.replace("4096", "1")}"}}]', "no verifier"),
            ('[{name="a", pasword="sesame"}]', "unknown field `pasword`"),
            ('[{password="sesame"}]', "missing required field `name`"),
            ('[{name="a b", account="a"}]', "no spaces"),
            ('[{name="a", account="a", may=["fly"]}]', '"fly" is unknown'),
            ('[{name="a", account="a", networks=["10.0.0.1/8"]}]', "neither an address nor a network"),
            ('[{name="a", certificate="abc"}]', "64 hexadecimal digits"),
            ('[{name="a", account="a"}, {name="A", account="b"}]', "two operators called A"),
            ('["root"]', "one of the tables"),
        ):
            (error,) = check(None, [f"operators.logins={text}"])
            self.assertIn(said, str(error))
            self.assertNotIn("sesame", str(error))

    def test_privileges(self) -> None:
        """The settings know the words of the core."""
        self.assertEqual(set(PRIVILEGES), {privilege.value for privilege in Privilege})

    def test_never_shown(self) -> None:
        """Nothing that prints settings prints a verifier."""
        settings = load(None, [f'operators.logins=[{{name="root", password="{TEXT}"}}]'])
        self.assertNotIn(TEXT, repr(settings))
