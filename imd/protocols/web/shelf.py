"""Everything there is to load: read once, kept in memory with its compressed form. Nothing is read on the reactor."""

import gzip
import hashlib
import re
from pathlib import Path

import msgspec

#: The files that come with imd.
STATIC = Path(__file__).with_name("static")

#: RFC 9239, and the IANA registry of media types. What is text is UTF-8.
MEDIA_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".ico": "image/vnd.microsoft.icon",
    ".png": "image/png",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
}
#: As Vite names files by their contents.
_HASHED = re.compile(r"(.+)-[A-Za-z0-9_-]{8}\.([A-Za-z0-9]+)")
#: Said of what has no name above.
UNKNOWN = "application/octet-stream"
#: Media types that are compressed already.
_DENSE = frozenset({".ico", ".png", ".webp", ".woff2", ".mp3", ".ogg"})


class Asset(msgspec.Struct, frozen=True):
    """One file."""

    media_type: str
    body: bytes
    #: The same by gzip (RFC 1952), or empty where that gains nothing.
    gzip: bytes
    #: Of the contents; different contents have different ones.
    hash: str


class Shelf(msgspec.Struct, frozen=True):
    """What there is, by name."""

    #: The loader; None: there is none.
    loader: Asset | None = None
    assets: dict[str, Asset] = {}
    #: Templates.
    pages: dict[str, str] = {}

    def paths(self) -> dict[str, str]:
        """Where each asset is, by its name without the hash: ``app.js`` is at ``/embed/assets/app-x3Fa_90b.js``."""
        return {short: f"/embed/assets/{name}" for name in self.assets if (short := without_hash(name))}


def without_hash(name: str) -> str:
    """``app.js`` of ``app-x3Fa_90b.js``; "" for a name that has no hash."""
    match = _HASHED.fullmatch(name)
    return f"{match[1]}.{match[2]}" if match else ""


def asset(name: str, body: bytes) -> Asset:
    """A file with these contents."""
    suffix = Path(name).suffix
    # Without a time: the same file gives the same bytes.
    dense = b"" if suffix in _DENSE else gzip.compress(body, 9, mtime=0)
    return Asset(
        MEDIA_TYPES.get(suffix, UNKNOWN),
        body,
        dense if len(dense) < len(body) else b"",
        hashlib.sha256(body).hexdigest()[:20],
    )


def read(folder: Path = STATIC) -> Shelf:
    """All files of a folder that is laid out as `imd.protocols.web` says. Blocks; what is not there is left out."""
    loader = folder / "imd.js"
    return Shelf(
        loader=asset(loader.name, loader.read_bytes()) if loader.is_file() else None,
        assets={path.name: asset(path.name, path.read_bytes()) for path in _files(folder / "assets")},
        pages={path.stem: path.read_text("utf-8") for path in _files(folder / "pages") if path.suffix == ".html"},
    )


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []
