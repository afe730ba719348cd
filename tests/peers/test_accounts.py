"""A client that knows nothing newer than NickServ: irssi makes an account, and comes back to it as a guest."""

from tests.daemon import RunningDaemon
from tests.peers.case import PeerTestCase
from tests.peers.irssi import Irssi

#: NickServ takes no spaces for a new one.
PASSWORD = "sesame"


class NickServTests(PeerTestCase):
    async def guest(self, daemon: RunningDaemon, name: str) -> Irssi:
        """irssi without an account, on the plain port of this machine."""
        client = Irssi(
            name,
            "/network add imd",
            f"/server add -4 -network imd 127.0.0.1 {daemon.ports['irc', 'tcp']}",
            "/connect imd",
        )
        await self.begin(client)
        return client

    async def test_register_and_come_back(self) -> None:
        """A guest registers and stays in her room; what is said to her while she is off waits until she identifies."""
        daemon = await self.house("bob")
        alice, bob = await self.guest(daemon, "alice"), await self.irssi(daemon, "bob")
        for client in (alice, bob):
            await client.say("/join #tea")
            await client.sees("has joined #tea")
        await alice.say(f"/msg NickServ REGISTER {PASSWORD}")
        await alice.sees("You're now logged in as alice")
        await alice.say("/window goto #tea")
        await alice.say("it is me still")
        await bob.hears("#tea", "alice", "it is me still")
        await alice.close()
        await self.until("alice to be off", lambda: self.is_off(daemon, "alice"))
        await bob.say("/msg alice are you there?")
        await bob.sees("your message is kept until alice signs on")
        again = await self.guest(daemon, "guest1")
        await again.say(f"/msg NickServ IDENTIFY alice {PASSWORD}")
        await again.sees("now known as alice")
        await again.hears("bob", "bob", "are you there?")
        await again.say("/msg bob now I am")
        await bob.hears("alice", "alice", "now I am")
        self.assertNotIn(PASSWORD, daemon.log)
