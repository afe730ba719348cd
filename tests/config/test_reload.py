"""What a reload changes."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from imd.config.catalogue import catalogue
from imd.config.error import SettingsError
from imd.config.load import load
from imd.config.reload import Change, compare, reload

# For each setting, a value other than its default (and what else it needs to be valid).
OTHER: dict[str, list[str]] = {
    "domain": ['domain="example.org"'],
    "data": ['data="/elsewhere"'],
    "listen.native": ['listen.native=["tcp:0"]'],
    "listen.irc": ['listen.irc=["tcp:0"]'],
    "listen.web": ["listen.web=[]"],
    "listen.udp": ["listen.udp=[]"],
    "listen.proxies": ['listen.proxies=["10.0.0.0/8"]'],
    "listen.exempt": ["listen.exempt=[]"],
    "store.url": ['store.url="redis://:hunter2@localhost"'],
    "accounts.registration": ['accounts.registration="closed"'],
    "accounts.guests": ["accounts.guests=false"],
    "accounts.always_on": ['accounts.always_on="off"'],
    "accounts.international": ["accounts.international=true"],
    "accounts.scram_iterations": ["accounts.scram_iterations=4096"],
    "history.talks": ['history.talks="always"'],
    "irc.confirm": ["irc.confirm=false"],
    "irc.network": ['irc.network="Net"'],
    "irc.motd": ['irc.motd="Hello"'],
    "irc.gateways": [f'irc.gateways=[{{name="kiwi", certificate="{"5f" * 32}"}}]'],
    "irc.lookup_hostnames": ["irc.lookup_hostnames=true"],
    "irc.ident": ["irc.ident=true"],
    "irc.sts_preload": ["irc.sts_preload=true"],
    "operators.logins": ['operators.logins=[{name="root", account="alice"}]'],
    "operators.accounts": ['operators.accounts=["alice"]'],
    "irc.first_modes": ['irc.first_modes=""'],
    "irc.ask_version": ["irc.ask_version=true"],
    "irc.icon": ['irc.icon="https://example.org/icon.svg"'],
    "irc.admin_location": ['irc.admin_location="Here"'],
    "irc.admin_organisation": ['irc.admin_organisation="Us"'],
    "irc.admin_email": ['irc.admin_email="us@example.org"'],
    "irc.dcc": ["irc.dcc=false"],
    "irc.deny_client_tags": ['irc.deny_client_tags=["typing"]'],
    "irc.filehost": ['irc.filehost="https://example.org/upload"'],
    "web.origins": ['web.origins=["https://example.org"]'],
    "web.sites": ['web.sites=[{name = "shop"}]'],
    "web.desks": ['web.desks=[{name = "sales", agents = ["*"]}]'],
    "web.demo": ["web.demo=false"],
    "rooms.create": ['rooms.create="nobody"'],
    "limits.enabled": ["limits.enabled=false"],
    "limits.nick_length": ["limits.nick_length=29"],
    "log.level": ['log.level="debug"'],
}


def other(key: str) -> list[str]:
    """Overrides that change one setting."""
    default = catalogue()[key].default
    if isinstance(default, float):
        return OTHER.get(key, [f'{key}="{default + 1:.0f} s"'])
    return OTHER.get(key, [f"{key}={default + 1}" if isinstance(default, int) else ""])


class CompareTests(SynchronousTestCase):
    """Old settings against new ones."""

    def test_nothing_changed(self) -> None:
        """The same settings give no changes and are what is in force."""
        changes = compare(load(None), load(None))
        self.assertFalse(changes)
        self.assertEqual(changes.in_force, load(None))

    def test_each_setting_alone(self) -> None:
        """Each change is seen once, on the side that the model says, and holds at once only if it is live."""
        old = load(None)
        tried = 0
        for key, setting in catalogue().items():
            if setting.default is None or key.startswith("carriers."):
                continue  # files and carriers cannot be set alone
            tried += 1
            new = load(None, other(key))
            changes = compare(old, new)
            self.assertTrue(changes)
            found = {False: [each.key for each in changes.restart], True: [each.key for each in changes.live]}
            self.assertEqual(found, {setting.live: [key], (not setting.live): []}, key)
            self.assertEqual(changes.in_force, new if setting.live else old, key)
            self.assertEqual(key in changes, setting.live)
            self.assertEqual(key.partition(".")[0] in changes, setting.live)
        self.assertGreater(tried, 50)

    def test_mixed(self) -> None:
        """What can be changed is; what needs a restart keeps its old value until then."""
        old = load(None)
        new = load(None, ['domain="example.org"', "limits.rooms=5", 'listen.irc=["tcp:7000:interface=0.0.0.0"]'])
        changes = compare(old, new)
        self.assertEqual(changes.live, (Change("limits.rooms", "10000", "5"),))
        self.assertEqual(
            [str(change) for change in changes.restart],
            [
                'domain: "localhost" -> "example.org"',
                'listen.irc: ["tcp:6667", "tls:6697"] -> ["tcp:7000:interface=0.0.0.0"]',
            ],
        )
        self.assertEqual(changes.in_force.limits.rooms, 5)
        self.assertEqual(changes.in_force.domain, "localhost")
        # The listeners of the world are not open yet, so "auto" still means open.
        self.assertEqual((changes.in_force.registration, new.registration), ("open", "invite"))
        # What waits for a restart is told at every reload until then.
        self.assertEqual(compare(changes.in_force, new).restart, changes.restart)

    def test_passwords_are_not_shown(self) -> None:
        """A change of the store is told without its URL."""
        [change] = compare(load(None), load(None, OTHER["store.url"])).restart
        self.assertEqual(str(change), "store.url (not shown)")
        self.assertNotIn("hunter2", repr(change))


class ReloadTests(SynchronousTestCase):
    """Reading the file again."""

    def test_a_wrong_setting_changes_nothing(self) -> None:
        """The error says why, and right settings beside the wrong one are not taken either."""
        path = Path(self.mktemp()).absolute()
        path.write_text("[limits]\nrooms = 1\n")
        old = load(path)
        path.write_text("[limits]\nrooms = 2\ncontacts = 'x'\n")
        with self.assertRaises(SettingsError) as caught:
            reload(old, path)
        self.assertEqual((caught.exception.line, caught.exception.key), (3, "limits.contacts"))
        self.assertEqual(old.limits.rooms, 1)

    def test_the_command_line_still_wins(self) -> None:
        """Overrides and `--data` hold over the changed file as they did at the start."""
        path = Path(self.mktemp()).absolute()
        path.write_text("[limits]\nrooms = 1\ncontacts = 1\n")
        overrides = ["limits.rooms=9"]
        old = load(path, overrides, "/data")
        path.write_text("[limits]\nrooms = 2\ncontacts = 2\n")
        changes = reload(old, path, overrides, "/data")
        self.assertEqual(changes.live, (Change("limits.contacts", "1", "2"),))
        self.assertEqual(changes.restart, ())
