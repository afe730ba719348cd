"""P3, order: what one sender says to one recipient arrives in the order it was read in, live and queued together."""

from functools import partial

from tests.daemon import RunningDaemon
from tests.doors import DOORS, Driver
from tests.promises.audit import AuditedTestCase, Ledger
from tests.promises.house import on_both_stores

#: Messages of each sender in each spell.
SPELL = 40


class OrderPromise(AuditedTestCase):
    __test__ = False

    async def test_live_and_queued_together(self) -> None:
        """Two senders talk on while the recipient comes and goes, by one door and by another, and while the daemon is
        killed: what each of them said arrives in the order in which it was said."""
        daemon = await self.house("offline.max_messages=0").start()
        await self.people(daemon, "one", "two", "reader")
        ledger = Ledger()
        #: By id: a repetition after the daemon was killed is no news (P2).
        shown: dict[str, str] = {}
        for spell, door in enumerate([*DOORS, *DOORS]):
            senders = [await self.on(daemon, "native", "one"), await self.on(daemon, "irc", "two")]
            reader = await self.spell(daemon, door, senders, ledger, f"{spell}")
            for received in reader.received:
                shown.setdefault(received.id, received.body)
            if spell % 2:
                await daemon.kill()
                await daemon.start()
            else:
                for client in (reader, *senders):
                    await client.quit()
        for name in ("one", "two"):
            sent = [body for body, _ in ledger.sent["reader"] if body.startswith(name)]
            self.assertEqual([body for body in shown.values() if body.startswith(name)], sent)

    async def spell(self, daemon: RunningDaemon, door: str, senders: list[Driver], ledger: Ledger, name: str) -> Driver:
        """Both senders talk, and half-way through the recipient signs on: what follows comes live, or waits behind what
        still comes from the store."""

        def say(numbers: range) -> None:
            for number in numbers:
                for sender in senders:
                    ledger.send(sender, "reader", f"{sender.name} {name} {number}")

        say(range(SPELL // 2))
        reader = await self.on(daemon, door, "reader")
        say(range(SPELL // 2, SPELL))
        sent = [body for body, _ in ledger.sent["reader"]]
        for sender in senders:
            own = [body for body in sent if body.startswith(sender.name)]
            await sender.until("all told", partial(self.told, ledger, own))
        last = set(sent[-2:])
        await reader.until("the last of each", lambda: last <= {received.body for received in reader.received})
        await reader.barrier()
        return reader

    @staticmethod
    def told(ledger: Ledger, bodies: list[str]) -> bool:
        return all(("reader", body) in ledger.told for body in bodies)


globals().update(on_both_stores(OrderPromise))
del OrderPromise
