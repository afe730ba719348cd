"""Visitors and members of sites on a real daemon: nothing is lost over a crash, keys are rotated by a reload, and the
demonstration site is where the listeners are."""

import base64
import json
import time
from pathlib import Path
from typing import Any

from tests.credentials.signing import SECRET, token
from tests.daemon import RunningDaemon
from tests.doors import NativeWebDriver, websocket
from tests.promises.house import PromiseTestCase, on_both_stores
from tests.tokens import message

ORIGIN = "https://shop.example"


class PageDriver(NativeWebDriver):
    """The chat in a page."""

    @classmethod
    async def open(cls, daemon: RunningDaemon, origin: str = ORIGIN) -> "PageDriver":
        headers = (f"Origin: {origin}",)
        stream = await websocket.connected(cls.port(daemon), "/embed/socket", "imd.native", headers=headers)
        page = cls(stream, "page")
        await page.until("hello", lambda: page.hello is not None)
        return page

    async def visit(self, secret: str = "", **more: Any) -> dict[str, Any]:
        """The answer to the visit; then she is welcome."""
        answer = await self.must({"type": "visit", "secret": secret, **more})
        self.welcome = await self.must({"type": "session", "client": "imd-web", "version": "1"})
        return answer

    async def show(self, signed: str) -> dict[str, Any]:
        """The answer to a site's token."""
        data = base64.b64encode(message(signed)).decode()
        return await self.ask({"type": "authenticate", "mechanism": "OAUTHBEARER", "data": data})


def settings(*keys: str, rooms: str = "[]") -> str:
    """A settings file with one site, and these keys of its."""
    texts = [f'{{id = "HS256", algorithm = "HS256", secret = "{SECRET}"}}'] * ("HS256" in keys)
    texts += [f'{{id = "other", algorithm = "HS256", secret = "{SECRET[::-1]}"}}'] * ("other" in keys)
    return (
        f'[[web.sites]]\nname = "shop"\norigins = ["{ORIGIN}"]\nstaff = ["alice"]\nrooms = {rooms}\n'
        f"keys = [{', '.join(texts)}]\n"
    )


class VisitorsPromise(PromiseTestCase):
    __test__ = False

    async def opened(self, daemon: RunningDaemon, origin: str = ORIGIN) -> PageDriver:
        page = await PageDriver.open(daemon, origin)
        self.addCleanup(page.cut)
        return page

    async def test_crash(self) -> None:
        """P1, P2: what a visitor was told accepted arrives once, and so do answers, though the daemon is killed."""
        file = Path(self.mktemp()).absolute()
        file.write_text(settings())
        daemon = await self.house(config=file).start()
        await self.people(daemon, "alice")
        page = await self.opened(daemon)
        visit = await page.visit(name="Anna")
        self.assertEqual((await page.send("alice", "Are you open?")).how, "kept")
        await daemon.kill()
        await daemon.start()
        alice = await self.on(daemon, "irc", "alice")
        await alice.until("the question", lambda: bool(alice.received))
        name = visit["address"].partition("@")[0]
        self.assertEqual([(each.sender, each.body) for each in alice.received], [(name, "Are you open?")])
        self.assertIn((await alice.send(name, "Till six.")).how, ("accepted", "kept"))
        await daemon.kill()
        await daemon.start()
        again = await self.opened(daemon)
        self.assertEqual((await again.visit(visit["secret"]))["address"], visit["address"])
        await again.until("the answer", lambda: bool(again.received))
        self.assertEqual([each.body for each in again.received], ["Till six."])
        history = await again.must({"type": "get-history", "with": "alice"})
        self.assertEqual([line["body"] for line in history["messages"]], ["Are you open?", "Till six."])

    async def test_rotation(self) -> None:
        """P10: a reload brings keys and takes keys away; who is on by a key that stays, stays on, and nobody else. A
        wrong one changes nothing."""
        file = Path(self.mktemp()).absolute()
        file.write_text(settings("HS256"))
        daemon = await self.house(config=file).start()
        now = time.time()
        old = token(now, aud="localhost")
        new = token(now, aud="localhost", key=SECRET[::-1], headers={"kid": "other"})
        member = await self.opened(daemon)
        self.assertEqual((await member.show(old))["type"], "authenticated")
        ticket = (await member.must({"type": "session"}))["token"]
        file.write_text(settings("HS256", "other"))
        await daemon.ask("reload")
        self.assertEqual((await member.must({"type": "whoami"}))["address"], "maria@localhost")
        other = await self.opened(daemon)
        by_other = token(now, sub="mona", aud="localhost", key=SECRET[::-1], headers={"kid": "other"})
        self.assertEqual((await other.show(by_other))["type"], "authenticated")
        await other.must({"type": "session"})
        for keys, first, second in ((("HS256", "other"), True, True), (("other",), False, True)):
            file.write_text(settings(*keys))
            await daemon.ask("reload")
            for signed, good in ((old, first), (new, second)):
                answer = await (await self.opened(daemon)).show(signed)
                self.assertEqual(answer["type"] == "authenticated", good, answer)
        file.write_text(settings("other").replace("HS256", "none"))
        with self.assertRaises(Exception) as caught:
            await daemon.ask("reload")
        self.assertIn("the algorithm is unknown", str(caught.exception))
        self.assertNotIn(SECRET[::-1], str(caught.exception))
        self.assertEqual((await (await self.opened(daemon)).show(new))["type"], "authenticated")
        self.assertEqual((await other.must({"type": "whoami"}))["address"], "mona@localhost")
        await member.until("the end", lambda: not member.stream.alive)
        resumed = await (await self.opened(daemon)).ask({"type": "resume", "token": ticket})
        self.assertEqual(resumed["code"], "sign-on-failed")
        self.assertNotIn(new, daemon.log)
        self.assertNotIn(old, daemon.log)

    async def test_site_reloaded(self) -> None:
        """What visitors may do is what the settings say now."""
        file = Path(self.mktemp()).absolute()
        file.write_text(settings())
        daemon = await self.house(config=file).start()
        page = await self.opened(daemon)
        await page.visit()
        self.assertEqual((await page.ask({"type": "join", "room": "#help"}))["code"], "not-allowed")
        file.write_text(settings(rooms='["#help"]'))
        await daemon.ask("reload")
        await page.must({"type": "join", "room": "#help"})

    async def test_demonstration(self) -> None:
        """With no settings at all there is a site to try it with, for pages of the listeners' real ports, and a desk
        that every account answers."""
        daemon = await self.house().start()
        await self.people(daemon, "alice")
        alice = await self.on(daemon, "irc", "alice")
        port = daemon.ports["web", "tcp"]
        for host in ("localhost", "127.0.0.1", "[::1]"):
            page = await self.opened(daemon, f"http://{host}:{port}")
            name = (await page.visit(name="Anna"))["address"].partition("@")[0]
            await page.send("demo", json.dumps(host))
            await alice.until(host, lambda host=host: any(each.body == json.dumps(host) for each in alice.received))
            self.assertEqual(alice.received[-1].sender, name)
        stranger = await websocket.connected(
            port, "/embed/socket", "imd.native", headers=(f"Origin: http://localhost:{port + 1}",)
        )
        self.addCleanup(stranger.transport.abortConnection)  # type: ignore[union-attr]
        await stranger.until("the refusal", lambda: bool(stranger.answer))
        self.assertIn(" 403 ", stranger.answer)


globals().update(on_both_stores(VisitorsPromise))
del VisitorsPromise
