"""The defaults, and what stands beside them."""

from __future__ import annotations

from pathlib import Path

import msgspec
from twisted.trial.unittest import SynchronousTestCase

from imd.config.catalogue import as_toml, catalogue, explain, sections, unknown
from imd.config.limits import SWITCHED, Limits
from imd.config.model import Settings
from imd.config.sections.keeping import Store
from imd.config.values import Duration, Size

# The table of the contract: a default changes only together with it.
CONTRACT: dict[str, object] = {
    "domain": "localhost",
    "data": Path("imd-data"),
    "listen.native": ("tcp:4000", "tls:4001"),
    "listen.irc": ("tcp:6667", "tls:6697"),
    "listen.web": ("tcp:8080",),
    "listen.udp": ("127.0.0.1:4000",),
    "tls.certificate": None,
    "tls.key": None,
    "store.url": "sqlite",
    "accounts.registration": "auto",
    "accounts.guests": "auto",
    "accounts.international": False,
    "guests.offline_messages": 20,
    "delivery.ack_wait": 0.005,
    "offline.keep": 30 * 86_400,
    "offline.max_messages": 1_000,
    "history.keep": 30 * 86_400,
    "irc.confirm": True,
    "ledger.keep": 90 * 86_400,
    "limits.enabled": True,
    "limits.nick_length": 30,
    "carriers.email": False,
    "carriers.sms": False,
    "carriers.fax": False,
}

RESTART = {
    "domain",
    "data",
    "listen.native",
    "listen.irc",
    "listen.web",
    "listen.udp",
    "store.url",
    "store.ca",
    "store.certificate",
    "store.key",
    "store.reply_timeout",
    "accounts.international",
    "accounts.hashing_threads",
    "irc.network",
    "carriers.email",
    "carriers.sms",
    "carriers.fax",
}


class ModelTests(SynchronousTestCase):
    """The settings themselves."""

    def test_defaults_of_the_contract(self) -> None:
        """Every default that users can rely on."""
        for key, default in CONTRACT.items():
            self.assertEqual(catalogue()[key].of(Settings()), default, key)

    def test_settings_cannot_be_changed(self) -> None:
        """Whoever holds settings holds them for good."""
        with self.assertRaises(AttributeError):
            Settings().limits.rooms = 1  # type: ignore[misc]

    def test_which_need_a_restart(self) -> None:
        """Only these wait for the next start."""
        self.assertEqual({setting.key for setting in catalogue().values() if not setting.live}, RESTART)

    def test_every_setting_is_in_the_catalogue(self) -> None:
        """Each field of each section is found once, under its key."""
        expected = {"domain", "data"}
        for section in set(Settings.__struct_fields__) - expected:
            expected |= {f"{section}.{name}" for name in getattr(Settings(), section).__struct_fields__}
        self.assertEqual(set(catalogue()), expected)
        self.assertEqual(set(sections()), set(Settings.__struct_fields__) - {"domain", "data"})

    def test_every_setting_is_explained(self) -> None:
        """Each has a sentence, says what is allowed, and each limit gives its reason."""
        for setting in catalogue().values():
            self.assertRegex(setting.description, r"^[A-Z].*\.$", setting.key)
            self.assertTrue(setting.allowed, setting.key)
            if setting.section == "limits" and setting.name != "enabled":
                self.assertRegex(setting.reason, r"^[A-Z].*\.$", setting.key)

    def test_every_section_is_explained(self) -> None:
        """Each table says what it is about."""
        for section, table in sections().items():
            self.assertRegex(table.__doc__ or "", r"(?s)^[A-Z].*\.\s*$", section)

    def test_what_is_secret(self) -> None:
        """The one setting that may hold a password is marked."""
        self.assertEqual(
            [setting.key for setting in catalogue().values() if setting.secret],
            ["store.url", "irc.gateways", "web.sites", "operators.logins"],
        )

    def test_explain(self) -> None:
        """A setting explains itself; an unknown key names the nearest."""
        text = explain("limits.rooms")
        for words in ("limits.rooms = 10000", "Rooms at one time.", "Why this default: ", "at a reload"):
            self.assertIn(words, text)
        self.assertIn("at the next start", explain("domain"))
        self.assertEqual(explain("tls"), f"{explain('tls.certificate')}\n\n{explain('tls.key')}")
        with self.assertRaises(KeyError) as caught:
            explain("limits.romms")
        self.assertIn("did you mean limits.rooms?", str(caught.exception))

    def test_nearest_keys(self) -> None:
        """A misspelling in the same table comes before the right name in another one."""
        for key, near in {
            "lissten": "listen",
            "limits.room": "limits.rooms",
            "limitz.rooms": "limits.rooms",
            "limits.keep": "offline.keep",
            "rooms_per_account": "limits.rooms_per_account",
            "acounts.guest": "accounts.guests",
        }.items():
            self.assertIn(f"did you mean {near}?", unknown(key), key)
        self.assertNotIn("did you mean", unknown("qqqqq"))

    def test_values_as_toml(self) -> None:
        """Each kind of value is written so that TOML reads it."""
        for value, text in (
            (None, '""'),
            (True, "true"),
            (5, "5"),
            (1.5, "1.5"),
            (Duration(5), '"5 s"'),
            (Size(1024), '"1 KiB"'),
            ('a"b\n\x01', '"a\\"b\\n\\u0001"'),
            ("interface=\\:\\:", "'interface=\\:\\:'"),
            (Path("/x"), '"/x"'),
            (("a", "b"), '["a", "b"]'),
        ):
            self.assertEqual(as_toml(value), text)
        self.assertRaises(TypeError, as_toml, object())

    def test_the_store_is_shown_without_password(self) -> None:
        """Neither what is meant for logs nor the representation of the settings holds user or password."""
        for url, shown in (
            ("sqlite", "sqlite"),
            ("redis://localhost:6379/0", "redis://localhost:6379/0"),
            ("rediss://imd:hunter2@h:1/0", "rediss://…@h:1/0"),
            ("redis+sentinel://:hunter2@a:1,b:2/main", "redis+sentinel://…@a:1,b:2/main"),
        ):
            store = Store(url=url)
            self.assertEqual(store.shown, shown)
            self.assertNotIn("hunter2", repr(Settings(store=store)))


class LimitsTests(SynchronousTestCase):
    """`limits.enabled = false`."""

    def test_switched(self) -> None:
        """Rates, delays and caps on connections and handshakes are what can be switched off, nothing else."""
        self.assertEqual(
            SWITCHED,
            {
                "connections",
                "connections_per_address",
                "connections_per_minute",
                "requests_per_minute",
                "handshakes",
                "handshake_timeout",
                "sign_on_delay",
                "registrations_per_hour",
                "visitors_per_address",
                "messages_per_second",
                "metadata_per_minute",
                "message_burst",
                "commands_per_second",
                "command_burst",
                "frames_per_second",
            },
        )

    def test_enabled_limits_hold_as_they_are(self) -> None:
        """Nothing is changed while they are on."""
        limits = Limits()
        self.assertIs(limits.effective(), limits)

    def test_a_rate_without_bound_on_bursts(self) -> None:
        """A burst of 0 is unlimited, so its rate never holds anybody back."""
        effective = Limits(message_burst=0).effective()
        self.assertEqual((effective.messages_per_second, effective.commands_per_second), (0, 50))
        effective = Limits(command_burst=0).effective()
        self.assertEqual((effective.messages_per_second, effective.commands_per_second), (10, 0))

    def test_disabled_limits(self) -> None:
        """What is switched is 0, of the same type; all else keeps its value."""
        limits = Limits(enabled=False, rooms=7)
        effective = limits.effective()
        for name in Limits.__struct_fields__:
            value = getattr(effective, name)
            self.assertEqual(value, 0 if name in SWITCHED else getattr(limits, name), name)
            self.assertIs(type(value), type(getattr(limits, name)), name)
        self.assertEqual(msgspec.structs.asdict(effective)["rooms"], 7)
