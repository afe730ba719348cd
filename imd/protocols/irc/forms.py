"""How each command is written and what it does, for HELP and for docs/protocols/irc.md."""

from typing import NamedTuple


class Form(NamedTuple):
    form: str
    does: str


FORMS: dict[str, Form] = {
    "ADMIN": Form("ADMIN [server]", "who runs the server"),
    "AUTHENTICATE": Form("AUTHENTICATE mechanism|data", "sign on by SASL"),
    "AWAY": Form("AWAY [:text]", "say that you are away, or without a text that you are back"),
    "BATCH": Form("BATCH +ref draft/multiline target|-ref", "begin or end a message of several lines"),
    "BUDDY": Form("BUDDY verb [words]", "the same as a message to BuddyServ"),
    "CAP": Form("CAP LS|LIST|REQ|END [words]", "negotiate capabilities"),
    "ERROR": Form("ERROR [:text]", "ignored: clients have nothing to complain of"),
    "HELP": Form("HELP [command]", "this"),
    "HELPOP": Form("HELPOP [command]", "the same as HELP"),
    "INFO": Form("INFO [server]", "what the server is"),
    "INVITE": Form("INVITE [nick #room]", "ask somebody in; alone: the rooms you are asked into"),
    "ISON": Form("ISON nick{ nick}", "which of these are on"),
    "JOIN": Form("JOIN #room{,#room} [key{,key}]", "enter rooms; JOIN 0 leaves all"),
    "KICK": Form("KICK #room nick{,nick} [:reason]", "remove somebody from a room"),
    "KILL": Form("KILL nick :comment", "operators: end somebody's sessions"),
    "LINKS": Form("LINKS [mask]", "the servers there are: this one"),
    "LIST": Form("LIST [condition{,condition}]", "rooms: by name, mask, !mask, >members, C<minutes, T<minutes"),
    "LUSERS": Form("LUSERS", "how many are here, through all doors"),
    "MODE": Form("MODE #room|nick [modes [parameters]]", "settings, lists and roles of a room; your own modes"),
    "MONITOR": Form("MONITOR +|-|C|L|S [nick{,nick}]", "be told when these come and go"),
    "MOTD": Form("MOTD [server]", "the message of the day"),
    "NAMES": Form("NAMES [#room{,#room}]", "who is in the rooms you are in"),
    "NICKSERV": Form("NICKSERV verb [words]", "the same as a message to NickServ"),
    "NS": Form("NS verb [words]", "the same as NICKSERV"),
    "NICK": Form("NICK nick", "your name; that of an account is fixed"),
    "NOTICE": Form("NOTICE target{,target} :text", "a message that nothing answers and nobody keeps"),
    "OPER": Form("OPER name [password]", "become an operator of the service"),
    "PART": Form("PART #room{,#room} [:reason]", "leave rooms"),
    "PASS": Form("PASS secret, or PASS account:secret", "sign on with a password, before registration ends"),
    "PING": Form("PING token", "answered by PONG"),
    "PONG": Form("PONG token", "answers PING, and confirms the messages before it"),
    "PRIVMSG": Form("PRIVMSG target{,target} :text", "a message to people and rooms; kept for who is off"),
    "QUIT": Form("QUIT [:reason]", "go"),
    "REHASH": Form("REHASH", "operators: read the settings again"),
    "REGISTER": Form("REGISTER account|* email|* password", "make an account with your nick as its name"),
    "RENAME": Form("RENAME #room #name [:reason]", "give a room another name"),
    "SETNAME": Form("SETNAME :real name", "what you call yourself"),
    "STATS": Form("STATS letter [server]", "u: since when; operators: o, p and others"),
    "TAGMSG": Form("TAGMSG target{,target}", "tags without a text, such as typing"),
    "TIME": Form("TIME [server]", "the server's time"),
    "TOPIC": Form("TOPIC #room [:text]", "what a room is about; an empty text clears it"),
    "USER": Form("USER user 0 * :real name", "part of registration"),
    "USERHOST": Form("USERHOST nick{ nick}", "where up to five people seem to be"),
    "VERIFY": Form("VERIFY account code", "nothing waits to be verified here"),
    "VERSION": Form("VERSION [server]", "software and RPL_ISUPPORT"),
    "WALLOPS": Form("WALLOPS :text", "operators: tell everybody who has mode w"),
    "WHO": Form("WHO [mask [o][%fields[,token]]]", "people in a room, or you share one with, or by nick"),
    "WHOIS": Form("WHOIS [server] nick{,nick}", "what you may know of somebody"),
    "WHOWAS": Form("WHOWAS nick{,nick} [count]", "who has been called so"),
}
