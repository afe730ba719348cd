"""``imdctl``: what an operator types.

With a running daemon everything goes over its control socket. Without one, ``check`` and ``user`` work on the store
itself, under its lease.
"""

import argparse
import getpass
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import react
from twisted.python.failure import Failure

from imd import __version__
from imd.config.error import SettingsError
from imd.config.load import check, load
from imd.config.model import Settings
from imd.control.call import NoDaemon, connect
from imd.control.show import text
from imd.control.wire import Answer, Refused, encode
from imd.core.refusal import Refusal
from imd.core.stores import SchemaTooNew, StoreLocked

EPILOG = """\
examples:
  imdctl check                         are the settings right? names file, line and key if not
  imdctl user add alice                make an account; asks for the password
  echo secret | imdctl user add bob --password-stdin
  imdctl user invite                   an invitation, for when registration is "invite"
  imdctl status                        what runs where, and how it is
  imdctl who                           who is on, from where, with which client
  imdctl queue bob                     what waits for bob
  imdctl trace 5q2w…                   the way of one message, with the reason for each step
  imdctl ledger alice                  alice's sign-ons
  imdctl ban add mallory               mallory may not sign on, through any door
"""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(
        prog="imdctl",
        description="Operate an imd. Uses the control socket of the daemon whose settings or data folder is given.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--config", type=Path, metavar="FILE", help="the daemon's settings file")
    top.add_argument("--data", metavar="DIR", help="the daemon's data folder (default: imd-data, or what FILE says)")
    top.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="override a setting, as for twistd imd"
    )
    top.add_argument("--json", action="store_true", help="answer in JSON")
    top.add_argument("--version", action="version", version=f"imdctl {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    commands.add_parser("check", help="check the settings; needs no daemon")
    commands.add_parser("status", help="how the daemon is")
    commands.add_parser("who", help="who is on")
    user = commands.add_parser("user", help="accounts").add_subparsers(dest="verb", metavar="VERB", required=True)
    for verb, explained in (("add", "make an account"), ("password", "set a new password")):
        one = user.add_parser(verb, help=explained)
        one.add_argument("name")
        one.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    user.add_parser("list", help="all accounts")
    rename = user.add_parser("rename", help="give an account another name")
    rename.add_argument("name")
    rename.add_argument("new")
    user.add_parser("remove", help="remove an account and all that is its own").add_argument("name")
    user.add_parser("invite", help="make an invitation for one registration")
    certificate = user.add_parser("certificate", help="let a client certificate sign on (SASL EXTERNAL)")
    certificate.add_argument("name")
    certificate.add_argument("fingerprint", help="SHA-256 of the certificate, in hex")
    certificate.add_argument("--remove", action="store_true", help="let it sign on no longer")
    commands.add_parser("queue", help="what waits for an account").add_argument("name")
    commands.add_parser("trace", help="the way of a message").add_argument("id")
    commands.add_parser("ledger", help="sign-ons, newest first").add_argument("name", nargs="?", default="")
    commands.add_parser("reload", help="read the settings again")
    kick = commands.add_parser("kick", help="end all sessions of somebody")
    kick.add_argument("name")
    kick.add_argument("text", nargs="?", default="", help="what they are told")
    ban = commands.add_parser("ban", help="accounts that may not sign on")
    verbs = ban.add_subparsers(dest="verb", metavar="VERB", required=True)
    verbs.add_parser("list", help="who is banned")
    verbs.add_parser("add", help="ban an account").add_argument("name")
    verbs.add_parser("remove", help="lift a ban").add_argument("name")
    return top


class Failed(Exception):
    """Ends the command with this sentence and exit code 1."""


def _password(given: argparse.Namespace) -> str:
    """From standard input, to its end and without one final newline; or asked for twice."""
    if given.password_stdin:
        return sys.stdin.read().removesuffix("\n")
    if not sys.stdin.isatty():
        raise Failed("there is no terminal to ask for the password; give it on standard input with --password-stdin")
    password = getpass.getpass(f"Password for {given.name}: ")
    if getpass.getpass("Once more: ") != password:
        raise Failed("the two were different")
    return password


def _check(given: argparse.Namespace) -> Answer:
    errors = [str(error) for error in check(given.config, given.set, given.data)]
    if errors and not given.json:
        raise Failed("\n".join(errors))
    return {"ok": not errors, "errors": errors}


async def _run(reactor: Any, given: argparse.Namespace, action: str, arguments: Answer) -> Answer:
    settings = load(given.config, given.set, given.data)
    try:
        caller = await connect(reactor, settings.data)
    except NoDaemon:
        if given.command != "user":
            raise
        return await _on_store(reactor, settings, action, arguments)
    try:
        return await caller.every_page(action, arguments)
    finally:
        caller.close()


async def _on_store(reactor: Any, settings: Settings, action: str, arguments: Answer) -> Answer:
    """Without a daemon: the store itself, which nobody else may have at the same time."""
    # Only here: with a daemon none of this is needed.
    from imd.assembly import make_store
    from imd.control.directory import Directory
    from imd.core.accounts import Accounts
    from imd.credentials.front import CredentialsFront
    from imd.credentials.hashing import Hashing
    from imd.net.reactor_clock import ReactorClock
    from imd.policies import credential_rules

    store = make_store(settings, reactor)
    await store.open()
    hashing = Hashing(reactor, 1)
    hashing.start()
    try:
        accounts = Accounts(store.accounts, international=settings.accounts.international)
        credentials = CredentialsFront(store, accounts, hashing, ReactorClock(reactor), credential_rules(settings))
        perform = Directory(store, accounts, credentials).actions[action]
        answer = await perform(arguments)
        while answer.get("next"):
            page = await perform({**arguments, "after": answer["next"]})
            answer = {"rows": answer["rows"] + page["rows"], "next": page["next"]}
        return answer
    finally:
        hashing.stop()
        await store.close()


def main(argv: Sequence[str] | None = None) -> None:
    """Exit code 0 only on success, 1 when it was refused or failed, 2 for a wrong command line."""
    given = parser().parse_args(argv)
    action = f"{given.command} {given.verb}" if "verb" in given else given.command
    arguments = {
        name: value
        for name, value in vars(given).items()
        if name not in ("config", "data", "set", "json", "command", "verb", "password_stdin")
    }
    outcome: list[Answer] = []

    async def run(reactor: Any) -> None:
        outcome.append(await _run(reactor, given, action, arguments))

    def explained(failure: Failure) -> None:
        # Other errors are ours, and leave with their stack.
        failure.trap(Failed, Refusal, Refused, NoDaemon, SettingsError, StoreLocked, SchemaTooNew, OSError)
        _complain(failure.getErrorMessage() or str(failure.value))
        raise SystemExit(1)

    try:
        if action == "check":
            outcome.append(_check(given))
        else:
            if "password_stdin" in given:
                arguments["password"] = _password(given)
            react(lambda reactor: Deferred.fromCoroutine(run(reactor)).addErrback(explained))
    except (Failed, SettingsError) as error:
        _complain(str(error))
        raise SystemExit(1) from None
    except SystemExit as end:
        if end.code:
            raise
    answer = outcome[0]
    if given.json:
        print(encode(answer).decode())
    else:
        print("The settings are right." if action == "check" else text(action, answer))
    if answer.get("ok") is False:
        raise SystemExit(1)


def _complain(sentence: str) -> None:
    print(f"imdctl: {sentence}", file=sys.stderr)
