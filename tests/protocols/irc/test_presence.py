"""Tests of `imd.protocols.irc.presence`: AWAY, MONITOR, and what watchers hear."""

from imd.core.hub import Policy
from imd.core.limits import Limits
from imd.core.session import State, Visibility
from tests.protocols.irc.other_door import befriend, sign_on
from tests.protocols.irc.world import IrcTestCase, World, numerics

HOST = "localhost"


class AwayTests(IrcTestCase):
    def test_away_and_back(self) -> None:
        """306 and 305; the state is the core's, with its text."""
        alice = self.world.guest("alice")
        self.assertEqual(alice.said("AWAY :lunch"), [f":{HOST} 306 alice :You have been marked as being away"])
        self.assertEqual((alice.session.me.presence.state, alice.session.me.presence.text), (State.AWAY, "lunch"))
        for back in ("AWAY", "AWAY :"):
            self.assertEqual(alice.said(back), [f":{HOST} 305 alice :You are no longer marked as being away"])
        self.assertEqual((alice.session.me.presence.state, alice.session.me.presence.text), (State.AVAILABLE, ""))

    def test_a_long_text_is_cut(self) -> None:
        """AWAYLEN."""
        alice = self.world.guest("alice")
        alice.said("AWAY :" + "x" * 400)
        self.assertEqual(alice.session.me.presence.text, "x" * 300)


class MonitorTests(IrcTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.watcher = self.world.guest("watcher")

    def test_coming_and_going(self) -> None:
        """https://ircv3.net/specs/extensions/monitor: 731, 730, 731."""
        self.assertEqual(self.watcher.said("MONITOR + bob"), [f":{HOST} 731 watcher :bob"])
        bob = self.world.guest("bob")
        self.assertEqual(self.watcher.take(), [f":{HOST} 730 * :{bob.session.source}"])
        bob.said("QUIT")
        self.assertEqual(self.watcher.take(), [f":{HOST} 731 * :bob"])

    def test_several_at_once(self) -> None:
        """Those who are on in one line, the others in another; S tells again, L lists, C clears."""
        bob = self.world.guest("bob")
        states = [f":{HOST} 730 watcher :{bob.session.source}", f":{HOST} 731 watcher :Carol,dave"]
        self.assertEqual(self.watcher.said("MONITOR + bob,Carol,dave"), states)
        self.assertEqual(self.watcher.said("MONITOR S"), states)
        self.assertEqual(
            self.watcher.said("MONITOR L"),
            [f":{HOST} 732 watcher :bob,Carol,dave", f":{HOST} 733 watcher :End of MONITOR list"],
        )
        self.assertEqual(self.watcher.said("MONITOR - BOB"), [])
        self.assertEqual(self.watcher.said("MONITOR C"), [])
        self.assertEqual(numerics(self.watcher.said("MONITOR L")), ["733"])
        bob.said("QUIT")
        self.assertEqual(self.watcher.take(), [])

    def test_what_is_no_nick_is_not_watched(self) -> None:
        """ "target MUST be a valid nick": masks are refused silently."""
        self.assertEqual(self.watcher.said("MONITOR + *!bob@localhost,b*b"), [])
        self.world.guest("bob")
        self.assertEqual(self.watcher.take(), [])

    def test_a_full_list(self) -> None:
        """734 with the limit and those not added; the others are."""
        self.world = World(policy=Policy(limits=Limits(watches=2)))
        watcher = self.world.guest("watcher")
        self.assertEqual(
            watcher.said("MONITOR + a,b,c,d"),
            [f":{HOST} 731 watcher :a,b", f":{HOST} 734 watcher 2 c,d :Monitor list is full."],
        )

    def test_a_new_nick_is_one_name_going_and_another_coming(self) -> None:
        """A change of case is neither."""
        self.watcher.said("MONITOR + qux,bar")
        baz = self.world.guest("baz")
        self.assertEqual(self.watcher.take(), [])
        baz.said("NICK qux")
        self.assertEqual(self.watcher.take(), [f":{HOST} 730 * :{baz.session.source}"])
        baz.said("NICK QUX")
        self.assertEqual(self.watcher.take(), [])
        baz.said("NICK bar")
        self.assertEqual(self.watcher.take(), [f":{HOST} 731 * :QUX", f":{HOST} 730 * :{baz.session.source}"])

    def test_accounts_on_by_another_door(self) -> None:
        """They come and go like anybody; turning invisible is going."""
        self.watcher.said("MONITOR + alice")
        alice = sign_on(self.world, "alice")
        self.assertEqual(numerics(self.watcher.take()), ["730"])
        alice.says(State.INVISIBLE)
        self.assertEqual(self.watcher.take(), [f":{HOST} 731 * :alice"])
        alice.says(State.AVAILABLE)
        self.assertEqual(numerics(self.watcher.take()), ["730"])
        alice.leaves()
        self.assertEqual(self.watcher.take(), [f":{HOST} 731 * :alice"])

    def test_a_second_session_is_no_second_coming(self) -> None:
        """A person comes once."""
        self.watcher.said("MONITOR + alice")
        alice = self.world.member("alice")
        self.watcher.take()
        second = self.world.member("alice")
        alice.said("QUIT")
        self.assertEqual(self.watcher.take(), [])
        second.said("QUIT")
        self.assertEqual(numerics(self.watcher.take()), ["731"])

    def test_who_may_not_see_sees_somebody_offline(self) -> None:
        """P5: visible to nobody or contacts only."""
        alice = sign_on(self.world, "alice")
        for visibility in (Visibility.NOBODY, Visibility.CONTACTS):
            self.world.run(self.world.hub.people.set_privacy(alice.session, visible_to=visibility))
            self.assertEqual(self.watcher.said("MONITOR + alice"), [f":{HOST} 731 watcher :alice"])
            alice.says(State.AWAY)
            alice.says(State.AVAILABLE)
            self.assertEqual(self.watcher.take(), [])
            self.watcher.said("MONITOR C")
        self.world.run(self.world.hub.people.set_privacy(alice.session, visible_to=Visibility.EVERYONE))
        self.watcher.said("MONITOR + alice")
        self.world.run(self.world.hub.people.set_privacy(alice.session, visible_to=Visibility.NOBODY))
        self.assertEqual(self.watcher.take()[-1], f":{HOST} 731 * :alice")

    def test_what_is_no_subcommand(self) -> None:
        """It is said so."""
        self.assertEqual(numerics(self.watcher.said("MONITOR ?", "MONITOR")), ["400", "461"])


class ExtendedMonitorTests(IrcTestCase):
    def test_away_of_those_one_watches(self) -> None:
        """https://ircv3.net/specs/extensions/extended-monitor, with away-notify."""
        watcher = self.world.guest("watcher", "away-notify", "extended-monitor")
        bob = self.world.guest("bob")
        watcher.said("MONITOR + bob")
        bob.said("AWAY :afk")
        self.assertEqual(watcher.take(), [f":{bob.session.source} AWAY :afk"])
        bob.said("AWAY")
        self.assertEqual(watcher.take(), [f":{bob.session.source} AWAY"])

    def test_once_also_for_who_shares_a_room(self) -> None:
        """Two reasons to hear of it are one line."""
        watcher = self.world.guest("watcher", "away-notify", "extended-monitor")
        bob = self.world.guest("bob")
        for user in (watcher, bob):
            user.said("JOIN #tea")
        watcher.said("MONITOR + bob")
        bob.said("AWAY :afk")
        self.assertEqual(watcher.take(), [f":{bob.session.source} AWAY :afk"])

    def test_without_the_capabilities(self) -> None:
        """extended-monitor alone, or away-notify alone without a shared room, says nothing of it."""
        bob = self.world.guest("bob")
        for nick, cap in (("one", "extended-monitor"), ("two", "away-notify")):
            watcher = self.world.guest(nick, cap)
            watcher.said("MONITOR + bob")
            bob.said("AWAY :afk", "AWAY")
            bob.said("AWAY :afk")
            self.assertEqual(watcher.take(), [])
            bob.said("AWAY")

    def test_idle_is_not_away(self) -> None:
        """A change that AWAY cannot say is not said."""
        watcher = self.world.member("watcher", "away-notify", "extended-monitor")
        alice = sign_on(self.world, "alice")
        befriend(self.world, "watcher", "alice")
        watcher.said("MONITOR + alice")
        alice.says(State.AWAY, "lunch")
        self.assertEqual(len(watcher.take()), 1)
        alice.says(State.AWAY, "lunch", idle_since=1.0)
        self.assertEqual(watcher.take(), [])
        alice.says(State.BUSY, "lunch")
        self.assertEqual(watcher.take(), [])
        alice.says(State.BUSY, "a meeting")
        self.assertEqual([line.partition(" :")[2] for line in watcher.take()], ["a meeting"])


class BuddyTests(IrcTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.watcher = self.world.member("watcher")
        self.alice = sign_on(self.world, "alice")
        befriend(self.world, "watcher", "alice")

    def heard(self) -> list[str]:
        """What the watcher has read, without who said it."""
        return [line.removeprefix(f":BuddyServ!service@{HOST} NOTICE watcher :") for line in self.watcher.take()]

    def test_a_client_without_monitor_gets_notices(self) -> None:
        """On, away, back, changed text, invisible, off."""
        for state, text, expected in [
            (State.AWAY, "lunch", "alice is now away: lunch."),
            (State.AWAY, "dinner", "alice is now away: dinner."),
            (State.AVAILABLE, "", "alice is back online."),
            (State.AVAILABLE, "writing", "alice is now online: writing."),
            (State.INVISIBLE, "", "alice is now offline."),
            (State.BUSY, "", "alice is now online (busy)."),
        ]:
            self.alice.says(state, text)
            self.assertEqual(self.heard(), [expected])
        self.alice.says(State.BUSY, idle_since=1.0)
        self.assertEqual(self.heard(), [])
        self.alice.leaves()
        self.assertEqual(self.heard(), ["alice is now offline."])
        sign_on(self.world, "alice")
        self.assertEqual(self.heard(), ["alice is now online."])

    def test_a_buddy_who_is_watched_is_told_by_monitor(self) -> None:
        """Notices are only for what MONITOR does not say to this client, who has no extended-monitor: away."""
        self.watcher.said("MONITOR + alice")
        self.alice.says(State.AWAY)
        self.assertEqual(self.heard(), ["alice is now away."])
        self.alice.leaves()
        self.assertEqual(self.heard(), [f":{HOST} 731 * :alice"])

    def test_a_buddy_in_a_room_is_told_by_away_notify(self) -> None:
        """Coming and going is still a notice: a room tells nothing of who is elsewhere."""
        self.watcher.said("CAP REQ away-notify", "JOIN #tea")
        self.world.hub.rooms.join(self.alice.session, "#tea")
        self.watcher.take()
        self.alice.says(State.AWAY, "lunch")
        (line,) = self.heard()
        self.assertTrue(line.startswith(":alice!") and line.endswith(" AWAY :lunch"))
        self.alice.leaves()
        self.assertEqual([line.split(" ")[-1] for line in self.heard()], ["", "offline."])

    def test_a_renamed_buddy(self) -> None:
        """The buddy list follows the person."""
        account = self.alice.session.account
        assert account is not None
        self.world.run(self.world.accounts.rename(account, "alicia"))
        self.world.turn()
        self.assertEqual(self.heard(), ["alice is now called alicia (online)."])

    def test_a_storm_is_one_notice_each(self) -> None:
        """Changes within one turn are seen as their outcome."""
        presence = self.world.hub.presence
        for text in ("a", "b", "c"):
            presence.update(self.alice.session, self.alice.session.presence.__class__(State.AWAY, text))
        self.assertEqual(self.heard(), ["alice is now away: c."])
