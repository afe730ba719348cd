"""A site's member signs on by IRC, with the site's token (SASL OAUTHBEARER, RFC 7628)."""

import base64

import msgspec

from imd.credentials.rules import CredentialRules
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

    def test_not_for_ever(self) -> None:
        """Who is here by a site's token neither changes how her account is signed on to, nor ends it: whoever has a key
        that leaked, or is a member no more, would have it for good."""
        self.world = World(
            rules=msgspec.structs.replace(RULES, token_sites=(site("any", "HS256"),)),
        )
        self.world.run(self.world.credentials.create_account("maria", "old password"))
        user = self.world.user()
        user.send("CAP LS 302", "NICK whoever", "USER x 0 * :x")
        self.show(user, token(NOW, aud="localhost"))
        user.send("CAP END")
        user.take()
        code = user.said("NS UNREGISTER maria")[-1].split()[-1]
        for command in (
            "SET PASSWORD mine from now on",
            "SET PASS mine",
            f"CERT ADD {'ab' * 32}",
            f"CERT DEL {'ab' * 32}",
            "UNREGISTER maria",
            f"UNREGISTER maria {code}",
            "PASSWD guess mine",
        ):
            said = " ".join(user.said(f"NS {command}"))
            self.assertTrue("site's token" in said or "Password incorrect" in said, said)
        account = self.world.run(self.world.accounts.resolve("maria"))
        self.assertEqual(account.certificates, ())
        again = self.world.user()
        again.send("CAP LS 302", "NICK maria", "USER x 0 * :x", "AUTHENTICATE PLAIN")
        again.take()
        plain = base64.b64encode(b"\0maria\0old password").decode()
        self.assertEqual(numerics(again.said(f"AUTHENTICATE {plain}")), ["900", "903"])
        again.send("CAP END")
        again.take()
        self.assertIn("Password changed", " ".join(again.said("NS SET PASSWORD another one")))
