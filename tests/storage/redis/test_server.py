"""`tests.redis_server`, on which the other tests rely."""

from twisted.trial.unittest import SynchronousTestCase

from tests.redis_server import RedisMissing, RedisServer, program


class ServerTests(SynchronousTestCase):
    def test_missing(self) -> None:
        """Where the program is missing tests fail, and say what to install; they are not skipped."""
        error = self.assertRaises(RedisMissing, program, "redis-server-that-is-not-there")
        self.assertIsInstance(error, AssertionError)
        self.assertIn("apt install redis-server", str(error))

    def test_survives(self) -> None:
        """Killed and started again it has the same port and data; stopped and removed it leaves no folder."""
        server = RedisServer().start()
        self.addCleanup(server.remove)
        port = server.port
        server.command("SET", "a", "1")
        server.restart()
        self.assertEqual((server.port, server.command("GET", "a")), (port, b"1"))
        server.stop()
        self.assertFalse(server.running)
        server.start()
        self.assertEqual(server.command("GET", "a"), b"1")
        server.flush()
        self.assertIsNone(server.command("GET", "a"))
        server.remove()
        self.assertFalse(server.folder.exists())

    def test_bad_settings(self) -> None:
        """A server that does not start fails the test with Redis's own words."""
        server = RedisServer("no-such-setting yes")
        self.addCleanup(server.remove)
        error = self.assertRaises(AssertionError, server.start)
        self.assertIn("no-such-setting", str(error))
