"""P5 behind the IRC door: who may not know does not learn, by any command."""

from collections.abc import Callable

from imd.core.session import State, Visibility
from imd.protocols.irc.commands import COMMANDS
from tests.protocols.irc.other_door import OtherClient, session_of, sign_on
from tests.protocols.irc.world import IrcTestCase, World

#: What a stranger may say about somebody; NICK is replaced. The room #tea is the stranger's own.
QUESTIONS = {
    "BATCH": ("BATCH +1 draft/multiline NICK", "@batch=1 PRIVMSG NICK :a", "@batch=1 PRIVMSG NICK :b", "BATCH -1"),
    "DLINE": ("DLINE NICK",),
    "KLINE": ("KLINE NICK",),
    "UNDLINE": ("UNDLINE NICK",),
    "UNKLINE": ("UNKLINE NICK",),
    "BUDDY": ("BUDDY INFO NICK", "PRIVMSG BuddyServ :LABEL NICK x", "PRIVMSG BuddyServ :LIST"),
    "CHATHISTORY": (
        "CHATHISTORY LATEST NICK * 10",
        "CHATHISTORY LATEST #hers * 10",
        "CHATHISTORY TARGETS timestamp=2000-01-01T00:00:00.000Z timestamp=2100-01-01T00:00:00.000Z 10",
    ),
    "ACCEPT": ("ACCEPT NICK", "ACCEPT *", "ACCEPT -NICK"),
    "HELP": ("HELP NICK",),
    "HELPOP": ("HELPOP NICK",),
    "HISTSERV": ("HISTSERV PLAY NICK", "PRIVMSG HistServ :PLAY #hers", "HISTSERV DELETE NICK m1"),
    "INFO": ("INFO NICK",),
    "ADMIN": ("ADMIN NICK",),
    "CHANSERV": ("CHANSERV INFO #hers", "CHANSERV AMODE #tea +o NICK"),
    "CS": ("CS OP #tea NICK", "CS OP #hers NICK", "CS HOWTOBAN #tea NICK", "CS HOWTOBAN #hers NICK"),
    "INVITE": ("INVITE NICK #tea",),
    "ISON": ("ISON NICK", "ISON :NICK stranger"),
    "JOIN": ("JOIN NICK",),
    "KICK": ("KICK #tea NICK",),
    "KILL": ("KILL NICK :x",),
    "LINKS": ("LINKS NICK", "LINKS NICK *"),
    "MARKREAD": ("MARKREAD NICK", "MARKREAD NICK timestamp=2026-11-22T10:14:00.000Z"),
    "LIST": ("LIST NICK", "LIST"),
    "LUSERS": ("LUSERS * NICK",),
    "METADATA": (
        "METADATA NICK LIST",
        "METADATA NICK GET url",
        "METADATA NICK SET url x",
        "METADATA NICK CLEAR",
        "METADATA NICK SYNC",
        "METADATA * SUB url",
        "METADATA *ALL SYNC",
    ),
    "MODE": ("MODE NICK", "MODE NICK +i", "MODE #tea +o NICK", "MODE #tea -v NICK", "MODE #hers +o NICK"),
    "MONITOR": ("MONITOR + NICK", "MONITOR S", "MONITOR L", "MONITOR - NICK"),
    "MOTD": ("MOTD NICK",),
    "NAMES": ("NAMES NICK", "NAMES", "NAMES #hers"),
    "NICK": ("NICK NICK",),
    "NICKSERV": ("NICKSERV INFO NICK", "PRIVMSG NickServ :STATUS NICK", "NICKSERV ACC NICK", "NICKSERV GHOST NICK"),
    "NS": ("NS REGAIN NICK x", "NS CLIENTS LIST NICK"),
    "NOTICE": ("NOTICE NICK :x",),
    "OPER": ("OPER NICK x",),
    "PART": ("PART NICK",),
    "PRIVMSG": ("PRIVMSG NICK :hi", "PRIVMSG NICK :\x01PING 1\x01"),
    "REDACT": ("REDACT NICK m1", "REDACT #hers m1 :x"),
    "RENAME": ("RENAME NICK #x", "RENAME #hers #x"),
    "SAJOIN": ("SAJOIN NICK #tea",),
    "SAMODE": ("SAMODE #hers +o NICK",),
    "SAPART": ("SAPART NICK #hers",),
    "STATS": ("STATS u NICK", "STATS p"),
    "TAGMSG": ("@+typing=active TAGMSG NICK",),
    "TIME": ("TIME NICK",),
    "TOPIC": ("TOPIC NICK",),
    "USERHOST": ("USERHOST NICK",),
    "VERSION": ("VERSION NICK",),
    "WHO": ("WHO NICK", "WHO *", "WHO NIC*", "WHO NICK %tuhnfla,1", "WHO #hers"),
    "WHOIS": ("WHOIS NICK", "WHOIS NICK NICK", "WHOIS NICK stranger"),
    "WHOWAS": ("WHOWAS NICK",),
}
#: Commands that say nothing of others.
OF_NOBODY = {
    "AUTHENTICATE",
    "AWAY",
    "CAP",
    "ISUPPORT",
    "ERROR",
    "PASS",
    "PING",
    "PONG",
    "QUIT",
    "CONNECT",
    "DEOPER",
    "SQUIT",
    "REHASH",
    "SETNAME",
    "USER",
    "WALLOPS",
    "WEBIRC",
    "REGISTER",
    "VERIFY",
}


class StrangerTests(IrcTestCase):
    def answers(self, hide: Callable[[OtherClient], None], caps: tuple[str, ...], *, off: bool) -> list[list[str]]:
        """What a stranger hears of carol, who has hidden and is in a room or off, in a world of its own."""
        self.world = World()
        stranger = self.world.member("stranger", *caps)
        stranger.said("JOIN #tea")
        sign_on(self.world, "owner")
        self.world.hub.rooms.join(session_of(self.world, "owner"), "#hers")
        carol = sign_on(self.world, "carol")
        hide(carol)
        if off:
            carol.leaves()
        else:
            self.world.hub.rooms.join(carol.session, "#hers")
            self.world.turn()
        heard = []
        for questions in QUESTIONS.values():
            for question in questions:
                lines = stranger.said(question.replace("NICK", "carol") if question != "NICK NICK" else "NICK carol")
                # The time it takes to store is not looked at here: what is said in the end is.
                for _ in range(3):
                    self.world.advance(1)
                lines += stranger.take()
                heard.append([question, *map(plain, lines)])
        return heard

    def compare(self, hide: Callable[[OtherClient], None]) -> None:
        for caps in ((), ("echo-message", "message-tags", "batch", "draft/multiline", "draft/metadata-3")):
            is_off = self.answers(hide, caps, off=True)
            for off, here in zip(is_off, self.answers(hide, caps, off=False), strict=True):
                self.assertEqual(here, off)

    def test_who_does_not_hide_is_seen(self) -> None:
        """Otherwise the comparisons would say nothing."""

        def stay(carol: OtherClient) -> None: ...

        differ = [
            off[0]
            for off, here in zip(self.answers(stay, (), off=True), self.answers(stay, (), off=False), strict=True)
            if off != here
        ]
        self.assertGreaterEqual(set(differ), {"WHOIS NICK", "WHO NICK", "ISON NICK", "USERHOST NICK", "MONITOR + NICK"})

    def test_invisible(self) -> None:
        """An invisible person looks like one who is offline."""
        self.compare(lambda carol: carol.says(State.INVISIBLE))

    def test_visible_to_nobody(self) -> None:
        """So does one who is visible to nobody."""
        self.compare(self.privacy(Visibility.NOBODY))

    def test_visible_to_contacts(self) -> None:
        """And, for a stranger, one who is visible to contacts."""
        self.compare(self.privacy(Visibility.CONTACTS))

    def test_blocking(self) -> None:
        """A blocking person looks offline to whom she blocks."""
        self.compare(lambda carol: self.world.run(self.world.hub.rosters.block(carol.session, "stranger")) and None)

    def privacy(self, visibility: Visibility) -> Callable[[OtherClient], None]:
        def hide(carol: OtherClient) -> None:
            self.world.run(self.world.hub.people.set_privacy(carol.session, visible_to=visibility))

        return hide

    def test_every_command_is_asked(self) -> None:
        """A new command is put here, or among those that say nothing of others."""
        self.assertEqual(set(QUESTIONS) | OF_NOBODY, set(COMMANDS))


def plain(line: str) -> str:
    """A line without what differs from run to run: ids, cloaks, and the numbers of people."""
    words = line.split(" ")
    if line.startswith("@"):
        words = words[1:]
    if len(words) > 1 and words[1] in ("BATCH", "251", "255", "265", "266", "322"):
        words = words[:2]
    return " ".join(words)
