"""Offers by DCC, of which a session may have so many open, and invitations, of which a person may."""

from imd.core.hub import Policy
from imd.core.limits import Limits
from tests.protocols.irc.test_messaging import untagged
from tests.protocols.irc.world import IrcTestCase, User, World, numerics


class OfferTests(IrcTestCase):
    def setUp(self) -> None:
        self.world = World(policy=Policy(limits=Limits(offers=2, invites=1)))
        self.ann, self.bob = self.world.member("ann", "standard-replies"), self.world.member("bob")

    def offer(self, user: User, text: str) -> list[str]:
        return untagged(user.said(f"PRIVMSG bob :\x01DCC {text}\x01"))

    def test_too_many(self) -> None:
        """The next one is refused in a line that says so, and not passed on; other messages are."""
        for text in ("SEND tea.pdf 2130706433 5000 48211", "CHAT chat 2130706433 5001"):
            self.assertEqual(self.offer(self.ann, text), [])
            self.assertEqual(untagged(self.bob.take()), [f"PRIVMSG bob :\x01DCC {text}\x01"])
        (refused,) = self.offer(self.ann, "SEND milk.pdf 2130706433 5000 48211")
        self.assertEqual(refused, "FAIL PRIVMSG TOO_MANY bob :No more than 2 open offers are allowed.")
        self.assertEqual(self.bob.take(), [])
        self.assertEqual(self.ann.said("PRIVMSG bob :\x01VERSION\x01"), [])

    def test_settled(self) -> None:
        """By taking (RESUME) or declining (REJECT) it; to whom it cannot be made it is not open."""
        for text, answer in (
            ("SEND tea.pdf 1 2 3", "NOTICE ann :\x01DCC REJECT SEND tea.pdf\x01"),
            ("SEND milk.pdf 1 2 3", "PRIVMSG ann :\x01DCC RESUME milk.pdf 2 1\x01"),
            ("CHAT chat 1 2", "NOTICE ann :\x01DCC REJECT CHAT chat\x01"),
            ('SEND "my tea.pdf" 1 2 3', 'PRIVMSG ann :\x01DCC RESUME "my tea.pdf" 2 1\x01'),
        ):
            self.assertEqual(self.offer(self.ann, text), [])
            self.bob.said(answer)
            self.assertEqual(self.world.hub.offers.most(), 0, text)
        self.ann.said("PRIVMSG nobody :\x01DCC CHAT chat 1 2\x01")
        self.assertEqual(self.world.hub.offers.most(), 0)

    def test_invitations(self) -> None:
        """One that is too many is refused as such."""
        self.ann.said("JOIN #tea")
        self.world.member("carol")
        self.assertEqual(numerics(self.ann.said("INVITE bob #tea")), ["341"])
        (refused,) = untagged(self.ann.said("INVITE carol #tea"))
        self.assertEqual(refused, "FAIL INVITE TOO_MANY carol :No more than 1 open invitations are allowed.")
