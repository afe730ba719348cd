"""The store that the settings name."""

from typing import Any

from imd.config.model import Settings
from imd.core.stores import Store
from imd.storage.redis.store import RedisStore
from imd.storage.sqlite.store import SQLiteStore


def make_store(settings: Settings, reactor: Any) -> Store:
    """The store that the settings name. Raises `OSError` or `ValueError` for files that cannot be used."""
    if settings.store.url == "sqlite":
        return SQLiteStore(settings.data, reactor)
    return RedisStore(
        settings.store.url,
        reactor,
        ca=settings.store.ca,
        certificate=settings.store.certificate,
        key=settings.store.key,
        holder=f"imd on {settings.data}",
        reply_timeout=settings.store.reply_timeout,
    )
