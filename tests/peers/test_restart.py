"""The daemon is killed and started again: clients come back by themselves, and nothing is lost or shown twice."""

from tests.daemon import RunningDaemon
from tests.peers.case import PeerTestCase
from tests.peers.irssi import Irssi
from tests.peers.weechat import WeeChat


class OnSqlite(PeerTestCase):
    """On the embedded store."""

    async def store(self) -> str:
        """The setting ``store.url``."""
        return "sqlite"

    async def between(self) -> None:
        """What else happens while the daemon is dead."""

    async def test_killed(self) -> None:
        """``kill -9``, twice: what was shown is not shown again, what was accepted for clients that had not come back
        yet is shown once, with the time of writing; rooms are entered again.
        """
        daemon = await self.house("alice", "bob", "carol", store=await self.store())
        irssi, weechat = await self.irssi(daemon, "alice"), await self.weechat(daemon, "bob")
        await irssi.say("/join #tea")
        await weechat.say("/join #tea")
        await self.in_the_room(irssi, weechat)
        for client in (irssi, weechat):
            await self.tell(daemon, client, "before")
            await client.hears("carol", "carol", "before")
            await self.confirmed(daemon, client)
        await daemon.kill()
        await irssi.sees("Connection lost to localhost")
        await weechat.sees("disconnected from server")
        # Their machines sleep, so that the daemon is back, has accepted, and is dead again when they wake up.
        for client in (irssi, weechat):
            client.pause(True)
        await self.between()
        await daemon.start()
        ids = [await self.tell(daemon, client, "kept") for client in (irssi, weechat)]
        rows = [await self.waiting(daemon, client.name) for client in (irssi, weechat)]
        self.assertEqual([[row["id"] for row in each] for each in rows], [[id] for id in ids])
        await daemon.kill()
        await self.between()
        for client in (irssi, weechat):
            client.pause(False)
        await daemon.start()
        for client, (row,) in ((irssi, rows[0]), (weechat, rows[1])):
            await self.back(daemon, client, row["time"])
        await self.in_the_room(irssi, weechat, 2)
        await irssi.say("/msg #tea still warm")
        await weechat.hears("#tea", "alice", "still warm")

    async def tell(self, daemon: RunningDaemon, client: Irssi | WeeChat, text: str) -> str:
        """carol writes to the client's person by imc; the message is accepted. Its id."""
        (id,) = await self.sent(daemon, "carol", client.name, text)
        return id

    async def back(self, daemon: RunningDaemon, client: Irssi | WeeChat, time: float) -> None:
        """The client is back by itself, and shows each message once; the one that was kept with the time of writing."""
        await client.signed_on(2)
        kept = await client.hears("carol", "carol", "kept")
        self.assertEqual(kept.time, int(time))
        await self.tell(daemon, client, "after")
        await client.hears("carol", "carol", "after")
        await self.confirmed(daemon, client)
        self.assertEqual([line.text for line in client.talk("carol")], ["before", "kept", "after"])

    async def in_the_room(self, irssi: Irssi, weechat: WeeChat, times: int = 1) -> None:
        """Both have entered their room, for the `times`-th time."""
        await irssi.sees("alice [alice@user/alice] has joined #tea", times)
        await weechat.sees("(root@user/bob) has joined #tea", times)


class OnRedis(OnSqlite):
    """On a real Redis, which is killed and started again, too."""

    async def store(self) -> str:
        self.server = self.redis()
        return self.server.url

    async def between(self) -> None:
        self.server.restart()
