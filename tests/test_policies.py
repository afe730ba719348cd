"""From the settings to the sites and desks that the core goes by."""

from twisted.trial.unittest import SynchronousTestCase

from imd.config.load import load
from imd.core.sites import DeskRule, Sites
from imd.policies import desks, sites

OWN = ("http://localhost:8080", "http://127.0.0.1:8080")
SHOP = 'web.sites=[{name = "shop", origins = ["https://shop.example"], staff = ["Sales"], rooms = ["#Help"]}]'


class SitesAndDesks(SynchronousTestCase):
    def test_as_set(self) -> None:
        """A site has its origins, staff and rooms; without keys it has no members."""
        (shop,) = sites(load(None, [SHOP, "web.demo=false"]))
        self.assertEqual((shop.name, shop.staff), ("shop", ("Sales",)))
        self.assertEqual((shop.staff_folded, shop.rooms, shop.members), ({"sales"}, {"#help"}, "none"))

    def test_demo(self) -> None:
        """The demonstration site is for our own pages; a site of the settings goes before it, or takes its name."""
        settings = load(None, [SHOP])
        demo = sites(settings, OWN)[1]
        self.assertEqual((demo.name, demo.origins, demo.staff), ("demo", set(OWN), ("demo",)))
        self.assertEqual(desks(settings), (DeskRule(name="demo", title="Demo", agents=("*",)),))
        mine = load(None, ['web.sites=[{name = "demo"}]', 'web.desks=[{name = "Demo", agents = ["bob"]}]'])
        self.assertEqual([site.origins for site in sites(mine, OWN)], [frozenset()])
        self.assertEqual([desk.agents for desk in desks(mine)], [("bob",)])

    def test_choosing(self) -> None:
        """A page gets the site it names if it is that site's page, else the first whose page it is."""
        known = Sites(sites(load(None, [SHOP]), OWN))
        self.assertEqual(known.choose("", "https://shop.example"), known.by_name["shop"])
        self.assertEqual(known.choose("", OWN[0]), known.by_name["demo"])
        self.assertEqual(known.choose("shop", "https://shop.example"), known.by_name["shop"])
        for name, origin in [("shop", OWN[0]), ("shop", "https://evil.example"), ("", ""), ("other", ""), ("", "null")]:
            self.assertIsNone(known.choose(name, origin))
        self.assertTrue(known.embeds(OWN[0]))
        self.assertFalse(known.embeds("https://evil.example"))

    def test_anywhere(self) -> None:
        """A site of all origins is that of every page."""
        known = Sites(sites(load(None, ['web.sites=[{name = "open", origins = ["*"]}]']), OWN))
        self.assertEqual(known.choose("", "https://any.example"), known.by_name["open"])
        self.assertTrue(known.embeds("https://any.example"))
