"""Signals as tags of a message, and back."""

from twisted.trial.unittest import SynchronousTestCase

from imd.messages import signals


class TagTests(SynchronousTestCase):
    """`to_tags` and `from_tags`."""

    def test_there_and_back(self) -> None:
        """A signal survives; who it is from, to whom and when is the message's matter."""
        offer = signals.FileOffer(ref=5, to="bob", from_="forged@x", time=1.0, offer="f", name="a", size=1)
        again = signals.from_tags(signals.to_tags(offer), "alice@x", "bob@x", 2.0)
        wanted = signals.FileOffer(to="bob@x", from_="alice@x", time=2.0, offer="f", name="a", size=1)
        self.assertEqual(again, wanted)
        self.assertNotIn("forged", str(signals.to_tags(offer)))

    def test_typing_is_the_one_of_irc(self) -> None:
        """Typing is the IRCv3 client-only tag of that name, so that it crosses doors."""
        self.assertEqual(signals.to_tags(signals.Typing(state="paused")), {"typing": "paused"})
        self.assertEqual(
            signals.from_tags({"typing": "done", "draft/x": "y"}, "a", "b", 1.0),
            signals.Typing(from_="a", to="b", time=1.0, state="done"),
        )

    def test_tags_cannot_forge_a_signal(self) -> None:
        """Free tags do not become another signal."""
        tags = signals.Tags(tags={"typing": "active", signals.TAG: "{}", "draft/react": "x"})
        self.assertEqual(signals.to_tags(tags), {"draft/react": "x"})

    def test_nothing_in_it(self) -> None:
        """Tags that say nothing, or what is no signal, give none."""
        for tags in ({}, {"typing": "loud"}, {signals.TAG: "{"}, {signals.TAG: '{"type":"call-end"}'}):
            self.assertIsNone(signals.from_tags(tags, "a", "b", 1.0))
