"""From a settings file and the command line to settings."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from imd.config.catalogue import as_toml, catalogue
from imd.config.error import SettingsError
from imd.config.load import check, load
from imd.config.model import Settings

# Each text: the line, the key, and words of the error it must give.
WRONG_FILES: list[tuple[str, int | None, str, str]] = [
    ('domain = "a"\n[limits]\nroms = 1', 3, "limits.roms", "did you mean limits.rooms?"),
    ("\n[limit]\nrooms = 1", 2, "limit", "did you mean limits?"),
    ("limit.rooms = 1", 1, "limit", "did you mean limits?"),
    ('ack_wait = "5 ms"', 1, "ack_wait", "did you mean delivery.ack_wait?"),
    ("[history]\n\nack_wait = 5", 3, "history.ack_wait", "did you mean delivery.ack_wait?"),
    ("[log]\nzzz = 5", 2, "log.zzz", "log has level"),
    ("zzz = 5", 1, "zzz", "the tables are listen, tls, store"),
    ('[limits]\n"a.b" = 5', 2, "limits.a.b", "there is no such setting"),
    ("limits = 5", 1, "limits", "5 is not allowed; it must be a table: [limits]"),
    ("[[limits]]\nrooms = 5", 1, "limits", "it must be a table"),
    ('[limits]\nrooms = "many"', 2, "limits.rooms", '"many" is not allowed; it must be a whole number'),
    ("[limits]\nrooms = 5.0", 2, "limits.rooms", "5.0 is not allowed; it must be a whole number"),
    ("[limits]\nrooms = true", 2, "limits.rooms", "true is not allowed"),
    ("[limits]\nrooms = -1", 2, "limits.rooms", "-1 is not allowed; it must be a whole number, 0 means unlimited"),
    ("[limits]\nrooms = 99999999999999999999", 2, "limits.rooms", "is not allowed"),
    ("[limits]\nnick_length = 31", 2, "limits.nick_length", "from 1 to 30"),
    ("[limits]\nnick_length = 0", 2, "limits.nick_length", "from 1 to 30"),
    ("[limits]\nenabled = 'no'", 2, "limits.enabled", '"no" is not allowed; it must be true or false'),
    ('[limits]\nline_length = "16 K"', 2, "limits.line_length", '"K" is no unit of size'),
    ("[limits]\nline_length = -1", 2, "limits.line_length", "a size cannot be negative"),
    ("[limits]\nline_length = true", 2, "limits.line_length", "true is not allowed"),
    ("[limits]\nsign_on_delay = 5", 2, "limits.sign_on_delay", "5 has no unit"),
    ("[delivery]\nack_wait = '-5 ms'", 2, "delivery.ack_wait", "a time cannot be negative"),
    ("[delivery]\nack_wait = false", 2, "delivery.ack_wait", "false is not allowed"),
    ("[accounts]\nregistration = 'all'", 2, "accounts.registration", 'it must be "auto", "open", "invite" or "closed"'),
    ("[accounts]\nguests = 1", 2, "accounts.guests", '1 is not allowed; it must be "auto", true or false'),
    ("[accounts]\nguests = 'yes'", 2, "accounts.guests", '"yes" is not allowed'),
    ("[accounts]\nscram_iterations = 1000", 2, "accounts.scram_iterations", "from 4096 (RFC 7677)"),
    ("[accounts]\nhashing_threads = 0", 2, "accounts.hashing_threads", "from 1 to 64"),
    ("[irc]\nconfirm = 1", 2, "irc.confirm", "1 is not allowed; it must be true or false"),
    ("domain = {a = 1}", 1, "domain", "a table is not allowed"),
    ("domain = 1979-05-27", 1, "domain", "1979-05-27 is not allowed"),
    ("data = ''", 1, "data", "it cannot be empty"),
    ("data = 5", 1, "data", "5 is not allowed; it must be the name of a folder"),
    ('data = "a\\u0000b"', 1, "data", "NUL"),
    ("data = '~nobody-of-this-name/x'", 1, "data", "home directory"),
    ('[listen]\nirc = "tcp:6667"', 2, "listen.irc", "it must be a list of endpoint strings"),
    ('[listen]\nirc = [\n"tcp:6667",\n5]', 4, "listen.irc", "5 is no text in quotes"),
    ('[listen]\nirc = [\n"tcp:6667",\n"tpc:7"]', 4, "listen.irc", 'did you mean "tcp:"?'),
    ('[listen]\nudp = ["4000"]', 2, "listen.udp", "is not of the form ADDRESS:PORT"),
    ("a = 1\nb = \n", 2, "", "this is not TOML: invalid value"),
    ("a = 1\n\nb =", 3, "", "this is not TOML: invalid value"),
    ("a = 1\na = 2", 2, "", "this is not TOML: cannot overwrite a value"),
    ("a = " + "9" * 5_000, None, "", "a value is too large"),
    ("a = " + "[" * 50_000, None, "", "a value is too large"),
]

# Each list of overrides: the key and words of the error it must give.
WRONG_OVERRIDES: list[tuple[str, str, str]] = [
    ("listen.irc", "", "not of the form KEY=VALUE"),
    ("=5", "", "not of the form KEY=VALUE"),
    ("limits.roms=5", "limits.roms", "did you mean limits.rooms?"),
    ("irc.network=imd", "irc.network", "did you mean --set irc.network='\"imd\"'?"),
    ("listen.irc=tcp:6667", "listen.irc", "did you mean --set listen.irc='[\"tcp:6667\"]'?"),
    ("listen.irc=[tcp:1,tcp:2]", "listen.irc", 'did you mean --set listen.irc=\'["tcp:1", "tcp:2"]\'?'),
    ("delivery.ack_wait=5 ms", "delivery.ack_wait", "did you mean --set delivery.ack_wait='\"5 ms\"'?"),
    ("limits.enabled=no", "limits.enabled", "the value is not TOML; it must be true or false"),
    ("limits.rooms=", "limits.rooms", "the value is not TOML"),
    ("limits.rooms=5\ndomain='x'", "limits.rooms", "the value is not TOML"),
    ("irc.motd=it's", "irc.motd", "a text needs double quotes around it"),
    ("limits=5", "limits", "it must be a table"),
    ("limits={roms=5}", "limits.roms", "did you mean limits.rooms?"),
    ("limits.rooms='5'", "limits.rooms", '"5" is not allowed'),
]


class LoadTests(SynchronousTestCase):
    """Reading settings."""

    def setUp(self) -> None:
        self.folder = Path(self.mktemp()).absolute()
        self.folder.mkdir(parents=True)
        self.file = self.folder / "imd.toml"

    def write(self, text: str) -> Path:
        self.file.write_text(text)
        return self.file

    def test_defaults_without_a_file(self) -> None:
        """Nothing given, the defaults hold, and `data` is in the working directory."""
        settings = load(None)
        self.assertEqual(settings.data, Path.cwd() / "imd-data")
        self.assertEqual(settings, Settings(data=settings.data))

    def test_an_empty_file_changes_only_the_folder(self) -> None:
        """`data` counts from the folder of the file."""
        self.assertEqual(load(self.write("")), Settings(data=self.folder / "imd-data"))

    def test_values_of_every_kind(self) -> None:
        """Each kind of value arrives in the type that code uses."""
        (self.folder / "pair.pem").write_text("")
        settings = load(
            self.write(
                """
                domain = "example.org"
                data = "../elsewhere"
                tls = { certificate = "pair.pem", key = "pair.pem" }
                [listen]
                irc = ["tls:6697:interface=0.0.0.0", 'tls:6697:interface=\\:\\:']
                native = []
                [accounts]
                registration = "closed"
                guests = false
                [delivery]
                ack_wait = "20 ms"
                [history]
                keep = 0
                [limits]
                rooms = 0
                send_queue = 1_000_000
                message_size = "4 KiB"
                [irc]
                motd = \"\"\"
one
two\"\"\"
                """
            )
        )
        self.assertEqual(settings.domain, "example.org")
        self.assertEqual(settings.data, self.folder / "../elsewhere")
        self.assertEqual(settings.tls.certificate, self.folder / "pair.pem")
        self.assertEqual(settings.tls.key, self.folder / "pair.pem")
        self.assertEqual([each.interface for each in settings.listen.listeners("irc")], ["0.0.0.0", "::"])
        self.assertEqual(settings.listen.native, ())
        self.assertEqual(settings.accounts.registration, "closed")
        self.assertIs(settings.accounts.guests, False)
        self.assertEqual(settings.delivery.ack_wait, 0.02)
        self.assertEqual(settings.history.keep, 0)
        self.assertEqual(settings.limits.rooms, 0)
        self.assertEqual(settings.limits.send_queue, 1_000_000)
        self.assertEqual(settings.limits.message_size, 4096)
        self.assertEqual(settings.irc.motd, "one\ntwo")

    def test_every_wrong_file(self) -> None:
        """Each wrong text gives an error with file, line and key, that says what to write."""
        for text, line, key, words in WRONG_FILES:
            with self.assertRaises(SettingsError, msg=text[:80]) as caught:
                load(self.write(text))
            error = caught.exception
            self.assertEqual((error.file, error.line, error.key), (str(self.file), line, key), text[:80])
            self.assertIn(words, str(error))
            place = str(self.file) if line is None else f"{self.file}, line {line}: "
            self.assertTrue(str(error).startswith(place), str(error))
            self.assertNotIn("\n", str(error))

    def test_every_wrong_override(self) -> None:
        """Each wrong `--set` gives an error that names it and says what to write."""
        for override, key, words in WRONG_OVERRIDES:
            with self.assertRaises(SettingsError, msg=override) as caught:
                load(None, [override])
            error = caught.exception
            self.assertEqual((error.file, error.line, error.key), ("--set", None, key), override)
            self.assertIn(words, str(error))

    def test_an_error_is_one_sentence(self) -> None:
        """The whole sentence, once, as people see it."""
        [error] = check(self.write('[limits]\nrooms = "many"\n'))
        self.assertEqual(
            str(error),
            f'{self.file}, line 2: limits.rooms: "many" is not allowed; it must be a whole number, 0 means unlimited',
        )
        self.assertEqual(error.allowed, "a whole number, 0 means unlimited")

    def test_check_lists_everything(self) -> None:
        """All errors are found, those of the file in the order of its lines."""
        path = self.write('[limits]\nroms = 1\nrooms = "x"\n[log]\nlevel = "loud"\n[irk]\n')
        keys = [(error.line, error.key) for error in check(path, ["foo=1", "limits.contacts=-1"])]
        self.assertEqual(
            keys,
            [
                (None, "foo"),
                (2, "limits.roms"),
                (3, "limits.rooms"),
                (5, "log.level"),
                (6, "irk"),
                (None, "limits.contacts"),
            ],
        )
        self.assertEqual(check(self.write("")), [])

    def test_errors_come_in_the_order_of_the_file(self) -> None:
        """Also where a table is taken up again further down, and where rules between settings are broken."""
        for text, lines in (
            ('[limits]\nx = 1\n[log]\nlevel = "loud"\n[limits.y]\n', [2, 4, 5]),
            ('[listen]\nirc = ["tcp:x"]\n[irc]\nnetwork = "a b"\n[store]\nurl = "x"\n', [2, 4, 6]),
        ):
            self.assertEqual([error.line for error in check(self.write(text))], lines)

    def test_long_values_are_cut_short(self) -> None:
        """An error shows sixty characters of a wrong value at most."""
        [error] = check(None, [f'limits.rooms="{"x" * 58}"'])
        self.assertIn("x" * 58, str(error))
        [error] = check(None, [f'limits.rooms="{"x" * 59}"'])
        self.assertIn(f'"{"x" * 56}… is not allowed', str(error))

    def test_files_that_cannot_be_read(self) -> None:
        """A missing file, a folder, another encoding and a huge file are errors, not tracebacks."""
        latin = self.folder / "latin.toml"
        latin.write_bytes(b'# one\ndomain = "caf\xe9"\n')
        huge = self.folder / "huge.toml"
        huge.write_bytes(b"#" * (1024 * 1024 + 1))
        for path, line, words in (
            (self.folder / "none.toml", None, "cannot be read: No such file or directory"),
            (self.folder, None, "cannot be read: Is a directory"),
            (Path("nul\0"), None, "cannot be read"),
            (latin, 2, "not in UTF-8"),
            (huge, None, "larger than 1 MiB"),
        ):
            [error] = check(path)
            self.assertEqual((error.file, error.line), (str(path), line))
            self.assertIn(words, str(error))
        huge.write_bytes(b"#" * (1024 * 1024))
        self.assertEqual(check(huge), [])

    def test_overrides_win_over_the_file(self) -> None:
        """The last `--set` of a key holds; those of other keys leave the file's values alone."""
        path = self.write('domain = "file.example"\n[limits]\nrooms = 1\ncontacts = 2\n')
        settings = load(
            path,
            [
                "limits.rooms=3",
                " limits.rooms = 4",
                "limits={offers=5}",
                """listen.irc='["tcp:6667"]'"""[:0] or "irc.confirm=false",
            ],
        )
        self.assertEqual(settings.domain, "file.example")
        self.assertEqual((settings.limits.rooms, settings.limits.contacts, settings.limits.offers), (4, 2, 5))
        self.assertIs(settings.irc.confirm, False)

    def test_the_command_line_of_the_contract(self) -> None:
        """`--set listen.irc='["tcp:6667"]'`, as the shell hands it over."""
        self.assertEqual(load(None, ['listen.irc=["tcp:6667"]']).listen.irc, ("tcp:6667",))

    def test_data_of_the_command_line(self) -> None:
        """`--data` wins over file and `--set`, and counts from the working directory."""
        path = self.write('data = "of-file"')
        self.assertEqual(load(path).data, self.folder / "of-file")
        self.assertEqual(load(path, ['data="of-set"']).data, self.folder / "of-set")
        self.assertEqual(load(path, ['data="of-set"'], "of-line").data, Path.cwd() / "of-line")
        self.assertEqual(load(path, [], "/of/line").data, Path("/of/line"))
        [error] = check(path, [], "")
        self.assertEqual(str(error), "--data: data: it cannot be empty; it must be the name of a folder")

    def test_a_wrong_default_is_blamed_on_who_changed_the_other(self) -> None:
        """Where two settings do not fit, the error names the one that somebody wrote, with its line."""
        [error] = check(self.write('[limits]\n\nmessage_size = "1 MiB"\n'))
        self.assertEqual((error.line, error.key), (3, "limits.message_size"))
        self.assertIn("a line of 64 KiB cannot carry a message of 1 MiB", str(error))

    def test_files_of_settings_must_be_readable(self) -> None:
        """A certificate that is not there is found before the daemon needs it."""
        (self.folder / "key.pem").write_text("")
        path = self.write('[tls]\nkey = "key.pem"\ncertificate = "gone.pem"\n')
        [error] = check(path)
        self.assertEqual((error.line, error.key), (3, "tls.certificate"))
        self.assertIn(f"there is no file {self.folder / 'gone.pem'}", str(error))
        if os.geteuid() != 0:
            (self.folder / "gone.pem").write_text("")
            (self.folder / "gone.pem").chmod(0)
            [error] = check(path)
            self.assertIn("cannot be read by this user", str(error))

    def test_passwords_are_never_shown(self) -> None:
        """No error repeats what was written for the store's URL."""
        for value in (
            '["redis://u:hunter2@h"]',
            '"redis://u:hunter2@h:x"',
            '"http://u:hunter2@h"',
            '"redis://:hunter2 @h"',
        ):
            for errors in (check(self.write(f"[store]\nurl = {value}")), check(None, [f"store.url={value}"])):
                [error] = errors
                self.assertEqual(error.key, "store.url")
                self.assertNotIn("hunter2", str(error))
        [error] = check(None, ["store.url=redis://u:hunter2@h"])
        self.assertNotIn("hunter2", str(error))

    def test_every_default_can_be_written_down(self) -> None:
        """Each setting, set to its own default by `--set`, leaves everything as it is."""
        for setting in catalogue().values():
            self.assertEqual(load(None, [f"{setting.key}={as_toml(setting.default)}"]), load(None), setting.key)

    @given(st.text())
    def test_any_override_is_settings_or_errors(self, text: str) -> None:
        """Whatever is given to `--set`, the answer is settings or SettingsError with a reason."""
        for override in (text, f"irc.motd={text}", f"limits={text}"):
            for error in check(None, [override]):
                self.assertTrue(str(error))

    @given(st.binary(), st.sampled_from(["", "[limits]\n", "limits = ", "[listen]\nirc = [", "domain = "]))
    def test_any_file_is_settings_or_errors(self, garbage: bytes, start: str) -> None:
        """Whatever is in the file, the answer is settings or SettingsError that names the file."""
        self.file.write_bytes(start.encode() + garbage)
        for error in check(self.file):
            self.assertEqual(error.file, str(self.file))
