"""docs/embed.md, followed literally where a program can: its settings, its commands, its programs, its tables."""

import base64
import json
import operator
import re
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from twisted.internet.utils import getProcessOutputAndValue
from twisted.trial.unittest import SynchronousTestCase

from imd.config.error import SettingsError
from imd.config.load import load
from imd.net.self_signed import make_pair
from tests.daemon import DaemonTestCase, RunningDaemon
from tests.doors.native import NativeDriver
from tests.doors.websocket import connected
from tests.peers.peer import program

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = (ROOT / "docs" / "embed.md").read_text()
LOADER = ROOT / "widget" / "src" / "loader"

#: Whoever follows it makes secrets of her own.
OWN = {secret: secret[::-1] for secret in re.findall(r'secret = "([^"]{32,})"', DOCUMENT)}

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    """What stands between the fences of that language."""
    found = [body for kind, body in FENCE.findall(DOCUMENT) if kind == language]
    for published, own in OWN.items():
        found = [body.replace(published, own) for body in found]
    return found


def commands() -> list[str]:
    """Lines for a shell, in their order."""
    return [line for block in blocks("sh") for line in block.splitlines() if line]


def table(first: str) -> list[list[str]]:
    """Rows of the table whose first column is called so, without its head."""
    lines = DOCUMENT.splitlines()
    begin = next(at for at, line in enumerate(lines) if line.startswith(f"| {first} |")) + 2
    rows: list[list[str]] = []
    for line in lines[begin:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip().strip("|").split(" | ")])
    return rows


def names(rows: list[list[str]]) -> Iterator[str]:
    """What the first cells name, in code: `open()` is `open`."""
    for row in rows:
        for name in re.findall(r"`([^`]+)`", row[0]):
            yield name.partition("(")[0]


class TableTests(SynchronousTestCase):
    """The tables are those of the sources."""

    def test_attributes(self) -> None:
        """Each attribute that the script reads has its row; there are no others, and their values are the same."""
        source = (LOADER / "options.ts").read_text().partition("export function read(")[2]
        read = set(re.findall(r"\bgiven\.(\w+)", source)) - {"server", "texts"}
        rows = table("attribute")
        self.assertEqual({name.removeprefix("data-") for name in names(rows)}, read)
        for name, values in re.findall(r'among\(given\.(\w+), \[("[^\]]*)\]', source):
            row = next(row for row in rows if row[0] == f"`data-{name}`")
            for value in re.findall(r'"([^"]+)"', values):
                self.assertIn(f"`{value}`", " ".join(row), name)

    def test_api(self) -> None:
        """Each public member of `imd` has its row, and each event; there are no others."""
        widget = (LOADER / "api.ts").read_text().partition("export class Widget")[2].partition("\n}\n")[0]
        members = set(re.findall(r"^  (?:async |get )?([a-z]\w*)\(", widget, re.MULTILINE)) - {"constructor"}
        rows = table("member")
        self.assertEqual(set(names(rows)), members)
        sources = [*LOADER.glob("*.ts"), *(ROOT / "widget" / "src" / "ui").glob("*.ts*")]
        emitted = {name for path in sources for name in re.findall(r'\bemit\("([\w-]+)"', path.read_text())}
        self.assertEqual(set(names(table("event"))), emitted)

    def test_tuner(self) -> None:
        """What can be chosen in the tuner is what docs/embed-style.md and the table of attributes know."""
        source = (ROOT / "widget" / "src" / "pages" / "parts" / "look.ts").read_text()
        style = (ROOT / "docs" / "embed-style.md").read_text()
        colours, shapes, attributes = (
            re.findall(
                r'^  "?([\w-]+)"?[:,]',
                source.partition(f"export const {name} = ")[2].partition("}" if name == "SHAPES" else "]")[0],
                re.MULTILINE,
            )
            for name in ("COLOURS", "SHAPES", "ATTRIBUTES")
        )
        self.assertGreater(len(colours), 5)
        self.assertGreater(len(shapes), 5)
        self.assertEqual([name for name in (*colours, *shapes) if f"`--imd-{name}`" not in style], [])
        self.assertEqual([name for name in attributes if f"data-{name}" not in names(table("attribute"))], [])


class ProgramTests(DaemonTestCase):
    """Settings and programs."""

    def write(self, settings: str) -> Path:
        """Settings of the document in a file, with a certificate in the place of the one it names."""
        folder = Path(self.mktemp()).absolute()
        folder.mkdir()
        certificate, key = make_pair("chat.example.org", time.time())
        (folder / "fullchain.pem").write_bytes(certificate)
        (folder / "privkey.pem").write_bytes(key)
        path = folder / "imd.toml"
        path.write_text(settings.replace("/etc/letsencrypt/live/chat.example.org/", ""))
        return path

    async def run_program(self, *arguments: str, given: str = "", folder: Path | None = None) -> str:
        """What it prints; it must succeed."""
        environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/local/bin:/usr/bin:/bin"}
        out, err, code = await getProcessOutputAndValue(
            arguments[0], arguments[1:], environment, str(folder or ROOT), stdinBytes=given.encode()
        )
        self.assertEqual(code, 0, f"{arguments}: {out.decode()}{err.decode()}")
        return str(out.decode())

    async def command(self, line: str, folder: Path, *more: str, given: str = "") -> str:
        """A command of the document, with imd's programs from where this Python is."""
        called, *arguments = line.replace(".venv/bin/", f"{Path(sys.executable).parent}/").split()
        return await self.run_program(sys.executable, called, *arguments, *more, given=given, folder=folder)

    def site(self, settings: str) -> tuple[RunningDaemon, Path]:
        """A daemon with these settings, on ports of the system's choosing."""
        path = self.write(settings)
        return self.daemon(config=path, data=path.parent / "imd-data"), path.parent

    async def test_settings(self) -> None:
        """Each block of settings passes `imdctl check`."""
        settings = blocks("toml")
        self.assertGreater(len(settings), 2)
        for each in settings:
            path = self.write(each)
            await self.command(".venv/bin/imdctl --config imd.toml check", path.parent)
        # The daemon of one's own site is there for others, and takes nobody for somebody of the house.
        own = load(self.write(settings[0]))
        self.assertEqual([each for each in own.listen.everything() if each.loopback], [])
        self.assertEqual((own.registration, own.guests_allowed, own.demo), ("invite", False, False))

    async def test_own_site(self) -> None:
        """The steps of one's own site, one after the other; the page's origin may come then, others may not."""
        daemon, folder = self.site(blocks("toml")[0])
        lines = [line for line in commands() if "imdctl --config imd.toml" in line]
        self.assertEqual([line.split()[3] for line in lines], ["check", "reload", "user", "user"])
        await self.command(lines[0], folder)
        await daemon.start()
        await self.command(lines[1], folder)
        for line in lines[2:]:
            await self.command(line, folder, "--password-stdin", given="a good password\n")
        for origin, may in (
            ("https://shop.example.org", True),
            ("https://www.shop.example.org", True),
            ("http://shop.example.org", False),
            ("https://elsewhere.example.org", False),
        ):
            stream = await connected(
                daemon.ports["web", "tcp"], "/embed/socket", "imd.native", headers=(f"Origin: {origin}",)
            )
            await stream.until("an answer", partial(operator.attrgetter("answer"), stream))
            self.assertEqual(stream.open, may, origin)
            self.assertTrue(may or stream.answer.startswith("HTTP/1.1 403 "), stream.answer)
            stream.abort()

    async def sign_on(self, daemon: RunningDaemon, token: str) -> str:
        """As whom the daemon takes the token."""
        stream = await connected(
            daemon.ports["web", "tcp"], "/embed/socket", "imd.native", headers=("Origin: https://shop.example.org",)
        )
        driver = NativeDriver(stream, "dora")
        await driver.until("hello", lambda: driver.hello is not None)
        # RFC 7628 section 3.1.
        data = base64.b64encode(f"n,,\x01auth=Bearer {token}\x01\x01".encode()).decode()
        answer = await driver.must({"type": "authenticate", "mechanism": "OAUTHBEARER", "data": data})
        stream.abort()
        return str(answer["address"])

    def test_published_secrets(self) -> None:
        """The secrets of the document are refused: everybody knows them."""
        self.assertEqual(len(OWN), 2)
        for secret in OWN:
            file = Path(self.mktemp())
            file.write_text(f'[[web.sites]]\nname = "shop"\nkeys = [{{algorithm = "HS256", secret = "{secret}"}}]\n')
            self.assertIn("the secret is that of the documentation", str(self.assertRaises(SettingsError, load, file)))

    async def accepted(self, language: str, *runs: str) -> None:
        """The program in the document makes a token that the daemon takes, before and after the change of keys."""
        (source,) = [each for each in blocks(language) if "dora" in each]
        token = (await self.run_program(*runs, source)).strip()
        members, changed = [each for each in blocks("toml") if "keys = [" in each]
        daemon, folder = self.site('domain = "example.org"\n' + members)
        await daemon.start()
        self.assertEqual(await self.sign_on(daemon, token), "dora@example.org")
        (folder / "imd.toml").write_text('domain = "example.org"\n' + changed)
        await self.command(".venv/bin/imdctl --config imd.toml reload", folder)
        self.assertEqual(await self.sign_on(daemon, token), "dora@example.org")
        claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
        self.assertEqual({name for name in claims} - {*names(table("claim"))}, set())

    async def test_token_by_python(self) -> None:
        """Python's."""
        await self.accepted("python", sys.executable, "-c")

    async def test_token_by_node(self) -> None:
        """Node's."""
        await self.accepted("js", program("node", "nodejs"), "-e")

    async def test_token_by_php(self) -> None:
        """PHP's."""
        source = blocks("php")[0]
        file = Path(self.mktemp())
        file.write_text(source)
        token = (await self.run_program(program("php", "php-cli"), str(file.absolute()))).strip()
        daemon, _ = self.site('domain = "example.org"\n' + blocks("toml")[1])
        await daemon.start()
        self.assertEqual(await self.sign_on(daemon, token), "dora@example.org")
