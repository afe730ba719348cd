"""What a message kept for somebody offline costs when each is a transaction of its own."""

import socket
import sqlite3
import time
from pathlib import Path

from tests.redis_server import RedisServer

SECONDS = 1.5
BODY = b"x" * 200


def sqlite_one_each(folder: Path) -> float:
    """Messages per second, one durable transaction each, in the way of a plain program."""
    path = folder / "one-each.db"
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE inbox (account TEXT, seq INTEGER, body BLOB, PRIMARY KEY (account, seq))")
        began, count = time.perf_counter(), 0
        while time.perf_counter() - began < SECONDS:
            count += 1
            connection.execute("INSERT INTO inbox VALUES (?, ?, ?)", (f"account-{count % 200}", count, BODY))
        return count / (time.perf_counter() - began)
    finally:
        connection.close()
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)


def redis_one_each(server: RedisServer) -> float:
    """Messages per second, each XADD waiting for the one before, over one connection."""
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        began, count = time.perf_counter(), 0
        while time.perf_counter() - began < SECONDS:
            count += 1
            key = b"one-each-%d" % (count % 200)
            parts = (b"XADD", key, b"*", b"m", BODY)
            connection.sendall(b"*5\r\n" + b"".join(b"$%d\r\n%b\r\n" % (len(part), part) for part in parts))
            if not connection.recv(4096).startswith(b"$"):
                raise AssertionError("Redis refused XADD")
        return count / (time.perf_counter() - began)
