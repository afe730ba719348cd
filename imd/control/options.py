"""The command line of ``imdctl``, and what its help teaches."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from imd import __version__

EXAMPLES = """\
with a daemon or without one:
  imdctl check                         are the settings right, can the store be used?
  imdctl user add alice                make an account; asks for the password
  echo secret | imdctl user add bob --password-stdin
  imdctl user list                     all accounts; visitors of sites with --visitors
  imdctl operator-password             a password for an operator, for the settings file
  imdctl user invite                   an invitation, for when registration is "invite"

with a daemon:
  imdctl status                        what runs where, and how it is
  imdctl who                           who is on, from where, with which client
  imdctl desks                         who is at which desk, and whom nobody has answered yet
  imdctl history export alice          what alice has said, when she asks for it
  imdctl queue bob                     what waits for bob
  imdctl trace 5q2w7k…                 the way of one message, with the reason for each step
  imdctl ledger alice                  alice's sign-ons
  imdctl reload                        read the settings again
  imdctl kick bob "Have a break."      end bob's sessions; he may come back
  imdctl ban add mallory               mallory may not sign on, through any door
  imdctl ban add 192.0.2.0/24 "Spam." --for 7d

'imdctl COMMAND --help' says more. For scripts: 'imdctl COMMAND --json' writes one JSON object; the exit code is 0 on
success, 1 when it was refused or failed, 2 for a wrong command line.
"""

USER = """\
Accounts. With a running daemon it is asked; without one the store itself is changed, which nobody else may have open
at the same time.
"""

BAN = """\
Accounts, addresses and masks that may not sign on, through any door. Bans are kept in the store.
"""

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(
        prog="imdctl",
        description="Operate an imd: its daemon if one runs in the data folder, else its store.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--config", type=Path, metavar="FILE", help="the daemon's settings file")
    top.add_argument("--data", metavar="DIR", help="the daemon's data folder (default: imd-data, or what FILE says)")
    top.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="override a setting, as for twistd imd"
    )
    top.add_argument("--json", action="store_true", help="answer in JSON; may also stand behind the command")
    top.add_argument("--version", action="version", version=f"imdctl {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    commands.add_parser(
        "check",
        help="check settings and store",
        description="Check the settings; what is wrong is told with file, line and key. Then see whether a daemon "
        "runs on them, and if none does, whether the store can be opened.",
    )
    commands.add_parser(
        "status",
        help="how the daemon is",
        description="Version, listeners with their real ports, the store and its durability, people, connections, "
        "messages under way.",
    )
    commands.add_parser(
        "who",
        help="who is on",
        description="Every session: name, presence, door, address and port, listening ports, client, since when, idle.",
    )
    commands.add_parser(
        "desks",
        help="who is at which desk",
        description="Each desk with those who are at it; and each open conversation: whose it is, and since when it "
        "rings or is taken. No texts.",
    )
    queue = commands.add_parser("queue", help="what waits for an account", description="Messages that wait; no texts.")
    queue.add_argument("name", help="an account")
    trace = commands.add_parser(
        "trace",
        help="the way of a message",
        description="Each step of a message, with its time and reason; of the latest messages, and of those that wait.",
    )
    trace.add_argument("id", help="as 'imdctl queue' shows it, or a client (msgid)")
    ledger = commands.add_parser(
        "ledger",
        help="sign-ons, newest first",
        description="Sign-ons and how they ended, the newest first, as long as ledger.keep says.",
    )
    ledger.add_argument("name", nargs="?", default="", help="of this account only")
    commands.add_parser(
        "reload",
        help="read the settings again",
        description="Read the settings again, like SIGHUP. With a wrong setting all the old ones stay in force.",
    )
    operator = commands.add_parser(
        "operator-password",
        help="a password for an operator, as the settings hold it",
        description="Print a verifier of a password, for `password` in [[operators.logins]] and [[irc.webirc]]. "
        "The password is asked for, or taken from standard input. Nothing is changed, and no daemon is needed.",
    )
    operator.add_argument(
        "--password-stdin",
        action="store_true",
        help="read the password from standard input, to its end and without one final line end",
    )
    kick = commands.add_parser("kick", help="end all sessions of somebody", description="They may come back; see ban.")
    kick.add_argument("name", help="an account or a guest")
    kick.add_argument("text", nargs="?", default="", help="what they are told")
    # "imdctl status --json" is what people type first. Suppressed: a default would undo the --json in front.
    for group in (commands, _add_user(commands), _add_ban(commands), _add_history(commands)):
        for command in group.choices.values():
            command.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="answer in JSON")
    return top


def _add_user(commands: Commands) -> Commands:
    user = commands.add_parser("user", help="accounts", description=USER)
    verbs = user.add_subparsers(dest="verb", metavar="VERB", required=True)
    for verb, explained, more in (
        ("add", "make an account", "Make an account. Asks for its password, or takes it from standard input."),
        (
            "password",
            "set a new password",
            "Set a new password, asked for or taken from standard input. It ends the account's resume tokens.",
        ),
    ):
        one = verbs.add_parser(verb, help=explained, description=more)
        one.add_argument("name", help="the account")
        one.add_argument(
            "--password-stdin",
            action="store_true",
            help="read the password from standard input, to its end and without one final line end",
        )
    listing = verbs.add_parser(
        "list",
        help="all accounts",
        description="All accounts, with what they let others see. Visitors of sites are listed by --visitors.",
    )
    listing.add_argument("--visitors", action="store_true", help="the visitors of sites instead")
    info = verbs.add_parser(
        "info",
        help="all about one account",
        description="Since when it exists, its certificates and devices, what waits for it, and when it was on last.",
    )
    info.add_argument("name", help="the account")
    rename = verbs.add_parser(
        "rename",
        help="give an account another name",
        description="Give an account another name. Who is on stays on, and watchers are told.",
    )
    rename.add_argument("name", help="the account")
    rename.add_argument("new", help="its new name")
    remove = verbs.add_parser(
        "remove",
        help="remove an account and all that is its own",
        description="Remove an account with its buddy list and what waits for it. Its sessions end.",
    )
    remove.add_argument("name", help="the account")
    verbs.add_parser(
        "invite",
        help="make an invitation",
        description="Make an invitation for one registration, good for seven days.",
    )
    certificate = verbs.add_parser(
        "certificate",
        help="let a client certificate sign on",
        description="Let a client certificate sign on by SASL EXTERNAL. Who signed it does not matter.",
    )
    certificate.add_argument("name", help="the account")
    certificate.add_argument("fingerprint", help="SHA-256 of the certificate (DER), in hex, with or without colons")
    certificate.add_argument("--remove", action="store_true", help="let it sign on no longer")
    return verbs


def _add_ban(commands: Commands) -> Commands:
    ban = commands.add_parser("ban", help="who may not sign on", description=BAN)
    verbs = ban.add_subparsers(dest="verb", metavar="VERB", required=True)
    verbs.add_parser("list", help="who is banned", description="Who is banned, until when, by whom and why.")
    target = "an account, an address or network (CIDR), or a mask: nick!user@host with * and ?"
    add = verbs.add_parser(
        "add",
        help="ban an account, an address or a mask",
        description="Ban: nobody it fits may connect or sign on, through any door, and their sessions end.",
    )
    add.add_argument("name", metavar="target", help=target)
    add.add_argument("reason", nargs="?", default="", help="what the banned are told")
    add.add_argument("--for", dest="span", default="", metavar="TIME", help="30m, 12h, 7d, 1d12h; without it for ever")
    remove = verbs.add_parser("remove", help="lift a ban", description="Lift a ban; they may sign on again.")
    remove.add_argument("name", metavar="target", help=target)
    return verbs


def _add_history(commands: Commands) -> Commands:
    history = commands.add_parser(
        "history",
        help="what somebody has said, for that person",
        description="What an account has said and the history still has, in rooms and to people: to hand it out or to "
        "erase it, when the person asks for that.",
    )
    verbs = history.add_subparsers(dest="verb", metavar="VERB", required=True)
    export = verbs.add_parser(
        "export",
        help="all that an account has said",
        description="All that an account has said, texts included, each message once. With --json for a machine.",
    )
    export.add_argument("name", help="the account")
    erase = verbs.add_parser(
        "erase",
        help="forget all that an account has said",
        description="Forget all that an account has said, in everybody's history. What waits for somebody stays.",
    )
    erase.add_argument("name", help="the account")
    return verbs


class Asked(argparse.Namespace):
    """A command line, understood."""

    config: Path | None
    data: str | None
    set: list[str]
    json: bool
    command: str
    verb: str = ""
    password_stdin: bool | None = None

    @property
    def action(self) -> str:
        """Name of the action, as `imd.control.actions` knows it."""
        return f"{self.command} {self.verb}".strip()

    @property
    def arguments(self) -> dict[str, object]:
        """What goes with it."""
        given = ("name", "new", "fingerprint", "remove", "visitors", "id", "text", "reason", "span")
        return {name: value for name, value in vars(self).items() if name in given}


def parse(argv: Sequence[str] | None = None) -> Asked:
    """Ends the process with exit code 2 and a sentence for a wrong command line."""
    top = parser()
    asked = top.parse_args(argv, namespace=Asked())
    for name, value in vars(asked).items():
        try:
            str(value).encode()
        except UnicodeEncodeError:
            # Octets of the command line that are no UTF-8 come as lone surrogates.
            top.error(f"{name} is not in UTF-8")
    return asked
