"""``docs/protocols/irc.md`` is in step with the code."""

import re
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

import imd.protocols.irc
from imd.protocols.irc import conformance, evidence, numerics, specifications
from imd.protocols.irc.capabilities import CAPABILITIES
from imd.protocols.irc.commands import COMMANDS
from imd.protocols.irc.forms import FORMS

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "protocols" / "irc.md"
DOOR = Path(imd.protocols.irc.__file__).parent
RENEW = "run python -m imd.protocols.irc.conformance"


class PageTests(SynchronousTestCase):
    def test_the_tables_are_those_of_the_code(self) -> None:
        """The page is what the generator writes, and writing it again changes nothing."""
        text = PAGE.read_text(encoding="utf-8")
        self.assertTrue(conformance.document(text, ROOT) == text, RENEW)
        for name in (*CAPABILITIES, *numerics.TABLE):
            self.assertIn(f"`{name}`", text)

    def test_a_page_without_marks_is_an_error(self) -> None:
        """Nothing is written into a page that has no place for it."""
        self.assertRaises(ValueError, conformance.document, "# IRC\n", ROOT)

    def test_everything_has_a_test(self) -> None:
        """Every command, numeric and capability is shown at work by a test that the page names."""
        text = PAGE.read_text(encoding="utf-8")
        missing = sorted(set(conformance.names()) - set(conformance.proofs(text, ROOT)))
        self.assertEqual(missing, [], "write a transcript (tests/transcripts) that shows these")

    def test_every_command_has_its_specification(self) -> None:
        """Or stands as our own."""
        missing = [name for name in COMMANDS if specifications.of_command(name) is None]
        self.assertEqual(missing, [], "say where it is specified in imd/protocols/irc/specifications.py")

    def test_a_test_that_still_shows_it_is_kept(self) -> None:
        """A new test does not change the page; one that no longer shows what it should is replaced."""
        shown = {"tests/b.txt": frozenset({"WHO"}), "tests/a.txt": frozenset({"WHO", "315"})}
        self.assertEqual(evidence.chosen(["WHO"], shown, {"WHO": "tests/a.txt"}), {"WHO": "tests/a.txt"})
        self.assertEqual(evidence.chosen(["WHO"], shown, {"WHO": "tests/c.txt"}), {"WHO": "tests/b.txt"})
        self.assertEqual(evidence.chosen(["352"], shown, {}), {})

    def test_every_command_has_its_form(self) -> None:
        """For HELP and the page; and no form without a command."""
        self.assertEqual(set(FORMS), set(COMMANDS))
        for name, form in FORMS.items():
            self.assertTrue(form.form.startswith(name))

    def test_every_numeric_is_sent_somewhere(self) -> None:
        """The table promises nothing that no code does."""
        code = "".join(path.read_text(encoding="utf-8") for path in DOOR.rglob("*.py") if path.name != "numerics.py")
        used = set(re.findall(r"numerics\.((?:RPL|ERR)_\w+)", code))
        self.assertEqual(used, set(numerics.TABLE))

    def test_every_capability_is_looked_at_somewhere(self) -> None:
        """A capability that no code asks for is a promise in itself, and stands here with its reason."""
        alone = {
            # Told, and never asked for.
            "draft/account-required",
            # AUTHENTICATE works for whoever sends it.
            "sasl",
        }
        code = "".join(
            path.read_text(encoding="utf-8") for path in DOOR.rglob("*.py") if path.name != "capabilities.py"
        )
        asked = {name for name in CAPABILITIES if f'"{name}"' in code}
        formatting = {"account-tag", "draft/multiline", "server-time"}
        self.assertEqual(set(CAPABILITIES) - asked - formatting, alone)
