"""What must hold when a process dies or the disk is full: real processes, really killed."""

import json
import os
import socket

from twisted.internet.error import ProcessExitedAlready

from imd.core.stores import Queueing, StoreLocked
from tests.contracts.contract import queued
from tests.storage.sqlite.appender import ACCOUNTS
from tests.storage.sqlite.case import Program, SQLiteCase


class Killed(SQLiteCase):
    def start(self, module: str) -> Program:
        program = Program(module, str(self.folder.resolve()))

        def end() -> object:
            try:
                program.transport.signalProcess("KILL")
            except ProcessExitedAlready:
                return None
            return program.ended

        self.addCleanup(end)
        return program

    async def test_nothing_told_is_lost(self) -> None:
        """A process is killed in the middle of its appends: all that were answered are there, in order."""
        program = self.start("tests.storage.sqlite.appender")
        await program.until(3000)
        program.transport.signalProcess("KILL")
        await program.ended
        told = set(program.lines)
        self.assertGreaterEqual(len(told), 3000)
        store = await self.make_store()
        there: set[str] = set()
        for number in range(ACCOUNTS):
            found = await store.inbox.read(f"u{number}", 0, 2**62, 1_000_000)
            seqs = [entry.message.seq for entry in found]
            self.assertEqual(seqs, sorted(seqs))
            self.assertEqual(await store.inbox.count(f"u{number}"), len(found))
            there |= {entry.message.id for entry in found}
        self.assertEqual(told - there, set())
        # Repeating what was told is recognised, and the store goes on.
        again = [("u" + str(int(id[1:]) % ACCOUNTS), queued(id, 10**9 + int(id[1:]))) for id in sorted(told)]
        self.assertEqual(set(await store.inbox.append(again, 0)), {Queueing.ALREADY})

    async def test_second_process_is_refused(self) -> None:
        """A store in use by another process names it; when that one is killed the store is free at once."""
        program = self.start("tests.storage.sqlite.appender")
        await program.until(1)
        store = self.new_store()
        with self.assertRaises(StoreLocked) as caught:
            await store.open()
        self.assertIn(f"process {program.transport.pid} on {socket.gethostname()} since 20", caught.exception.holder)
        program.transport.signalProcess("KILL")
        await program.ended
        mine = await self.make_store()
        self.assertTrue(mine.available)
        self.assertIn(f"process {os.getpid()} ", (self.folder / "imd.lock").read_text())

    async def test_full_disk(self) -> None:
        """With the disk full all of a batch is refused and nothing of it kept; with room again all goes on."""
        program = self.start("tests.storage.sqlite.short_of_disk")
        await program.ended
        self.assertTrue(program.lines, program.errors)
        said = json.loads(program.lines[-1])
        self.assertEqual(said["before"], ["kept"] * 10)
        self.assertEqual(said["full"], ["store-unavailable"] * 50)
        self.assertEqual(said["read"], [f"m{n}" for n in range(1, 11)])
        self.assertEqual(said["after"], ["kept"] * 5)
        store = await self.make_store()
        self.assertEqual(await store.inbox.count("a"), 15)
