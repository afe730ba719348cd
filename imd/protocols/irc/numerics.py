"""The numeric replies this door sends: number, name and fixed text, in one table.

Used as ``session.numeric(numerics.ERR_NOSUCHNICK, "bob")``: the parameters are those between the client's nick and
the fixed text, which is appended. A numeric without fixed text takes all its parameters from the caller. Names and
forms are those of Modern IRC (https://modern.ircdocs.horse/#numerics) unless `reference` says otherwise.
"""

from typing import NamedTuple

_MODERN = "Modern IRC"
_RFC2812 = "RFC 2812"
_SOLANUM = "Solanum modeg"
_MONITOR = "IRCv3 monitor"
_METADATA = "IRCv3 metadata"
_SASL = "IRCv3 sasl-3.1"


class Numeric(NamedTuple):
    """One row of the table. `number` is the three digits as they stand on the wire."""

    number: str
    name: str
    #: The fixed last parameter, or None where every parameter varies.
    text: str | None = None
    reference: str = _MODERN

    def saying(self, text: str) -> "Numeric":
        """The same numeric with another last parameter, for sentences that say more than the fixed one."""
        return self._replace(text=text)


#: Every numeric by name: what docs/protocols/irc.md lists.
TABLE: dict[str, Numeric] = {}


def _row(number: int, name: str, text: str | None = None, reference: str = _MODERN) -> Numeric:
    row = TABLE[name] = Numeric(f"{number:03}", name, text, reference)
    return row


# ---------------------------------------------------------------- welcome
RPL_WELCOME = _row(1, "RPL_WELCOME")
RPL_YOURHOST = _row(2, "RPL_YOURHOST")
RPL_CREATED = _row(3, "RPL_CREATED")
RPL_MYINFO = _row(4, "RPL_MYINFO")
RPL_ISUPPORT = _row(5, "RPL_ISUPPORT", "are supported by this server")

# ---------------------------------------------------------------- the server
RPL_STATSKLINE = _row(216, "RPL_STATSKLINE", reference="RFC 1459")
RPL_ENDOFSTATS = _row(219, "RPL_ENDOFSTATS", "End of /STATS report")
RPL_UMODEIS = _row(221, "RPL_UMODEIS")
RPL_STATSDLINE = _row(225, "RPL_STATSDLINE", reference="ircd-hybrid")
RPL_STATSUPTIME = _row(242, "RPL_STATSUPTIME")
RPL_STATSOLINE = _row(243, "RPL_STATSOLINE", reference=_RFC2812)
RPL_STATSDEBUG = _row(249, "RPL_STATSDEBUG", reference="InspIRCd")
RPL_LUSERCLIENT = _row(251, "RPL_LUSERCLIENT")
RPL_LUSEROP = _row(252, "RPL_LUSEROP", "operator(s) online")
RPL_LUSERUNKNOWN = _row(253, "RPL_LUSERUNKNOWN", "unknown connection(s)")
RPL_LUSERCHANNELS = _row(254, "RPL_LUSERCHANNELS", "channels formed")
RPL_LUSERME = _row(255, "RPL_LUSERME")
RPL_ADMINME = _row(256, "RPL_ADMINME", "Administrative info")
RPL_ADMINLOC1 = _row(257, "RPL_ADMINLOC1")
RPL_ADMINLOC2 = _row(258, "RPL_ADMINLOC2")
RPL_ADMINEMAIL = _row(259, "RPL_ADMINEMAIL")
RPL_LOCALUSERS = _row(265, "RPL_LOCALUSERS")
RPL_GLOBALUSERS = _row(266, "RPL_GLOBALUSERS")
RPL_VERSION = _row(351, "RPL_VERSION")
RPL_LINKS = _row(364, "RPL_LINKS")
RPL_ENDOFLINKS = _row(365, "RPL_ENDOFLINKS", "End of /LINKS list")
RPL_INFO = _row(371, "RPL_INFO")
RPL_MOTD = _row(372, "RPL_MOTD")
RPL_ENDOFINFO = _row(374, "RPL_ENDOFINFO", "End of INFO list")
RPL_MOTDSTART = _row(375, "RPL_MOTDSTART")
RPL_ENDOFMOTD = _row(376, "RPL_ENDOFMOTD", "End of /MOTD command.")
RPL_YOUREOPER = _row(381, "RPL_YOUREOPER", "You are now an IRC operator")
RPL_REHASHING = _row(382, "RPL_REHASHING", "Rehashing")
RPL_TIME = _row(391, "RPL_TIME")

# ---------------------------------------------------------------- people
RPL_AWAY = _row(301, "RPL_AWAY")
RPL_USERHOST = _row(302, "RPL_USERHOST")
RPL_ISON = _row(303, "RPL_ISON", reference=_RFC2812)
RPL_UNAWAY = _row(305, "RPL_UNAWAY", "You are no longer marked as being away")
RPL_NOWAWAY = _row(306, "RPL_NOWAWAY", "You have been marked as being away")
RPL_WHOISUSER = _row(311, "RPL_WHOISUSER")
RPL_WHOISSERVER = _row(312, "RPL_WHOISSERVER")
RPL_WHOISOPERATOR = _row(313, "RPL_WHOISOPERATOR", "is an IRC operator")
RPL_ENDOFWHO = _row(315, "RPL_ENDOFWHO", "End of /WHO list")
RPL_WHOISBOT = _row(335, "RPL_WHOISBOT", "is a bot", "IRCv3 bot-mode")
RPL_WHOWASUSER = _row(314, "RPL_WHOWASUSER")
RPL_WHOISCERTFP = _row(276, "RPL_WHOISCERTFP")
RPL_WHOISMODES = _row(379, "RPL_WHOISMODES")
RPL_WHOISIDLE = _row(317, "RPL_WHOISIDLE", "seconds idle, signon time")
RPL_ENDOFWHOIS = _row(318, "RPL_ENDOFWHOIS", "End of /WHOIS list")
RPL_WHOISCHANNELS = _row(319, "RPL_WHOISCHANNELS")
RPL_WHOISSPECIAL = _row(320, "RPL_WHOISSPECIAL")
RPL_WHOISACCOUNT = _row(330, "RPL_WHOISACCOUNT", "is logged in as")
RPL_WHOISACTUALLY = _row(338, "RPL_WHOISACTUALLY", "Is actually using host")
RPL_WHOREPLY = _row(352, "RPL_WHOREPLY")
RPL_WHOSPCRPL = _row(354, "RPL_WHOSPCRPL", reference="IRCv3 whox")
RPL_ENDOFWHOWAS = _row(369, "RPL_ENDOFWHOWAS", "End of WHOWAS")
RPL_WHOISSECURE = _row(671, "RPL_WHOISSECURE", "is using a secure connection")

RPL_ACCEPTLIST = _row(281, "RPL_ACCEPTLIST", reference=_SOLANUM)
RPL_ENDOFACCEPT = _row(282, "RPL_ENDOFACCEPT", "End of /ACCEPT list.", _SOLANUM)
ERR_ACCEPTFULL = _row(456, "ERR_ACCEPTFULL", "Accept list is full", _SOLANUM)
ERR_ACCEPTEXIST = _row(457, "ERR_ACCEPTEXIST", "is already on your accept list", _SOLANUM)
ERR_ACCEPTNOT = _row(458, "ERR_ACCEPTNOT", "is not on your accept list", _SOLANUM)

# ---------------------------------------------------------------- rooms
RPL_LISTSTART = _row(321, "RPL_LISTSTART", "Users  Name")
RPL_LIST = _row(322, "RPL_LIST")
RPL_LISTEND = _row(323, "RPL_LISTEND", "End of /LIST")
RPL_CHANNELMODEIS = _row(324, "RPL_CHANNELMODEIS")
RPL_CREATIONTIME = _row(329, "RPL_CREATIONTIME")
RPL_NOTOPIC = _row(331, "RPL_NOTOPIC", "No topic is set")
RPL_TOPIC = _row(332, "RPL_TOPIC")
RPL_TOPICWHOTIME = _row(333, "RPL_TOPICWHOTIME")
RPL_INVITELIST = _row(336, "RPL_INVITELIST")
RPL_ENDOFINVITELIST = _row(337, "RPL_ENDOFINVITELIST", "End of /INVITE list")
RPL_INVITING = _row(341, "RPL_INVITING")
RPL_INVEXLIST = _row(346, "RPL_INVEXLIST")
RPL_ENDOFINVEXLIST = _row(347, "RPL_ENDOFINVEXLIST", "End of Channel Invite Exception List")
RPL_EXCEPTLIST = _row(348, "RPL_EXCEPTLIST")
RPL_ENDOFEXCEPTLIST = _row(349, "RPL_ENDOFEXCEPTLIST", "End of channel exception list")
RPL_NAMREPLY = _row(353, "RPL_NAMREPLY")
RPL_ENDOFNAMES = _row(366, "RPL_ENDOFNAMES", "End of /NAMES list")
RPL_BANLIST = _row(367, "RPL_BANLIST")
RPL_ENDOFBANLIST = _row(368, "RPL_ENDOFBANLIST", "End of channel ban list")

# ---------------------------------------------------------------- errors
ERR_UNKNOWNERROR = _row(400, "ERR_UNKNOWNERROR")
ERR_NOSUCHNICK = _row(401, "ERR_NOSUCHNICK", "No such nick/channel")
ERR_NOSUCHSERVER = _row(402, "ERR_NOSUCHSERVER", "No such server")
ERR_NOSUCHCHANNEL = _row(403, "ERR_NOSUCHCHANNEL", "No such channel")
ERR_CANNOTSENDTOCHAN = _row(404, "ERR_CANNOTSENDTOCHAN", "Cannot send to channel")
ERR_TOOMANYCHANNELS = _row(405, "ERR_TOOMANYCHANNELS", "You have joined too many channels")
ERR_WASNOSUCHNICK = _row(406, "ERR_WASNOSUCHNICK", "There was no such nickname")
ERR_TOOMANYTARGETS = _row(407, "ERR_TOOMANYTARGETS", "Too many targets", _RFC2812)
ERR_NOORIGIN = _row(409, "ERR_NOORIGIN", "No origin specified")
ERR_INVALIDCAPCMD = _row(410, "ERR_INVALIDCAPCMD", "Invalid CAP command", "IRCv3 capability-negotiation")
ERR_NORECIPIENT = _row(411, "ERR_NORECIPIENT")
ERR_NOTEXTTOSEND = _row(412, "ERR_NOTEXTTOSEND", "No text to send")
ERR_INPUTTOOLONG = _row(417, "ERR_INPUTTOOLONG", "Input line was too long")
ERR_UNKNOWNCOMMAND = _row(421, "ERR_UNKNOWNCOMMAND", "Unknown command")
ERR_NOMOTD = _row(422, "ERR_NOMOTD", "MOTD File is missing")
ERR_NONICKNAMEGIVEN = _row(431, "ERR_NONICKNAMEGIVEN", "No nickname given")
ERR_ERRONEUSNICKNAME = _row(432, "ERR_ERRONEUSNICKNAME", "Erroneous nickname")
ERR_NICKNAMEINUSE = _row(433, "ERR_NICKNAMEINUSE", "Nickname is already in use")
ERR_UNAVAILRESOURCE = _row(437, "ERR_UNAVAILRESOURCE", "Nick/channel is temporarily unavailable", _RFC2812)
ERR_USERNOTINCHANNEL = _row(441, "ERR_USERNOTINCHANNEL", "They aren't on that channel")
ERR_NOTONCHANNEL = _row(442, "ERR_NOTONCHANNEL", "You're not on that channel")
ERR_USERONCHANNEL = _row(443, "ERR_USERONCHANNEL", "is already on channel")
ERR_NOTREGISTERED = _row(451, "ERR_NOTREGISTERED", "You have not registered")
ERR_NEEDMOREPARAMS = _row(461, "ERR_NEEDMOREPARAMS", "Not enough parameters")
ERR_ALREADYREGISTERED = _row(462, "ERR_ALREADYREGISTERED", "You may not reregister")
ERR_PASSWDMISMATCH = _row(464, "ERR_PASSWDMISMATCH", "Password incorrect")
ERR_YOUREBANNEDCREEP = _row(465, "ERR_YOUREBANNEDCREEP", "You are banned from this server.")
ERR_CHANNELISFULL = _row(471, "ERR_CHANNELISFULL", "Cannot join channel (+l)")
ERR_UNKNOWNMODE = _row(472, "ERR_UNKNOWNMODE", "is unknown mode char to me")
ERR_INVITEONLYCHAN = _row(473, "ERR_INVITEONLYCHAN", "Cannot join channel (+i)")
ERR_BANNEDFROMCHAN = _row(474, "ERR_BANNEDFROMCHAN", "Cannot join channel (+b)")
ERR_BADCHANNELKEY = _row(475, "ERR_BADCHANNELKEY", "Cannot join channel (+k)")
ERR_BADCHANMASK = _row(476, "ERR_BADCHANMASK", "Bad Channel Mask")
ERR_NEEDREGGEDNICK = _row(
    477, "ERR_NEEDREGGEDNICK", "Cannot join channel (+R): sign on with an account", "InspIRCd, Ergo"
)
ERR_BANLISTFULL = _row(478, "ERR_BANLISTFULL", "Channel list is full", _RFC2812)
ERR_NOPRIVILEGES = _row(481, "ERR_NOPRIVILEGES", "Permission Denied- You're not an IRC operator")
ERR_CHANOPRIVSNEEDED = _row(482, "ERR_CHANOPRIVSNEEDED", "You're not channel operator")
ERR_CANTKILLSERVER = _row(483, "ERR_CANTKILLSERVER", "You cant kill a server!")
ERR_NOOPERHOST = _row(491, "ERR_NOOPERHOST", "No O-lines for your host")
ERR_UMODEUNKNOWNFLAG = _row(501, "ERR_UMODEUNKNOWNFLAG", "Unknown MODE flag")
ERR_USERSDONTMATCH = _row(502, "ERR_USERSDONTMATCH", "Cant change mode for other users")
ERR_HELPNOTFOUND = _row(524, "ERR_HELPNOTFOUND", "No help available on this topic")
ERR_INVALIDMODEPARAM = _row(696, "ERR_INVALIDMODEPARAM")
RPL_HELPSTART = _row(704, "RPL_HELPSTART")
RPL_HELPTXT = _row(705, "RPL_HELPTXT")
RPL_ENDOFHELP = _row(706, "RPL_ENDOFHELP")

ERR_NOPRIVS = _row(723, "ERR_NOPRIVS", "Insufficient oper privs.")

# ---------------------------------------------------------------- MONITOR
RPL_MONONLINE = _row(730, "RPL_MONONLINE", reference=_MONITOR)
RPL_MONOFFLINE = _row(731, "RPL_MONOFFLINE", reference=_MONITOR)
RPL_MONLIST = _row(732, "RPL_MONLIST", reference=_MONITOR)
RPL_ENDOFMONLIST = _row(733, "RPL_ENDOFMONLIST", "End of MONITOR list", _MONITOR)
ERR_MONLISTFULL = _row(734, "ERR_MONLISTFULL", "Monitor list is full.", _MONITOR)

ERR_MLOCKRESTRICTED = _row(
    742,
    "ERR_MLOCKRESTRICTED",
    "MODE cannot be set due to the channel having an active MLOCK restriction policy",
    "InspIRCd, Solanum",
)

# ---------------------------------------------------------------- SASL
RPL_KEYVALUE = _row(761, "RPL_KEYVALUE", reference=_METADATA)
RPL_KEYNOTSET = _row(766, "RPL_KEYNOTSET", "Key not set", _METADATA)
RPL_METADATASUBOK = _row(770, "RPL_METADATASUBOK", reference=_METADATA)
RPL_METADATAUNSUBOK = _row(771, "RPL_METADATAUNSUBOK", reference=_METADATA)
RPL_METADATASUBS = _row(772, "RPL_METADATASUBS", reference=_METADATA)
ERR_METADATASYNCLATER = _row(774, "ERR_METADATASYNCLATER", "Try again later", _METADATA)
ERR_METADATARATELIMIT = _row(775, "ERR_METADATARATELIMIT", reference=_METADATA)
RPL_LOGGEDIN = _row(900, "RPL_LOGGEDIN", reference=_SASL)
ERR_NICKLOCKED = _row(902, "ERR_NICKLOCKED", "You must use a nick assigned to you", _SASL)
RPL_SASLSUCCESS = _row(903, "RPL_SASLSUCCESS", "SASL authentication successful", _SASL)
ERR_SASLFAIL = _row(904, "ERR_SASLFAIL", "SASL authentication failed", _SASL)
ERR_SASLTOOLONG = _row(905, "ERR_SASLTOOLONG", "SASL message too long", _SASL)
ERR_SASLABORTED = _row(906, "ERR_SASLABORTED", "SASL authentication aborted", _SASL)
ERR_SASLALREADY = _row(907, "ERR_SASLALREADY", "You have already authenticated using SASL", _SASL)
RPL_SASLMECHS = _row(908, "RPL_SASLMECHS", "are available SASL mechanisms", _SASL)
