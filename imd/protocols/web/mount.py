"""Where all of it is on the site."""

from imd.net.web.pages import Branch
from imd.net.web.site import WebSite
from imd.protocols.web.assets import SHORTLY, File, Files
from imd.protocols.web.pages import Folder, Page, Texts, own_policy, tuning_policy, visiting_policy
from imd.protocols.web.shelf import Shelf

#: What the templates are called.
LANDING, TUNER, DEMO = "landing", "tuner", "demo"


def mount(site: WebSite, shelf: Shelf) -> None:
    """Put everything of the shelf on the site, but for the landing page. What is not there is not found.

    Once for a site, and before anything else is put below these paths.
    """
    texts = _texts(site, shelf)
    for name, path, policy, shown in (
        (TUNER, "embed", tuning_policy, lambda: True),
        (DEMO, "demo", visiting_policy, lambda: site.settings.demo),
    ):
        # "demo-contact" is found at /demo/contact.html.
        pages = {
            each.removeprefix(name).removeprefix("-"): Page(template, policy, texts)
            for each, template in shelf.pages.items()
            if each == name or each.startswith(f"{name}-")
        }
        if pages:
            site.put(path, Folder(pages, shown))
    if shelf.loader is not None:
        site.put("imd.js", File(shelf.loader, SHORTLY))
    site.put("embed/assets", Files(shelf))


def front(site: WebSite, shelf: Shelf) -> Branch | None:
    """The landing page; None: there is none."""
    template = shelf.pages.get(LANDING)
    return None if template is None else Page(template, own_policy, _texts(site, shelf))


def _texts(site: WebSite, shelf: Shelf) -> Texts:
    paths = shelf.paths()

    def now() -> dict[str, str]:
        settings = site.settings
        return {**paths, **settings.texts, "demo": "demo" if settings.demo else ""}

    return now
