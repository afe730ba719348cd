"""Pages that have a name of their own lead to this machine (DNS rebinding), and so would be pages of this site."""

from tests.daemon import DaemonTestCase, RunningDaemon
from tests.doors.websocket import WebSocketStream, connected
from tests.net.polling.client import PLAIN, http


class RebindingTests(DaemonTestCase):
    async def comes(self, daemon: RunningDaemon, name: str) -> list[bool]:
        """Whether a page of this name gets to the doors, to the chat, and to the chat by polling."""
        port = daemon.ports["web", "tcp"]
        headers = (f"Host: {name}:{port}", f"Origin: http://{name}:{port}")
        found = []
        for path in ("/native", "/irc", "/embed/socket"):
            stream: WebSocketStream = await connected(port, path, headers=headers)
            self.addCleanup(stream.abort)
            await stream.until("an answer", lambda stream=stream: stream.answer)  # type: ignore[misc]
            self.assertIn(stream.answer.split()[1], ("101", "403"))
            found.append(stream.open)
        polling = await http(port)
        self.addCleanup(polling.cut)
        status = (await polling.ask("/embed/poll", b"{}", (PLAIN, *headers))).status
        self.assertIn(status, (200, 403))
        return [*found, status == 200]

    async def test_on_this_machine_only(self) -> None:
        """A daemon that only this machine can reach talks to pages with names of this machine, or of its domain."""
        daemon = await self.daemon('domain="example.org"').start()
        for name in ("localhost", "127.0.0.1", "chat.example.org"):
            self.assertEqual(await self.comes(daemon, name), [True] * 4, name)
        for name in ("rebound.example", "127.0.0.1.rebound.example"):
            self.assertEqual(await self.comes(daemon, name), [False] * 4, name)

    async def test_for_others(self) -> None:
        """One that others can reach has whatever name they know."""
        daemon = await self.daemon('listen.udp=["0.0.0.0:0"]').start()
        self.assertEqual(await self.comes(daemon, "chat.example.net"), [True] * 4)
