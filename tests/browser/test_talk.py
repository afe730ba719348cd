"""A visitor of a page of another origin talks with the staff, who sit in irssi and in imc."""

from tests.browser.case import BrowserTestCase
from tests.browser.widget import Widget
from tests.daemon import RunningDaemon


class WithTheStaff(BrowserTestCase):
    async def anna(self, daemon: RunningDaemon) -> tuple[Widget, str]:
        """A visitor who has said her name first, and what she is called by it."""
        anna = await self.visitor(data={"agents": "sales", "form": "name:required"})
        await anna.open()
        await anna.fill("Your name", "Anna")
        await anna.click("Start chatting")
        await anna.ready()
        nick = await self.nick(daemon)
        self.assertRegex(nick, "^anna-")
        return anna, nick

    async def test_with_irssi(self) -> None:
        """On a page with a strict policy: a question, an answer from irssi, and both see what the other said."""
        daemon = await self.shop("alice")
        alice, anna, nick = await self.talking(daemon, "Is the Darjeeling in? <b>&amp;")
        await anna.seen(anna.root.get_by_role("heading", name="Sales"))
        await alice.say(f"/msg {nick} Since Tuesday")
        await anna.shows("Since Tuesday")
        await anna.notes("alice is talking with you")
        await anna.say("Two hundred grams, please ☕")
        await alice.hears(nick, nick, "Two hundred grams, please ☕")
        self.assertEqual(
            await anna.texts(),
            [
                "Is the Darjeeling in? <b>&amp;",
                "Since Tuesday",
                "Two hundred grams, please ☕",
            ],
        )

    async def test_with_imc(self) -> None:
        """Typing is seen on both sides, and what was said is marked as delivered and as read."""
        daemon = await self.shop("bob")
        bob = await self.sitting(daemon, "bob")
        anna, nick = await self.anna(daemon)
        await anna.say("Hello?")
        await bob.shows(f"{nick} (1)")
        await anna.marked("Hello?", "Delivered")
        await bob.look(nick)
        await bob.shows(f"{nick}: Hello?")
        await anna.marked("Hello?", "Read")
        bob.type("Good morning")
        await anna.shows("Good morning")
        await anna.notes("bob is talking with you")
        bob.type("How", "Space")
        await anna.notes("bob is typing")
        bob.type("are you?")
        await anna.shows("How are you?")
        await anna.gone("bob is typing")
        await anna.tab.do(anna.field.press_sequentially("And a"))
        await bob.shows(f"{nick} is writing")
        await anna.tab.press("Enter")
        await bob.shows(f"{nick}: And a")
        await bob.shows("How are you?  ✓✓ read")

    async def test_two_of_the_staff(self) -> None:
        """It rings in irssi and imc; who answers first has it, the other is told; it is handed over by a word."""
        daemon = await self.shop("alice", "bob")
        alice, bob = await self.irssi(daemon, "alice"), await self.sitting(daemon, "bob")
        anna, nick = await self.anna(daemon)
        await anna.say("Anybody there?")
        await alice.hears(nick, nick, "Anybody there?")
        await bob.shows(f"{nick} (1)")
        await alice.say(f"/msg {nick} I am")
        await anna.shows("I am")
        await anna.notes("alice is talking with you")
        await bob.look("sales")
        await bob.shows(f"alice has taken {nick}")
        await anna.say("About my order…")
        await alice.hears(nick, nick, "About my order…")
        await alice.say(f"/msg {nick} !hand bob")
        await anna.notes("bob is talking with you")
        bob.type(f"/msg {nick} Your order is on its way")
        await anna.shows("Your order is on its way")
        await anna.say("Thank you, bob")
        await bob.shows(f"{nick}: Thank you, bob")
        said = [line.text for line in alice.talk(nick)]
        self.assertNotIn("Thank you, bob", said)
        self.assertEqual(
            await anna.texts(),
            [
                "Anybody there?",
                "I am",
                "About my order…",
                "Your order is on its way",
                "Thank you, bob",
            ],
        )
