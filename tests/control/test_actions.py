"""What an operator may ask, on a core without listeners."""

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from imd.config.error import SettingsError
from imd.config.limits import Limits
from imd.control.wire import PAGE
from imd.core.message import Draft
from imd.core.refusal import Kicked, Malformed, NoSuchAccount, NotAllowed, Refusal
from imd.core.session import ClientInfo
from imd.core.talk import ListChange, ListKind
from tests.contracts.ledger import entry
from tests.control.operated import Standing
from tests.house import NOON


class ActionsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.daemon = Standing()
        self.house = self.daemon.house

    def signed_on(self, *began: float) -> None:
        """Sign-ons of the ledger, at these times."""
        for number, when in enumerate(began):
            self.house.wait(self.daemon.store.ledger.began(entry(f"s{number:04}", when, account="")))

    def test_ledger_of_one_moment(self) -> None:
        """Sign-ons of exactly the same time are all shown, once, wherever the pages end."""
        for same in (2, PAGE - 1, PAGE, PAGE + 1, 3 * PAGE + 7):
            self.setUp()
            times = [*range(70), *[500.0] * same, *range(1000, 1060)]
            self.signed_on(*times)
            rows = [row for page in self.daemon.every_page("ledger") for row in page]
            self.assertEqual([row["began"] for row in rows], sorted(times, reverse=True))
            self.assertEqual(len({row["session"] for row in rows}), len(times))

    def test_pages_are_bounded(self) -> None:
        """However much there is, a page is short; together they are all of it."""
        self.signed_on(*range(5 * PAGE))
        pages = self.daemon.every_page("ledger")
        self.assertEqual([len(page) for page in pages if page], [PAGE] * 5)
        for number in range(PAGE + 1):
            self.house.person(f"user{number}")
            self.house.on(f"guest{number}")
        for action, wanted in (("user list", PAGE + 1), ("who", PAGE + 1), ("ban list", 0)):
            pages = self.daemon.every_page(action)
            self.assertLessEqual(max(map(len, pages)), PAGE)
            self.assertEqual(sum(map(len, pages)), wanted, action)

    def test_user_info(self) -> None:
        """All about one account: what it has, what waits for it, and when it was on."""
        alice = self.house.person("alice")
        never = self.daemon.ask("user info", name="Alice@localhost")
        self.assertEqual((never["name"], never["id"], never["last"]), ("alice", alice.id, None))
        client = self.house.on(alice, info=ClientInfo(device="phone"))
        self.assertIsNone(self.daemon.ask("user info", name="alice")["last"]["ended"])
        self.house.off(client)
        self.house.send(self.house.on("visitor"), "alice", "hello")
        info = self.daemon.ask("user info", name="alice")
        self.assertEqual((info["devices"], info["waiting"], info["password"]), (["phone"], 1, False))
        self.assertEqual(info["last"]["door"], "native")
        self.assertIsNotNone(info["last"]["ended"])

    def test_visitors(self) -> None:
        """Visitors of sites are apart from accounts: in the list, among those who are on; and asked for by name."""
        self.house.on(self.house.person("alice"))
        visitor = self.house.wait(self.house.accounts.create("anna-k3f9", None, 1.0, visitor=True, site="shop"))
        self.house.on(visitor, door="web")
        for visitors, names in ((False, ["alice"]), (True, ["anna-k3f9"])):
            rows = self.daemon.ask("user list", visitors=visitors)["rows"]
            self.assertEqual([row["name"] for row in rows], names)
        people = self.daemon.ask("status")["people"]
        self.assertEqual((people["accounts"], people["visitors"], people["guests"]), (1, 1, 0))
        self.assertEqual(self.daemon.ask("user info", name="anna-k3f9")["site"], "shop")
        self.assertEqual(self.daemon.ask("queue", name="anna-k3f9")["rows"], [])
        self.assertEqual(len(self.daemon.ask("ledger", name="anna-k3f9")["rows"]), 1)

    def test_ledger_of_one(self) -> None:
        """Of one account only, by whatever spelling; of nobody it is refused."""
        alice = self.house.person("alice")
        self.house.on(alice, info=ClientInfo("irssi", "1.4", 1024, 1025))
        self.house.on("somebody")
        for name in ("alice", "ALICE", "alice@localhost"):
            rows = self.daemon.ask("ledger", name=name)["rows"]
            self.assertEqual(
                [(row["name"], row["client"], row["tcp_port"]) for row in rows], [("alice", "irssi", 1024)]
            )
        for name in ("nobody", "alice@example.org"):
            with self.assertRaises(NoSuchAccount):
                self.daemon.ask("ledger", name=name)

    def test_who(self) -> None:
        """Everybody who is on, with what the ledger says of them, and what they are idle."""
        self.house.on(self.house.person("alice"), address="2001:db8::7", info=ClientInfo("imc", "2"))
        self.house.on("visitor")
        self.house.turn(90)
        rows = {row["name"]: row for row in self.daemon.ask("who")["rows"]}
        self.assertEqual({name: row["kind"] for name, row in rows.items()}, {"alice": "account", "visitor": "guest"})
        alice = rows["alice"]
        self.assertEqual((alice["address"], alice["client"]), ("2001:db8::7", "imc"))
        self.assertEqual((alice["since"], alice["idle"]), (NOON, 90))

    def test_queue_and_trace(self) -> None:
        """What waits and why, by its id; never what it says."""
        alice = self.house.on(self.house.person("alice"))
        self.house.person("bob")
        [receipt] = self.house.send(alice, "bob", "the secret text")
        queue = self.daemon.ask("queue", name="bob")
        [row] = queue["rows"]
        self.assertEqual((row["id"], row["sender"], row["bytes"]), (receipt.id, "alice@localhost", 15))
        trace = self.daemon.ask("trace", id=receipt.id)
        self.assertIn(("relay", "not signed on"), [(step["step"], step["why"]) for step in trace["steps"]])
        self.assertIn(("offline", "kept"), [(step["step"], step["why"]) for step in trace["steps"]])
        self.assertEqual((trace["sender"], trace["recipient"]), ("alice@localhost", "bob@localhost"))
        self.assertIn("waiting", trace)
        self.assertNotIn("secret", f"{queue}{trace}")
        with self.assertRaises(Malformed):
            self.daemon.ask("trace", id="unheard-of")

    def test_queue_pages(self) -> None:
        """A long queue comes in pages and in order."""
        alice = self.house.on(self.house.person("alice"))
        self.house.person("bob")
        sent = [self.house.send(alice, "bob", str(number))[0].id for number in range(2 * PAGE + 1)]
        pages = self.daemon.every_page("queue", name="bob")
        self.assertEqual([row["id"] for page in pages for row in page], sent)

    def test_kick(self) -> None:
        """All sessions of a person end with the operator's words, and the account may come back."""
        alice = self.house.person("alice")
        sessions = [self.house.on(alice), self.house.on(alice)]
        self.assertEqual(self.daemon.ask("kick", name="Alice", text="Have a break."), {"sessions": 2})
        for client in sessions:
            assert isinstance(client.ended, Kicked)
            self.assertEqual(client.ended.sentence, "Have a break.")
        with self.assertRaises(NotAllowed):
            self.daemon.ask("kick", name="alice")
        self.house.on(alice)
        self.house.on("visitor")
        self.assertEqual(self.daemon.ask("kick", name="visitor"), {"sessions": 1})

    def test_accounts_of_people_who_are_on(self) -> None:
        """Renaming leaves people on; banning and removing end their sessions, with the reason."""
        alice = self.house.person("alice")
        client = self.house.on(alice)
        self.assertEqual(self.daemon.ask("user rename", name="alice", new="alicia")["name"], "alicia")
        self.assertEqual(client.session.address.name, "alicia")
        self.assertIsNone(client.ended)
        banned = self.daemon.ask("ban add", name="alicia", reason="Spam.")
        self.assertEqual((banned["kind"], banned["name"], banned["reason"]), ("account", "alicia", "Spam."))
        self.assertIsInstance(client.ended, Kicked)
        self.assertEqual([row["name"] for row in self.daemon.ask("ban list")["rows"]], ["alicia"])
        self.assertEqual(self.daemon.ask("ban remove", name="alicia")["name"], "alicia")
        self.assertEqual(self.daemon.ask("ban list")["rows"], [])
        current = self.house.wait(self.daemon.accounts.resolve("alicia"))
        client = self.house.on(current)
        self.daemon.ask("user remove", name="alicia")
        self.assertIsInstance(client.ended, Kicked)
        with self.assertRaises(NoSuchAccount):
            self.daemon.ask("user remove", name="alicia")

    def test_certificates(self) -> None:
        """A fingerprint in any usual spelling is kept in one; what is none is refused, as is taking away another's."""
        self.house.person("alice")
        self.house.person("bob")
        spelt = ":".join(["AB"] * 32)
        answer = self.daemon.ask("user certificate", name="alice", fingerprint=spelt)
        self.assertEqual(answer["certificates"], ["ab" * 32])
        for name, fingerprint, remove in (
            ("alice", "ab" * 31, False),
            ("alice", "xy" * 32, False),
            ("bob", "ab" * 32, False),
            ("bob", "ab" * 32, True),
        ):
            with self.assertRaises(Refusal):
                self.daemon.ask("user certificate", name=name, fingerprint=fingerprint, remove=remove)
        answer = self.daemon.ask("user certificate", name="alice", fingerprint="ab" * 32, remove=True)
        self.assertEqual(answer["certificates"], [])

    def test_status(self) -> None:
        """Counts, listeners, and how safe the store is."""
        self.house.on(self.house.person("alice"))
        self.house.on("visitor")
        status = self.daemon.ask("status")
        self.assertEqual((status["people"]["accounts"], status["people"]["guests"]), (1, 1))
        self.assertEqual(status["listeners"], self.daemon.listeners())
        self.assertEqual(status["store"]["durability"], self.daemon.store.durability.value)

    def test_limits(self) -> None:
        """Every limit of the settings has a counter, and a level where it is one."""
        limits = self.daemon.ask("status")["limits"]
        wanted = {f"limits.{name}" for name in Limits.__struct_fields__} - {"limits.enabled"}
        self.assertEqual(wanted - set(limits), set())
        for name, row in limits.items():
            self.assertEqual(set(row), {"bound", "unit", "now", "met"}, name)
            self.assertEqual(row["met"], 0, name)
        self.assertEqual(limits["limits.rooms"]["bound"], 10_000)
        self.assertEqual(limits["limits.memory"], {"bound": 2**28, "unit": "bytes", "now": 0, "met": 0})
        self.assertEqual(limits["limits.sign_on_delay"]["unit"], "seconds")
        self.assertEqual(limits["offline.max_messages"]["bound"], 1000)

    def test_page(self) -> None:
        """The operator's page says of every limit what a client hears."""
        page = (Path(__file__).parents[2] / "docs/operations/limits.md").read_text()
        rows = "".join(line.split("|")[1] for line in page.splitlines() if line.startswith("|"))
        missing = [name for name in self.daemon.ask("status")["limits"] if f"`{name}`" not in rows]
        self.assertEqual(missing, [])

    def test_levels(self) -> None:
        """Each level is that of whoever uses most of it."""
        hub = self.daemon.hub
        alice, bob = (self.house.on(self.house.person(name), prompt=False) for name in ("alice", "bob"))
        self.house.on(alice.session.account or "")
        for room in ("#tea", "#milk"):
            hub.rooms.join(alice.session, room)
        hub.rooms.join(bob.session, "#tea")
        hub.rooms.invite(alice.session, "#milk", "bob")
        hub.rooms.change(alice.session, "#tea", [ListChange(ListKind.BAN, "x!*@*", True)])
        for name in ("carol", "dave", "erin"):
            hub.presence.watch(bob.session, name)
        self.house.person("carol")
        self.house.wait(hub.rosters.ask(alice.session, "carol"))
        hub.offers.make(bob.session, "alice", "file 1")
        self.house.send(alice, "bob", "hello")
        levels = {name.partition(".")[2]: row["now"] for name, row in self.daemon.ask("status")["limits"].items()}
        wanted = {"sessions_per_account": 2, "rooms": 2, "rooms_per_account": 2, "room_members": 2, "room_masks": 1}
        wanted |= {"invites": 1, "offers": 1, "watches": 3, "contacts": 1, "window": 1, "traces": 1}
        self.assertEqual({name: levels[name] for name in wanted}, wanted)
        self.assertIsNone(levels["message_size"])

    def test_met(self) -> None:
        """What has met a limit is counted; a burst with its rate, for they are met together."""
        self.daemon.tally.count("rooms")
        self.daemon.tally.count("messages_per_second", 2)
        self.daemon.tally.count("offline.max_messages")
        met = {name: row["met"] for name, row in self.daemon.ask("status")["limits"].items() if row["met"]}
        self.assertEqual(
            met,
            {
                "limits.rooms": 1,
                "limits.messages_per_second": 2,
                "limits.message_burst": 2,
                "offline.max_messages": 1,
            },
        )

    def test_wrong_reload(self) -> None:
        """Wrong settings: the old ones stay, and the answer says which file, line and key."""
        self.daemon.reloading = SettingsError("imd.toml", 7, "limits.rooms", "-1 is not allowed")
        with self.assertRaises(Malformed) as refused:
            self.daemon.ask("reload")
        self.assertIn("old settings stay in force: imd.toml, line 7: limits.rooms", refused.exception.sentence)

    def test_history(self) -> None:
        """All that an account has said is handed out in pages, and erased."""
        alice = self.house.on(self.house.person("alice"))
        self.house.hub.rooms.join(alice.session, "#tea")
        for number in range(250):
            self.house.hub.rooms.say(alice.session, "#tea", Draft("#tea", f"line {number}"))
        self.house.turn()
        rows = [row for page in self.daemon.every_page("history export", name="Alice") for row in page]
        self.assertEqual(
            {(row["to"], row["body"]) for row in rows}, {("#tea@localhost", f"line {n}") for n in range(250)}
        )
        self.assertEqual(len({row["id"] for row in rows}), 250)
        self.assertEqual(self.daemon.ask("history erase", name="alice"), {"name": "alice", "messages": 250})
        self.assertEqual(self.daemon.ask("history export", name="alice")["rows"], [])
        with self.assertRaises(NoSuchAccount):
            self.daemon.ask("history export", name="nobody")
