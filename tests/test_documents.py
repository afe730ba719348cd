"""What the documents say of the checkout is so: paths, links, commands, parts."""

import re
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from imd.protocols.irc.capabilities import CAPABILITIES

ROOT = Path(__file__).resolve().parent.parent

LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
CODE = re.compile(r"`([^`]+)`")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def documents() -> list[Path]:
    """README and all pages."""
    pages = [page for page in (ROOT / "docs").rglob("*.md") if "newsfragments" not in page.parts]
    return [ROOT / "README.md", *sorted(pages)]


class LinkTests(SynchronousTestCase):
    """Links and paths lead somewhere."""

    def test_links_lead_to_files(self) -> None:
        """Every relative link of README and docs names a file or folder of the checkout."""
        broken = [
            f"{page.relative_to(ROOT)}: {target}"
            for page in documents()
            for target in LINK.findall(FENCE.sub("", page.read_text()))
            if "://" not in target and not (page.parent / target).exists()
        ]
        self.assertEqual(broken, [])

    def test_standards_name_code_and_tests(self) -> None:
        """Every row of docs/standards.md names code and tests that exist."""
        text = (ROOT / "docs" / "standards.md").read_text()
        rows = [line.strip("| ").split(" | ") for line in text.splitlines() if "`imd/" in line]
        self.assertGreater(len(rows), 10)
        for row in rows:
            for cell in row[-2:]:
                paths = CODE.findall(cell)
                self.assertNotEqual(paths, [], row)
                self.assertEqual([path for path in paths if not (ROOT / path).exists()], [], row)

    def test_capabilities_are_among_the_standards(self) -> None:
        """Each IRCv3 capability the IRC door offers stands in docs/standards.md."""
        text = (ROOT / "docs" / "standards.md").read_text()
        self.assertEqual([name for name in CAPABILITIES if f"`{name}`" not in text], [])

    def test_every_part_is_in_the_architecture(self) -> None:
        """docs/architecture.md names every package and module directly in imd."""
        text = (ROOT / "docs" / "architecture.md").read_text()
        parts = [
            f"imd/{entry.name}"
            for entry in (ROOT / "imd").iterdir()
            if not entry.name.startswith("__") and entry.name != "py.typed"
        ]
        self.assertGreater(len(parts), 8)
        self.assertEqual([part for part in parts if part not in text], [])


class CommandTests(SynchronousTestCase):
    """Commands that are promised exist."""

    def test_make_targets(self) -> None:
        """Each ``make TARGET`` of README and docs is a target of the Makefile."""
        makefile = (ROOT / "Makefile").read_text()
        targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
        named = {
            (page.relative_to(ROOT).as_posix(), target)
            for page in documents()
            for target in re.findall(r"(?:`|^)make ([a-z][a-z-]*)", page.read_text(), re.MULTILINE)
        }
        self.assertGreater(len(named), 3)
        self.assertEqual({(page, target) for page, target in named if target not in targets}, set())
