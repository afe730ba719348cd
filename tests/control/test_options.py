"""The command line of imdctl."""

import contextlib
import io
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from imd.control.actions import Actions
from imd.control.options import Asked, parse
from imd.control.show import _SHOWN
from tests.control.operated import Standing

#: Words of the command line → (action, its arguments).
RIGHT: dict[str, tuple[str, dict[str, object]]] = {
    "check": ("check", {}),
    "status": ("status", {}),
    "who": ("who", {}),
    "user add alice": ("user add", {"name": "alice"}),
    "user add alice --password-stdin": ("user add", {"name": "alice"}),
    "user password alice": ("user password", {"name": "alice"}),
    "user list": ("user list", {"visitors": False}),
    "user list --visitors": ("user list", {"visitors": True}),
    "user info alice": ("user info", {"name": "alice"}),
    "user rename alice bob": ("user rename", {"name": "alice", "new": "bob"}),
    "user remove alice": ("user remove", {"name": "alice"}),
    "user invite": ("user invite", {}),
    "user certificate alice ab:cd": ("user certificate", {"name": "alice", "fingerprint": "ab:cd", "remove": False}),
    "user certificate --remove alice ab": ("user certificate", {"name": "alice", "fingerprint": "ab", "remove": True}),
    "operator-password": ("operator-password", {}),
    "history export alice": ("history export", {"name": "alice"}),
    "history erase alice": ("history erase", {"name": "alice"}),
    "desks": ("desks", {}),
    "queue alice": ("queue", {"name": "alice"}),
    "trace xyz": ("trace", {"id": "xyz"}),
    "ledger": ("ledger", {"name": ""}),
    "ledger alice": ("ledger", {"name": "alice"}),
    "reload": ("reload", {}),
    "kick alice": ("kick", {"name": "alice", "text": ""}),
    "kick alice bye": ("kick", {"name": "alice", "text": "bye"}),
    "ban add alice": ("ban add", {"name": "alice", "reason": "", "span": ""}),
    "ban add 192.0.2.0/24 spam --for 7d": ("ban add", {"name": "192.0.2.0/24", "reason": "spam", "span": "7d"}),
    "ban remove alice": ("ban remove", {"name": "alice"}),
    "ban list": ("ban list", {}),
}

#: Wrong command lines → what the sentence names.
WRONG: dict[str, str] = {
    "": "COMMAND",
    "frobnicate": "invalid choice: 'frobnicate'",
    "user": "VERB",
    "user add": "name",
    "user add a b": "unrecognized arguments: b",
    "user rename alice": "new",
    "user list --password-stdin": "unrecognized arguments",
    "queue": "name",
    "trace": "id",
    "ban maybe alice": "invalid choice",
    "--port 3 status": "invalid choice: '3'",
    "ledger \udce9": "name is not in UTF-8",
}


class OptionsTests(SynchronousTestCase):
    def refused(self, words: list[str]) -> tuple[object, str]:
        """Exit code and what is said of a command line that ends at once."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), self.assertRaises(SystemExit) as end:
            parse(words)
        return end.exception.code, out.getvalue() + err.getvalue()

    def test_right(self) -> None:
        """Every command is understood, with exactly its arguments."""
        for line, wanted in RIGHT.items():
            asked = parse(line.split())
            self.assertEqual((asked.action, asked.arguments), wanted, line)

    def test_password(self) -> None:
        """Where a password belongs to a command, it is known whence it comes."""
        asks = {line: parse(line.split()).password_stdin for line in RIGHT}
        self.assertEqual([line for line, asked in asks.items() if asked], ["user add alice --password-stdin"])
        by_terminal = [line for line, asked in asks.items() if asked is False]
        self.assertEqual(by_terminal, ["user add alice", "user password alice", "operator-password"])

    def test_general(self) -> None:
        """What goes before the command."""
        line = ["--config", "a.toml", "--data", "d", "--set", "a=1", "--set", "b=2", "--json", "status"]
        asked = parse(line)
        self.assertEqual((asked.config, asked.data, asked.set, asked.json), (Path("a.toml"), "d", ["a=1", "b=2"], True))
        bare = parse(["status"])
        self.assertEqual((bare.config, bare.data, bare.set, bare.json), (None, None, [], False))
        self.assertIsInstance(bare, Asked)

    def test_json_behind(self) -> None:
        """--json may stand behind the command as well as before it, in front of the verb too."""
        for line in RIGHT:
            command, _, rest = line.partition(" ")
            for words in (f"{line} --json", f"--json {line}", f"{command} --json {rest}"):
                asked = parse(words.split())
                self.assertEqual((asked.json, asked.action, asked.arguments), (True, *RIGHT[line]), words)
            self.assertFalse(parse(line.split()).json, line)

    def test_wrong(self) -> None:
        """A wrong command line ends with exit code 2 and names what is wrong."""
        for line, words in WRONG.items():
            code, said = self.refused(line.split())
            self.assertEqual(code, 2, line)
            self.assertIn(words, said, line)

    def test_help(self) -> None:
        """Help is given for every command, and that of all shows examples of each."""
        code, said = self.refused(["--help"])
        self.assertEqual(code, 0)
        for line in RIGHT:
            command = line.split()[0]
            self.assertIn(f"imdctl {command}", said)
            verbs = line.split()[:2] if command in ("user", "ban", "history") else [command]
            code, detailed = self.refused([*verbs, "--help"])
            self.assertEqual(code, 0)
            self.assertIn(f"usage: imdctl {' '.join(verbs)}", detailed)
            explained = detailed.split("\n\n")[1]
            self.assertNotRegex(explained, "^(positional|options)", f"{verbs}: help says not what the command does")

    def test_every_action_has_its_words(self) -> None:
        """What can be typed is what a daemon does, and each answer can be shown."""
        typed = {action for action, _ in RIGHT.values()}
        self.assertEqual(typed, set(Actions(Standing()).table) | {"check", "operator-password"})
        self.assertEqual(typed, set(_SHOWN))
