"""Members of sites: signed on by a token of the site, to the account that they have behind every door."""

import base64

import msgspec
from twisted.trial.unittest import SynchronousTestCase

from imd.credentials.operators import OperatorLogin
from imd.credentials.site_tokens import TokenSite
from imd.protocols.native import signon
from tests.credentials.signing import SECRET, site, token
from tests.house import NOON
from tests.protocols.native.visiting import PAGE, Page, Shop


def shop(*sites: TokenSite, operators: tuple[OperatorLogin, ...] = ()) -> Shop:
    return Shop(token_sites=sites or (site(),), operators=operators)


def signed(name: str = "maria", **claims: object) -> str:
    return token(NOON, sub=name, aud="localhost", **claims)  # type: ignore[arg-type]


class Members(SynchronousTestCase):
    def come(self, where: Shop, page: Page | None = None, name: str = "maria", **claims: object) -> Page:
        page = page or where.page()
        answer = page.show(signed(name, **claims))
        self.assertEqual(answer["type"], "authenticated", answer)
        welcome = page.ask("session", client="imd-web")
        self.assertEqual(welcome["type"], "welcome")
        page.ticket = welcome["token"]
        return page

    def test_first_and_again(self) -> None:
        """The first sign-on makes the account, which is an account like any other; the next one finds it."""
        where = shop()
        page = self.come(where, name="Maria")
        account = page.session.me.account
        assert account is not None
        self.assertEqual((account.name, account.site, account.visitor), ("Maria", "shop", False))
        again = self.come(where, name="maria")
        assert again.session.me.account is not None
        self.assertEqual(again.session.me.account.id, account.id)
        where.on(where.person("bob"))
        self.assertEqual(again.send("bob")["outcome"], "accepted")
        self.assertEqual(again.ask("roster-ask", name="bob")["type"], "contact")
        self.assertEqual(again.ask("join", room="#mine")["type"], "room")

    def test_what_the_site_says(self) -> None:
        """Name and e-mail address are what the site says; the latter is kept with the account, and shown to nobody."""
        where = shop()
        page = self.come(where, name="maria", email="maria@example.org")
        me = page.session.me
        self.assertEqual(where.hub.visitors.introduction(me.person).email, "maria@example.org")
        page.leave()
        where.restart()
        account = where.wait(where.accounts.resolve("maria"))
        self.assertEqual(where.wait(where.hub.visitors.email(account)), "maria@example.org")

    def test_real_name(self) -> None:
        """The name is what others are shown; one that cannot be shown, or an address that is none, is left out."""
        where = shop()
        page = where.page()
        page.show(token(NOON, aud="localhost", name="María Núñez"))
        page.ask("session")
        self.assertEqual(page.session.me.info.realname, "María Núñez")
        for wrong in ("a\nb", "x" * 1000):
            page = where.page()
            page.show(token(NOON, sub="eve", aud="localhost", name=wrong, email="no address"))
            page.ask("session")
            self.assertEqual(page.session.me.info.realname, "")
            self.assertEqual(where.hub.visitors.introduction(page.session.me.person).email, "")

    def test_not_for_staff(self) -> None:
        """What her site calls her is its own to say; but she does not call herself like those who answer, at this site
        or another, unless she is one of them."""
        where = shop()
        page = where.page()
        page.show(token(NOON, aud="localhost", name="Alice of Sales"))
        page.ask("session")
        me = page.session.me
        self.assertEqual(me.info.realname, "Alice of Sales")
        for name in ("Sa1es", "alice", "Bob", "NickServ"):
            self.assertEqual(page.ask("set-realname", realname=name)["type"], "ok")
            self.assertEqual(me.info.realname, me.address.name, name)
        page.ask("set-realname", realname="Alice of Sales")
        self.assertEqual(me.info.realname, "Alice of Sales")
        page.ask("set-realname", realname="Mary")
        self.assertEqual(me.info.realname, "Mary")
        agent = self.come(where, name="carol")
        agent.ask("set-realname", realname="Carol (Sales)")
        self.assertEqual(agent.session.me.info.realname, "Carol (Sales)")

    def test_own(self) -> None:
        """A site signs on accounts of its own making: nobody else's, no other site's, and no visitor."""
        where = shop(site("own", "HS256"), site("own", "HS256", name="bank"))
        where.person("alice")
        self.come(where, name="maria")
        visitor = where.visitor()
        for name in ("alice", visitor.name):
            self.assertEqual(where.page().show(signed(name))["code"], "sign-on-failed")
        self.assertEqual(where.page().show(signed("maria", iss="bank"))["code"], "sign-on-failed")

    def test_any(self) -> None:
        """A site that may signs on whoever there is, but for visitors."""
        where = shop(site("any", "HS256"))
        alice = where.person("alice")
        page = self.come(where, name="alice")
        assert page.session.me.account is not None
        self.assertEqual(page.session.me.account.id, alice.id)
        self.assertEqual(where.page().show(signed(where.visitor().name))["code"], "sign-on-failed")

    def test_none(self) -> None:
        """A site that may not signs on nobody."""
        self.assertEqual(shop(site("none")).page().show(signed())["code"], "sign-on-failed")

    def test_operators(self) -> None:
        """No site signs on an operator's account, nor makes one."""
        logins = (
            OperatorLogin(name="root", account="Root"),
            OperatorLogin(name="ops", account="olga", certificate="x"),
        )
        where = shop(site("any"), operators=logins)
        where.person("olga")
        for name in ("root", "ROOT", "olga"):
            self.assertEqual(where.page().show(signed(name))["code"], "sign-on-failed")
        self.assertIsNone(where.wait(where.accounts.by_name("root")))

    def test_staff_of_others(self) -> None:
        """A site makes no account that the settings name among those who answer at another site; its own staff it may
        sign on from the first time."""
        where = shop(site("own", "HS256"), site("own", "HS256", name="bank"))
        for name in ("alice", "Carol"):
            self.assertEqual(where.page().show(signed(name, iss="bank"))["code"], "sign-on-failed")
        self.assertIsNone(where.wait(where.accounts.by_name("alice")))
        for name in ("alice", "Carol"):
            self.assertEqual(where.page().show(signed(name))["type"], "authenticated")
        self.assertEqual(where.page().show(signed("bob"))["code"], "sign-on-failed")

    def test_impossible_names(self) -> None:
        """A site cannot make accounts that nobody could have."""
        where = shop()
        for name in ("", "a b", "#room", "nickserv", "sales", "x" * 31, "maria@elsewhere.org", "1st"):
            self.assertEqual(where.page().show(signed(name))["code"], "sign-on-failed", name)
        where.person("Ian")
        # "l" for "I".
        self.assertEqual(where.page().show(signed("lan"))["code"], "sign-on-failed")

    def test_in_full(self) -> None:
        """The account may be named by its address, and said again by the client."""
        where = shop()
        self.assertEqual(where.page().show(signed("maria@localhost"), "maria")["type"], "authenticated")
        self.assertEqual(where.page().show(signed("maria"), "maria@localhost")["type"], "authenticated")
        self.assertEqual(where.page().show(signed("maria"), "admin")["code"], "sign-on-failed")

    def test_forged_and_expired(self) -> None:
        """A forged token is a failed sign-on; one that has expired says so, and another may follow at once."""
        where = shop()
        page = where.page()
        self.assertEqual(page.show(signed(key=SECRET + "!"))["code"], "sign-on-failed")
        expired = page.show(signed(exp=NOON - 3600))
        self.assertEqual((expired["type"], expired["code"]), ("error", "token-expired"))
        self.assertEqual(page.show(signed())["type"], "authenticated")
        self.assertIsNone(where.wait(where.accounts.by_name("nobody")))

    def test_resumed(self) -> None:
        """Her session may be resumed for a day without another token, and no longer: who is a member her site says."""
        where = shop()
        for seconds, answer in ((86_300, "welcome"), (86_500, "error")):
            page = where.page()
            page.show(token(where.reactor.seconds(), aud="localhost"))
            ticket = page.ask("session")["token"]
            page.leave()
            where.turn(seconds)
            self.assertEqual(where.page().ask("resume", token=ticket)["type"], answer)

    def test_resumed_again_and_again(self) -> None:
        """A day is a day: it does not begin anew each time she resumes, whoever made the account and however her client
        shows its ticket."""
        for members in ("own", "any"):
            where = shop(site(members, "HS256"))
            if members == "any":
                where.person("maria")
            page = self.come(where)
            ticket = page.ticket
            for hours in (10, 10):
                page.leave()
                where.turn(hours * 3600)
                page = where.page()
                ticket = page.ask("resume", token=ticket)["token"]
            page.leave()
            data = base64.b64encode(ticket.encode()).decode()
            page = where.page(msgspec.structs.replace(PAGE, door="native"))
            self.assertEqual(page.ask("authenticate", mechanism="TOKEN", data=data)["type"], "authenticated")
            ticket = page.ask("session")["token"]
            page.leave()
            where.turn(3 * 3600)
            self.assertEqual(where.page().ask("resume", token=ticket[:-2] + "99")["code"], "sign-on-failed")
            where.turn(2 * 3600)
            self.assertEqual(where.page().ask("resume", token=ticket)["code"], "sign-on-failed", members)

    def test_suspended(self) -> None:
        """Who is suspended stays out, whatever her site says."""
        where = shop()
        self.come(where).leave()
        where.wait(where.accounts.suspend(where.wait(where.accounts.resolve("maria"))))
        self.assertEqual(where.page().show(signed())["code"], "suspended")

    def test_reload(self) -> None:
        """A reload takes keys away and brings others."""
        where = shop(site("own", "HS256"))
        page = where.page()
        where.token_sites = (site("own", "EdDSA"),)
        where.credentials.apply(where.rules())
        self.assertEqual(page.show(signed())["code"], "sign-on-failed")
        self.assertEqual(page.show(token(NOON, "EdDSA", aud="localhost"))["type"], "authenticated")

    def test_taken_back(self) -> None:
        """Whoever is on by a key that the site has taken back is on no more, nor comes back by resuming, whatever she
        resumed since, and after a restart; who is on by another key, or a password, stays."""
        where = shop(site("any", "HS256", "EdDSA"))
        alice = where.on(where.person("alice"))
        here = self.come(where)
        away = self.come(where, name="dora")
        away.leave()
        resumed = where.page()
        ticket = resumed.ask("resume", token=away.ticket)["token"]
        resumed.leave()
        by_other = where.page()
        by_other.show(token(NOON, "EdDSA", sub="mona", aud="localhost"))
        by_other.ask("session")

        def reload(*sites: TokenSite) -> None:
            where.token_sites = sites
            where.credentials.apply(where.rules())
            where.hub.people.disown(where.credentials.stands)
            where.turn(0.1)

        reload(site("any", "EdDSA", "HS256"))
        self.assertEqual(here.ask("whoami")["type"], "account")
        reload(site("any", "EdDSA"))
        here.heard()
        self.assertEqual([each["code"] for each in here.unasked if each["type"] == "bye"], ["sign-on-failed"])
        self.assertIsNone(alice.ended)
        self.assertEqual(by_other.ask("whoami")["type"], "account")
        where.restart()
        for old in (here.ticket, ticket):
            self.assertEqual(where.page().ask("resume", token=old)["code"], "sign-on-failed")

    def test_fewer_members(self) -> None:
        """So it is where a site may sign on fewer than it might; and nobody notices where it may sign on more."""
        for before, after, stays in (("any", "own", False), ("own", "any", True), ("own", "none", False)):
            where = shop(site(before, "HS256"))
            self.come(where)
            where.token_sites = (site(after, "HS256"),)
            where.credentials.apply(where.rules())
            where.hub.people.disown(where.credentials.stands)
            self.assertEqual(where.hub.people.find("maria") is not None, stays, (before, after))

    def test_taken_back_meanwhile(self) -> None:
        """A key that is taken back between a token and the session that follows it begins none."""
        where = shop(site("own", "HS256"))
        page = where.page()
        self.assertEqual(page.show(signed())["type"], "authenticated")
        where.token_sites = (site("own", "EdDSA"),)
        where.credentials.apply(where.rules())
        self.assertEqual(page.ask("session")["code"], "sign-on-failed")
        self.assertIsNone(where.hub.people.find("maria"))

    def test_offered(self) -> None:
        """The mechanism is offered where a site has keys, and only where a password might be sent, too."""
        plain = msgspec.structs.replace(PAGE, secure=False)
        for where, peer, offered in (
            (shop(), PAGE, True),
            (shop(), plain, False),
            (Shop(), PAGE, False),
        ):
            mechanisms = signon.hello(where.page(peer).session).mechanisms
            self.assertEqual("OAUTHBEARER" in mechanisms, offered)
            if not offered:
                self.assertEqual(where.page(peer).show(signed())["code"], "mechanism-refused")

    def test_other_doors(self) -> None:
        """A member's account is the same by the native protocol without a page."""
        where = shop()
        page = self.come(where, where.page(msgspec.structs.replace(PAGE, door="native", origin="")))
        self.assertEqual(page.address, "")
        self.assertEqual(page.session.me.address.name, "maria")

    def test_no_visitor_any_more(self) -> None:
        """Who was a visitor and turns out to be a member signs on as that; the visitor stays who she was."""
        where = shop()
        visitor = where.visitor()
        self.come(where)
        self.assertEqual(where.page().ask("visit", secret=visitor.secret)["type"], "authenticated")
