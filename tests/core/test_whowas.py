"""Tests of `imd.core.whowas`: who is remembered, and to whom it is told."""

from imd.core.hub import Policy
from imd.core.limits import Limits
from imd.core.session import Presence, Session, State, Visibility
from tests.house import House, HouseTestCase, Recorder


class WhoWasTests(HouseTestCase):
    def names(self, watcher: Recorder, name: str) -> list[str]:
        """The origins under which `watcher` hears that `name` was here, without the hosts."""
        return [entry.origin.partition("@")[0] for entry in self.house.hub.people.was(watcher.session, name)]

    def hide(self, session: Session, visible_to: Visibility) -> None:
        self.house.wait(self.house.hub.people.set_privacy(session, visible_to=visible_to))

    def test_the_youngest_first(self) -> None:
        """Two guests of one name; who is on is not somebody who was."""
        watcher = self.house.on("watcher")
        gone: list[str] = []
        for _ in range(2):
            guest = self.house.on("ann")
            self.assertNotIn(
                guest.session.person.key, [e.key for e in self.house.hub.people.was(watcher.session, "ann")]
            )
            self.house.off(guest)
            gone.append(guest.session.person.key)
        keys = [entry.key for entry in self.house.hub.people.was(watcher.session, "ANN")]
        self.assertEqual(keys, gone[::-1])

    def test_a_name_left_behind(self) -> None:
        """Who changes her name has gone from the old one."""
        watcher, guest = self.house.on("watcher"), self.house.on("ann")
        self.house.wait(self.house.hub.people.rename_guest(guest.session, "anna"))
        self.assertEqual(len(self.names(watcher, "ann")), 1)
        self.assertEqual(self.names(watcher, "anna"), [])

    def test_who_hides_is_like_who_has_gone(self) -> None:
        """P5: invisible, hidden or blocking, she looks to the watcher exactly as when she had signed off."""
        bob = self.house.on(self.house.person("bob"))
        for number, how in enumerate(("gone", "invisible", "nobody", "contacts", "blocks")):
            one = self.house.on(self.house.person(f"one{number}"))
            name = one.session.address.name
            self.assertEqual(self.names(bob, name), [], how)
            if how == "gone":
                self.house.off(one)
            elif how == "invisible":
                self.house.hub.presence.update(one.session, Presence(State.INVISIBLE))
            elif how == "blocks":
                self.house.wait(self.house.hub.rosters.block(one.session, "bob"))
            else:
                self.hide(one.session, Visibility(how))
            self.house.turn()
            self.assertEqual(self.names(bob, name), [name], how)
            if how != "gone":
                # Her going is no news.
                self.house.off(one)
                self.assertEqual(self.names(bob, name), [name], how)

    def test_who_was_hidden_was_not_here(self) -> None:
        """P5: of whom the watcher could not see then she does not hear now."""
        bob = self.house.on(self.house.person("bob"))
        for number, how in enumerate(("invisible", "nobody", "contacts", "blocks", "blocked")):
            account = self.house.person(f"one{number}")
            one = self.house.on(account, presence=Presence(State.INVISIBLE))
            if how == "blocks":
                self.house.wait(self.house.hub.rosters.block(one.session, "bob"))
            elif how == "blocked":
                self.house.wait(self.house.hub.rosters.block(bob.session, account.name))
            elif how != "invisible":
                self.hide(one.session, Visibility(how))
            if how != "invisible":
                self.house.hub.presence.update(one.session, Presence())
            self.house.turn()
            self.house.off(one)
            self.assertEqual(self.names(bob, account.name), [], how)

    def test_contacts_hear(self) -> None:
        """Whom one may see as an approved contact one may have seen."""
        bob, ann = self.house.on(self.house.person("bob")), self.house.on(self.house.person("ann"))
        self.house.friends(bob, ann)
        self.hide(ann.session, Visibility.CONTACTS)
        self.house.turn()
        self.house.off(ann)
        self.assertEqual(set(self.names(bob, "ann")), {"ann"})
        self.assertEqual(len(self.names(bob, "ann")), 2)

    def test_bounded(self) -> None:
        """The elder are forgotten, and it is counted."""
        limits = Limits(whowas=3)
        self.house = House(Policy(limits=limits))
        watcher = self.house.on("watcher")
        for number in range(5):
            self.house.off(self.house.on(f"g{number}"))
        self.assertEqual([bool(self.names(watcher, f"g{number}")) for number in range(5)], [False] * 2 + [True] * 3)
        self.assertEqual(len(self.house.hub.people.whowas), 3)
        self.assertEqual(limits.tally.met["whowas"], 3)
