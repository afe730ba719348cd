"""What tests of presence share."""

from collections.abc import Sequence

from imd.core.session import Presence, PresenceView, Session, State, Visibility
from tests.house import HouseTestCase, Recorder

AVAILABLE, AWAY, BUSY, XA = State.AVAILABLE, State.AWAY, State.BUSY, State.EXTENDED_AWAY
INVISIBLE, OFFLINE = State.INVISIBLE, State.OFFLINE


def me(client: Recorder) -> Session:
    assert client.session is not None
    return client.session


class PresenceTestCase(HouseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice_account = self.house.person("alice")
        self.bob_account = self.house.person("bob")

    def says(self, client: Recorder, state: State, text: str = "", idle_since: float | None = None) -> None:
        """Without a turn of the reactor."""
        self.house.hub.presence.update(me(client), Presence(state, text, idle_since))

    def now_says(self, client: Recorder, state: State, text: str = "", idle_since: float | None = None) -> None:
        self.says(client, state, text, idle_since)
        self.house.turn()

    def privacy(self, client: Recorder, visible_to: Visibility | None = None, share: bool | None = None) -> None:
        self.house.wait(self.house.hub.people.set_privacy(me(client), visible_to, share))
        self.house.turn()

    def watch(self, watcher: Recorder, name: str) -> PresenceView:
        return self.house.hub.presence.watch(me(watcher), name)

    def view(self, watcher: Recorder, name: str) -> tuple[State, str]:
        view = self.house.hub.presence.view(me(watcher), name)
        return view.state, view.text

    def taken(self, client: Recorder) -> list[tuple[str, State, str]]:
        """What the client has been told since this was asked last."""
        views, client.views = client.views, []
        return [(view.person.name, view.state, view.text) for view in views]

    def calls(self, client: Recorder) -> list[int]:
        """A list that grows by the number of views of each call."""
        told: list[int] = []
        record = client.presence_changed

        def presence_changed(views: Sequence[PresenceView]) -> None:
            told.append(len(views))
            record(views)

        client.presence_changed = presence_changed  # type: ignore[method-assign]
        return told
