"""Nobody is there: a form, the queue, and the answer on return."""

from tests.browser.case import BrowserTestCase


class NobodyThere(BrowserTestCase):
    async def test_form_to_queue_to_irssi_and_back(self) -> None:
        """What is left by the form waits for an agent, reaches her in irssi, and the answer waits for the visitor."""
        daemon = await self.shop("alice")
        anna = await self.visitor()
        await anna.open()
        await anna.notes("Nobody is here right now")
        await anna.fill("Your name", "Anna")
        await anna.fill("E-mail", "anna@example.org")
        await anna.fill("Message", "Do you ship to Kerguelen?\nBy boat?")
        await anna.click("Leave message")
        await anna.notes("Your message is kept.")
        (row,) = await self.waiting(daemon, "alice")
        nick = await self.nick(daemon)
        self.assertIn(nick, row["sender"])
        await anna.tab.visit("about:blank")
        await self.until("her leaving", lambda: self.is_off(daemon, nick))
        alice = await self.irssi(daemon, "alice")
        await alice.sees("Do you ship to Kerguelen?")
        await alice.sees("By boat?")
        await alice.sees("Anna <anna@example.org>")
        await self.confirmed(daemon, alice)
        await alice.say(f"/msg {nick} Twice a year.")
        await self.until("the answer to be kept", lambda: self.is_kept(daemon, nick))
        await self.visitor(anna.tab)
        await anna.at_hand()
        await anna.shows("Twice a year.")
        await anna.tab.reload()
        await anna.at_hand()
        await anna.shows("Twice a year.")
        await anna.say("Thank you")
        await alice.hears(nick, nick, "Thank you")

    async def test_somebody_comes(self) -> None:
        """When an agent signs on, or goes, the widget that is open says so."""
        daemon = await self.shop("alice")
        anna = await self.visitor()
        await anna.open()
        await anna.notes("Nobody is here right now")
        alice = await self.irssi(daemon, "alice")
        await anna.notes("Online")
        await alice.say("/away lunch")
        await anna.notes("Away: an answer may take a while")
        await alice.say("/away")
        await anna.notes("Online")
        await alice.say("/quit")
        await anna.notes("Nobody is here right now")

    async def test_what_must_be_said(self) -> None:
        """A form that lacks something says what, at the field, and nothing is sent."""
        daemon = await self.shop("alice")
        anna = await self.visitor(data={"agents": "sales", "form": "name:required email:required"})
        await anna.open()
        await anna.click("Start chatting")
        await anna.notes("Please say your name.")
        await anna.fill("Your name", "Anna")
        await anna.fill("E-mail", "anna at home")
        await anna.click("Start chatting")
        await anna.notes("Please give an e-mail address")
        await anna.fill("E-mail", "anna@example.org")
        await anna.click("Start chatting")
        await anna.notes("Nobody is here right now")
        await anna.click("Leave message")
        await anna.notes("Please write a message.")
        self.assertEqual(await self.waiting(daemon, "alice"), [])
