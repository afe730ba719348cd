"""The command line of ``imc``."""

import argparse
from collections.abc import Sequence
from typing import NoReturn

import msgspec

from imd import __version__
from imd.client.destination import Destination, parse
from imd.client.errors import UsageError

_EXAMPLES = """\
examples:
  imc --register alice@localhost             make an account, and sign on to it
  imc alice@localhost                        the terminal client: /help in it says what it can do
  imc alice@chat.example.org                 the same at a server elsewhere, always by TLS
  imc alice@[2001:db8::7]:4001               an IPv6 address needs brackets
  echo Hello | imc --to bob alice@localhost  send a line
  imc --to '#tea' alice@localhost < news     every line that is not empty is one message
  imc --receive alice@localhost              print what comes, one message a line, until Ctrl-C
  imc --receive --count 1 --timeout 60 --json alice@localhost | jq -r .body
                                             wait a minute for one message

connection:
  HOST is where to connect; without a PORT it is 4001 by TLS, to this machine 4000,
  and with --udp it is 4000.
  TLS checks the server's certificate. For one that no authority has signed, let the
  environment variable SSL_CERT_FILE name it, or give --insecure.
  The password is asked for, or taken from the environment variable IMC_PASSWORD;
  an invitation for --register from IMC_INVITATION.

exit code:
  0 everything was accepted (and --count reached)   1 something was refused, or its fate is unknown
  2 the command line makes no sense   3 cannot connect   4 sign-on failed   130 interrupted
"""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for. Times in seconds."""

    destination: Destination
    udp: bool = False
    insecure: bool = False
    register: bool = False
    to: str = ""
    receive: bool = False
    count: int = 0
    timeout: float | None = None
    json: bool = False

    @property
    def interactive(self) -> bool:
        return not (self.to or self.receive)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message[:1].upper()}{message[1:].rstrip('.')}.")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="imc",
        usage="imc [--udp] [--insecure] [--register] [--to NAME|#ROOM] [--receive [--count N] [--timeout S]] [--json] "
        "NAME@HOST[:PORT]",
        description="Talk to people on an imd server: in the terminal, or from a script.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("destination", metavar="NAME@HOST[:PORT]", help="your account, and the host to connect to")
    add("--to", metavar="NAME|#ROOM", help="send each line of standard input to this person or room")
    add("--receive", action="store_true", help="print messages, one a line, and acknowledge each once it is printed")
    add("--count", metavar="N", type=int, help="with --receive: stop after so many messages")
    add("--timeout", metavar="S", type=float, help="with --receive: stop after so many seconds")
    add("--json", action="store_true", help="print JSON, one object a line: messages, and what became of those sent")
    add("--register", action="store_true", help="make the account first")
    add("--insecure", action="store_true", help="take any certificate; it never means plain text")
    add("--udp", action="store_true", help="connect by UDP: DTLS, to this machine plain")
    add("--version", action="version", version=f"imc {__version__}")
    return parser


def read(arguments: Sequence[str]) -> Options:
    """Read the command line. Raises `UsageError`; ends the program after ``--help`` and ``--version``."""
    given = _parser().parse_args(arguments)
    if given.to is not None and (not given.to or given.to == "#" or any(c.isspace() for c in given.to)):
        raise UsageError(f"--to needs a person or a room, as in --to bob or --to '#tea'; {given.to!r} is neither.")
    if not given.receive and (given.count is not None or given.timeout is not None):
        raise UsageError("--count and --timeout go with --receive.")
    if given.count is not None and given.count < 1:
        raise UsageError("--count needs a number from 1 up.")
    if given.timeout is not None and not 0 < given.timeout < 1e9:
        raise UsageError("--timeout needs a number of seconds above 0.")
    if given.json and not (given.to or given.receive):
        raise UsageError("--json goes with --to or --receive.")
    return Options(
        destination=parse(given.destination),
        udp=given.udp,
        insecure=given.insecure,
        register=given.register,
        to=given.to or "",
        receive=given.receive,
        count=given.count or 0,
        timeout=given.timeout,
        json=given.json,
    )
