"""What browsers load from the site: the widget's files, and a few pages.

Not a door of its own: the chat in a page comes in by `imd.net.web` as WebSocket or long polling, and what it says goes
to the native door.

shelf     everything there is to load, read once at the start, with its compressed form
assets    the files: ``/imd.js``, which changes, and ``/embed/assets/``, whose names change with their contents
pages     ``/``, ``/embed/`` and ``/demo/``: templates, and what each may load
template  a text with places to be filled in
mount     where all of it is on the site

``static/`` holds the files. It is built from ``widget/`` and committed, so that a daemon needs no node:

    imd.js           the loader, a classic script
    assets/          everything else, named NAME-HASH.SUFFIX
    pages/           templates of pages, NAME.html
    manifest.json    what was built from what; for tests, not served
"""
