"""The widget in a real Chromium, on pages of another origin, with staff in real clients.

Programs come from Debian, axe-core from npm (``tools/test-programs``); where one is missing, tests fail and name what
to install; they are never skipped. Evidence of a failure (a picture and what the page said) is kept in
``build/browser``; ``IMD_TRACE=1`` keeps a trace beside it, for ``playwright show-trace``. ``IMD_PICTURES=1`` writes
the pictures of ``docs/pictures`` anew.

chromium  the browser, in a thread of its own
site      the site that embeds the widget: of another origin, with a strict Content-Security-Policy
page      one tab, and all it complains of
widget    the widget as a person uses it
sitting   imc on its full screen, as the staff has it
proxy     between browser and daemon: breaks WebSockets, and can be pulled
tokens    the site's own server, which signs who its members are
axe       axe-core, which knows what people with assistive technology stumble over
case      a daemon with a site, a desk and people, and a browser
"""
