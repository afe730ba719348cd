"""Files, modes and troubles of opening."""

import stat
from pathlib import Path

from twisted.logger import LogLevel, capturedLogs

from imd.core.refusal import StoreUnavailable
from tests.contracts.contract import queued
from tests.storage.sqlite.case import SQLiteCase


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


class Files(SQLiteCase):
    async def test_modes(self) -> None:
        """Nobody but the owner reads what is kept, nor learns what there is."""
        self.folder = self.folder / "deeper" / "down"
        store = await self.make_store()
        await store.inbox.append([("a", queued("m1", 1))], 0)
        self.assertEqual(mode(self.folder), 0o700)
        files = {path.name: mode(path) for path in self.folder.iterdir()}
        self.assertEqual(files, dict.fromkeys(["imd.db", "imd.db-shm", "imd.db-wal", "imd.lock"], 0o600))

    async def test_close_leaves_one_file(self) -> None:
        """After closing, the database is one file that can be copied; the lock file stays, and means nothing."""
        store = await self.make_store()
        await store.inbox.append([("a", queued("m1", 1))], 0)
        await store.close()
        self.assertEqual({path.name for path in self.folder.iterdir()}, {"imd.db", "imd.lock"})

    async def test_description(self) -> None:
        """The store says where it is."""
        store = await self.make_store()
        self.assertEqual(store.description, f"sqlite {self.folder}/imd.db")

    async def test_no_database(self) -> None:
        """A file that is no database is refused and left alone, and the log says which file; the lease is free."""
        self.folder.mkdir()
        path = self.folder / "imd.db"
        path.write_bytes(b"nothing of this kind\n" * 100)
        for _ in range(2):
            with capturedLogs() as events, self.assertRaises(StoreUnavailable):
                await self.new_store().open()
            (event,) = [event for event in events if event["log_level"] is LogLevel.error]
            self.assertEqual((event["path"], event["reason"]), (str(path), "file is not a database"))
        self.assertEqual(path.read_bytes(), b"nothing of this kind\n" * 100)

    async def test_folder_is_a_file(self) -> None:
        """A data folder that cannot be made is refused, with the reason in the log."""
        self.folder.write_text("a file")
        with capturedLogs() as events, self.assertRaises(StoreUnavailable):
            await self.new_store().open()
        self.assertTrue(any("File exists" in event.get("reason", "") for event in events))
