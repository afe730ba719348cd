"""`imd.storage.redis.url`."""

from twisted.trial.unittest import SynchronousTestCase

from imd.storage.redis.url import Place, WrongURL, parse


class ParseTests(SynchronousTestCase):
    def test_possible(self) -> None:
        """Every form of a URL, with its defaults."""
        local = (("localhost", 6379),)
        for url, place in {
            "redis://localhost": Place(local),
            "redis://localhost/": Place(local),
            "redis://localhost:6379/0": Place(local),
            "REDIS://localhost": Place(local),
            "redis://10.0.0.5:7000/15": Place((("10.0.0.5", 7000),), 15),
            "redis://[::1]:7000/1": Place((("::1", 7000),), 1),
            "redis://[::1]": Place((("::1", 6379),)),
            "redis://imd:s3cret@localhost": Place(local, user="imd", password="s3cret"),
            "redis://:s3cret@localhost": Place(local, password="s3cret"),
            "redis://imd:a%40b%3Ac%2Fd%25@localhost": Place(local, user="imd", password="a@b:c/d%"),
            "rediss://localhost": Place(local, tls=True),
            "redis+sentinel://a,b:7,[::1]:8/mymaster": Place((("a", 26379), ("b", 7), ("::1", 8)), service="mymaster"),
            "rediss+sentinel://u:p@a/my%20master/3": Place((("a", 26379),), 3, "u", "p", True, "my master"),
        }.items():
            self.assertEqual(parse(url), place, url)

    def test_impossible(self) -> None:
        """What cannot be understood is refused with a sentence that holds nothing of the URL's secret."""
        for url in (
            "",
            "localhost",
            "http://u:s3cret@localhost",
            "redis://",
            "redis://u:s3cret@",
            "redis://s3cret@localhost",
            "redis://u:s3cret@localhost:port",
            "redis://u:s3cret@localhost:0",
            "redis://u:s3cret@localhost:65536",
            "redis://u:s3cret@localhost/x",
            "redis://u:s3cret@localhost/-1",
            "redis://u:s3cret@a,b",
            "redis://u:s3cret@::1",
            "redis://u:s3cret@[::1",
            "redis://u:s3cret@[::1]x",
            "redis://u:s3cret@localhost?db=1",
            "redis+sentinel://u:s3cret@a,b",
            "redis+sentinel://u:s3cret@a,b/",
            "redis+sentinel://u:s3cret@a,,b/mymaster",
        ):
            error = self.assertRaises(WrongURL, parse, url)
            self.assertNotIn("s3cret", str(error), url)
            self.assertTrue(str(error))

    def test_no_password_for_people(self) -> None:
        """What is shown of a place, also in a traceback, says where and holds no password."""
        place = parse("rediss+sentinel://imd:s3cret@a,[::1]:7/mymaster/2")
        self.assertEqual(str(place), "redis mymaster through sentinels a:26379,[::1]:7/2 (TLS)")
        self.assertNotIn("s3cret", repr(place))
        self.assertEqual(str(parse("redis://:x@10.0.0.5/3")), "redis 10.0.0.5:6379/3")
