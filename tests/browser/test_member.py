"""Members: the site says by a signed token who they are."""

import time

from tests.browser.case import BrowserTestCase
from tests.browser.tokens import SigningSite
from tests.browser.widget import Widget
from tests.daemon import RunningDaemon

#: Written in the page: tokens that the site gives in answer to `token-expired`, and what the widget told.
_RENEWING = """
token => {
  document.told = [];
  imd.on("token-expired", event => {
    document.told.push(event.code ?? event.problem?.code);
    imd.identify(token).then(() => document.told.push("identified"), error => document.told.push(String(error)));
  });
}
"""


class Members(BrowserTestCase):
    def setUp(self) -> None:
        self.site = SigningSite()

    async def house_with_members(self) -> RunningDaemon:
        return await self.shop("alice", site={"keys": self.site.keys, "rooms": ["#tea"]})

    async def member(self, token: str, **data: str) -> Widget:
        """A page whose tag has this token."""
        return await self.visitor(data={"token": token, **data})

    async def on(self, daemon: RunningDaemon) -> list[str]:
        return sorted(row["name"] for row in (await daemon.ask("who"))["rows"])

    async def test_signed_by_a_shared_secret(self) -> None:
        """HS256: the member is on under the account's name, and its own client sees what the page says."""
        await self.signs_on("shared")

    async def test_signed_by_a_key_pair(self) -> None:
        """EdDSA: the daemon knows the public half only."""
        await self.signs_on("pair")

    async def signs_on(self, key: str) -> None:
        daemon = await self.house_with_members()
        alice = await self.irssi(daemon, "alice")
        dora = await self.member(self.site.token("dora", key, name="Dora Spenlow"), agents="sales")
        await self.until("dora", lambda: self.is_on(daemon, "dora"))
        await alice.say("/whois dora")
        await alice.sees("Dora Spenlow")
        await alice.say("/msg dora Hello, Dora")
        await dora.open()
        await dora.back()
        await dora.find("alice")
        await dora.shows("Hello, Dora")
        await dora.say("Hello, Alice")
        await alice.hears("dora", "dora", "Hello, Alice")

    async def test_forged(self) -> None:
        """A token that another has signed lets nobody in, whatever its algorithm; the widget says so."""
        daemon = await self.house_with_members()
        for key in "shared", "pair":
            mallory = await self.member(self.site.token("alice", key, forged=True), agents="sales")
            await mallory.tab.do(mallory.launcher.click())
            await mallory.notes("You could not be signed on.")
            await mallory.tab.close()
        self.assertEqual(await self.on(daemon), [])

    async def test_expired(self) -> None:
        """A token that has expired is told as `token-expired`; with a fresh one the member goes on."""
        daemon = await self.house_with_members()
        late = self.site.token("dora", iat=int(time.time()) - 7200, exp=int(time.time()) - 3600)
        dora = await self.member(late, agents="sales")
        await dora.tab.until("'imd' in window")
        await dora.tab.evaluate(_RENEWING, self.site.token("dora"))
        await dora.tab.until("document.told.includes('identified')")
        self.assertEqual((await dora.tab.evaluate("document.told"))[0], "token-expired")
        await self.until("dora", lambda: self.is_on(daemon, "dora"))

    async def test_buddies(self) -> None:
        """A buddy on IRC is asked, approves, and is seen to come, be away, and go."""
        daemon = await self.house_with_members()
        alice = await self.irssi(daemon, "alice")
        dora = await self.member(self.site.token("dora"))
        await dora.open()
        await dora.add("alice")
        await alice.sees("dora asks to see when you are on.")
        await alice.say("/msg BuddyServ ALLOW dora")
        await dora.presence("alice", "Available")
        await alice.say("/away lunch")
        await dora.presence("alice", "Away")
        await alice.say("/quit")
        await dora.presence("alice", "Offline")

    async def test_rooms(self) -> None:
        """A member enters a room of the house, talks with IRC there, and leaves it."""
        daemon = await self.house_with_members()
        alice = await self.irssi(daemon, "alice")
        await alice.say("/join #tea")
        await alice.sees("has joined #tea")
        dora = await self.member(self.site.token("dora"))
        await dora.open()
        await dora.join("#tea")
        await alice.sees("dora [")
        await dora.say("Milk first")
        await alice.hears("#tea", "dora", "Milk first")
        await alice.say("/msg #tea Never")
        await dora.shows("Never")
