"""Messages for somebody who is away come later, with the time at which they were written."""

import time

from tests.daemon import moments
from tests.peers.case import PeerTestCase


class Offline(PeerTestCase):
    async def test_kept_with_its_time(self) -> None:
        """irssi writes to somebody whose WeeChat is off, and imc to somebody whose irssi is: both come with sign-on,
        show the time of writing, and are confirmed.
        """
        daemon = await self.house("alice", "bob", "carol")
        irssi = await self.irssi(daemon, "alice")
        await irssi.say("/msg bob tea at four?")
        await irssi.sees("bob is not here; your message is kept until bob signs on.")
        await irssi.say("/quit")
        await self.until("alice leaving", lambda: self.is_off(daemon, "alice"))
        (id,) = await self.sent(daemon, "carol", "alice", "not before five")
        (for_bob,) = await self.waiting(daemon, "bob")
        (for_alice,) = await self.waiting(daemon, "alice")
        self.assertEqual(for_alice["id"], id)
        # Logs show whole seconds: of the time of writing, and of sign-on, which are to be told apart.
        await moments(max(0.0, for_alice["time"] + 2 - time.time()))
        weechat = await self.weechat(daemon, "bob")
        line = await weechat.hears("alice", "alice", "tea at four?")
        self.assertEqual(line.time, int(for_bob["time"]))
        await self.confirmed(daemon, weechat)
        irssi = await self.irssi(daemon, "alice")
        line = await irssi.hears("carol", "carol", "not before five")
        self.assertEqual(line.time, int(for_alice["time"]))
        await self.delivered(daemon, id, "irc")
        await self.confirmed(daemon, irssi)
        # Signing on again brings nothing again.
        await weechat.say("/reconnect imd")
        await weechat.signed_on(2)
        await irssi.say("/msg bob five it is")
        await weechat.hears("alice", "alice", "five it is")
        self.assertEqual([line.text for line in weechat.talk("alice")], ["tea at four?", "five it is"])

    async def test_asleep(self) -> None:
        """Clients whose machines sleep confirm nothing: what is written to them is kept, outlives the daemon, and is
        shown when they wake up. That they may show it twice, with the same time, is what docs/clients says.
        """
        daemon = await self.house("alice", "bob", "carol")
        clients = (await self.irssi(daemon, "alice"), await self.weechat(daemon, "bob"))
        times = {}
        for client in clients:
            client.pause(True)
            (id,) = await self.sent(daemon, "carol", client.name, "good morning")
            (row,) = await self.waiting(daemon, client.name)
            self.assertEqual(row["id"], id)
            times[client.name] = int(row["time"])
        await daemon.kill()
        for client in clients:
            client.pause(False)
        await daemon.start()
        for client in clients:
            await client.signed_on(2)
            await client.hears("carol", "carol", "good morning")
            await self.confirmed(daemon, client)
            await self.sent(daemon, "carol", client.name, "slept well?")
            await client.hears("carol", "carol", "slept well?")
            *shown, last = [(line.time, line.text) for line in client.talk("carol")]
            self.assertEqual(last[1], "slept well?")
            self.assertEqual(set(shown), {(times[client.name], "good morning")})
            self.assertLessEqual(len(shown), 2)
