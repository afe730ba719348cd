"""A folder of files as the widget's build leaves it, small."""

from pathlib import Path

from imd.protocols.web.shelf import Shelf, read

LOADER = b"// the loader\n" + b"void 0;\n" * 100
APP = b"export const app = '\xc3\xa4';\n" * 50
PICTURE = b"\x89PNG\r\n" + bytes(range(256))

FILES = {
    "imd.js": LOADER,
    "assets/app-DqopUP7K.js": APP,
    "assets/demo-A_-4bcd9.css": b"body{}",
    "assets/cat-0a1b2c3d.png": PICTURE,
    "assets/odd.thing": b"?",
    "manifest.json": b"{}",
    "pages/landing.html": b"<!DOCTYPE html><title>{{host}}</title>",
    "pages/tuner.html": b'<!DOCTYPE html><script type="module" src="{{app.js}}"></script>',
    "pages/demo-contact.html": b"{{hostname}}",
    "pages/demo.html": b'<link rel="stylesheet" href="{{demo.css}}"><script async src="//{{other}}/imd.js"></script>',
}


def fill(folder: Path, files: dict[str, bytes] | None = None) -> Path:
    for name, body in (FILES if files is None else files).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    return folder


def shelf(folder: Path) -> Shelf:
    return read(fill(folder))
