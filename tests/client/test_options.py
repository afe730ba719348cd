"""The command line of imc."""

import contextlib
import io

from twisted.trial.unittest import SynchronousTestCase

from imd.client.errors import UsageError
from imd.client.options import read


class OptionsTests(SynchronousTestCase):
    def test_terminal(self) -> None:
        """Without --to and --receive it is the terminal client."""
        self.assertTrue(read(["alice@localhost"]).interactive)

    def test_script(self) -> None:
        """All options of the contract, together."""
        line = "--insecure --register --to #tea --receive --count 3 --timeout 1.5 --json alice@[::1]:4001"
        options = read(line.split())
        self.assertEqual((options.insecure, options.register, options.to, options.receive), (True, True, "#tea", True))
        self.assertEqual((options.count, options.timeout, options.json), (3, 1.5, True))
        self.assertEqual(str(options.destination), "alice@[::1]:4001")
        self.assertFalse(options.interactive)

    def test_mistakes(self) -> None:
        """Each is refused with a word that helps."""
        for line, hint in {
            "": "NAME@HOST",
            "--count 1 alice@localhost": "--receive",
            "--timeout 1 --to bob alice@localhost": "--receive",
            "--receive --count 0 alice@localhost": "from 1 up",
            "--receive --count many alice@localhost": "Argument --count",
            "--receive --timeout 0 alice@localhost": "above 0",
            "--receive --timeout nan alice@localhost": "above 0",
            "--json alice@localhost": "--to or --receive",
            "--to # alice@localhost": "--to '#tea'",
            "--rec alice@localhost": "--rec",
        }.items():
            with self.subTest(line):
                problem = self.assertRaises(UsageError, read, line.split())
                self.assertIn(hint, str(problem))
                self.assertEqual(problem.exit_code, 2)

    def test_help_teaches(self) -> None:
        """It has examples, and what the exit codes mean."""
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            stopped = self.assertRaises(SystemExit, read, ["--help"])
        self.assertEqual(stopped.code, 0)
        for part in ("imc --register alice@localhost", "IMC_PASSWORD", "SSL_CERT_FILE", "3 cannot connect"):
            self.assertIn(part, said.getvalue())
