"""A site's member signs on by IRC, with the site's token (SASL OAUTHBEARER, RFC 7628)."""

import base64

from imd.credentials.front import CredentialRules
from tests.credentials.signing import SECRET, site, token
from tests.protocols.irc.world import NOW, IrcTestCase, User, World, numerics
from tests.tokens import message

RULES = CredentialRules(domain="localhost", scram_iterations=4096, sign_on_delay=0, token_sites=(site("own", "HS256"),))

FAILURE = base64.b64encode(b'{"status":"invalid_token"}').decode()


class OAuthBearerTests(IrcTestCase):
    def setUp(self) -> None:
        self.world = World(rules=RULES)

    def show(self, user: User, signed: str) -> list[str]:
        user.send("AUTHENTICATE OAUTHBEARER")
        user.take()
        text = base64.b64encode(message(signed)).decode()
        chunks = [text[at : at + 400] for at in range(0, len(text), 400)]
        if len(chunks[-1]) == 400:
            chunks.append("+")
        for chunk in chunks[:-1]:
            user.send(f"AUTHENTICATE {chunk}")
        return user.said(f"AUTHENTICATE {chunks[-1]}")

    def test_offered(self) -> None:
        """It is listed where a site has keys, and nowhere else."""
        listed = [line for line in self.world.user().said("CAP LS 302") if "sasl=" in line]
        self.assertIn("OAUTHBEARER", "".join(listed))
        without = [line for line in World().user().said("CAP LS 302") if "sasl=" in line]
        self.assertNotIn("OAUTHBEARER", "".join(without))

    def test_signs_on(self) -> None:
        """The member is her account from then on, and that is her nick."""
        user = self.world.user()
        user.send("CAP LS 302", "NICK whoever", "USER x 0 * :x")
        self.assertEqual(numerics(self.show(user, token(NOW, aud="localhost"))), ["900", "903"])
        user.send("CAP END")
        self.assertIsNotNone(self.world.hub.people.find("maria"))

    def test_refused(self) -> None:
        """What is wrong is said as the mechanism has it, and then as IRC has it; why, where that is no secret."""
        user = self.world.user()
        user.send("CAP LS 302")
        for signed, words in (
            (token(NOW, aud="localhost", key=SECRET + "!"), "SASL authentication failed"),
            (token(NOW, aud="localhost", exp=NOW - 3600), "The token has expired"),
        ):
            self.assertEqual(self.show(user, signed), [f"AUTHENTICATE {FAILURE}"])
            (failed,) = user.said("AUTHENTICATE AQ==")
            self.assertIn(" 904 ", failed)
            self.assertIn(words, failed)
