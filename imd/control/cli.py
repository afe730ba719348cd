"""``imdctl``: what an operator types.

With a running daemon everything goes over its control socket. Without one, ``check`` and ``user`` work on the store
itself, under its lease.
"""

import contextlib
import getpass
import io
import os
import secrets
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import react
from twisted.python.failure import Failure

from imd.config.error import SettingsError
from imd.config.load import check, load
from imd.config.model import Settings
from imd.control.call import NoDaemon, NotPermitted, connect
from imd.control.options import Asked, parse
from imd.control.show import clean, text
from imd.control.wire import Answer, Refused, encode
from imd.core.refusal import Refusal
from imd.core.stores import OutcomeUnknown, SchemaTooNew, Store, StoreLocked

#: PBKDF2 rounds of an operator's password: the default of accounts.scram_iterations.
_ROUNDS = 100_000


class Failed(Exception):
    """Ends the command with this sentence and exit code 1."""


#: These carry a sentence for the operator. Other errors are ours, and leave with their stack.
_EXPLAINED = (Failed, Refusal, Refused, NoDaemon, NotPermitted, SettingsError, StoreLocked, SchemaTooNew, OSError)


def _password(asked: Asked) -> str:
    """From standard input, to its end and without one final newline; or asked for twice."""
    if asked.password_stdin:
        try:
            return sys.stdin.buffer.read().decode().removesuffix("\n")
        except UnicodeDecodeError:
            raise Failed("the password on standard input is not in UTF-8") from None
    if not sys.stdin.isatty():
        raise Failed("there is no terminal to ask for the password; give it on standard input with --password-stdin")
    try:
        password = getpass.getpass("Password: ")
        if getpass.getpass("Once more: ") != password:
            raise Failed("the two were different; nothing was changed")
    except EOFError:
        raise Failed("no password was given; nothing was changed") from None
    return password


def _verifier(password: str) -> str:
    """What the settings hold of a password."""
    from imd.core.verifier import written
    from imd.credentials.scram import SALT_SIZE, new_verifier
    from imd.net.opaque_string import UnusablePassword, prepare
    from imd.net.scram import salted_password

    try:
        prepared = prepare(password)
    except UnusablePassword as reason:
        raise Failed(f"this password cannot be used: {reason}") from None
    salt = secrets.token_bytes(SALT_SIZE)
    # Nothing else runs in this process: no thread is needed.
    return written(new_verifier(salted_password(prepared, salt, _ROUNDS), salt, _ROUNDS))


def _folder(asked: Asked) -> Path:
    """The data folder. With --data it needs no settings: a daemon can be asked while its new ones are wrong."""
    return Path(asked.data).absolute() if asked.data else load(asked.config, asked.set).data


async def _run(reactor: Any, asked: Asked, arguments: Answer) -> Answer:
    if asked.command == "check":
        return await _check(reactor, asked)
    if asked.command == "operator-password":
        return {"verifier": _verifier(arguments["password"])}
    try:
        caller = await connect(reactor, _folder(asked))
    except NoDaemon:
        if asked.command != "user":
            raise
        return await _on_store(reactor, load(asked.config, asked.set, asked.data), asked.action, arguments)
    try:
        return await caller.every_page(asked.action, arguments)
    finally:
        caller.close()


async def _check(reactor: Any, asked: Asked) -> Answer:
    """The settings; then the daemon that runs on them, or the store."""
    if errors := check(asked.config, asked.set, asked.data):
        return {"ok": False, "errors": [str(error) for error in errors]}
    settings = load(asked.config, asked.set, asked.data)
    found: Answer = {"ok": True, "errors": [], "running": False, "durability": None}
    with contextlib.suppress(NoDaemon):
        caller = await connect(reactor, settings.data)
        try:
            store = (await caller.ask("status", {}))["store"]
        finally:
            caller.close()
        return {**found, "running": True, "store": store["description"], "durability": store["durability"]}
    if settings.store.url == "sqlite" and not (settings.data / "imd.db").exists():
        # Looking must not make one.
        return {**found, "store": f"sqlite {settings.data / 'imd.db'}"}
    async with _opened(reactor, settings) as opened:
        return {**found, "store": opened.description, "durability": opened.durability.value}


@contextlib.asynccontextmanager
async def _opened(reactor: Any, settings: Settings) -> AsyncIterator[Store]:
    """The store itself, which nobody else may have at the same time."""
    # Only here: with a daemon it is not needed.
    from imd.assembly import make_store

    store = make_store(settings, reactor)
    try:
        await store.open()
    except Refusal as refusal:
        raise Failed(_why_closed(refusal, settings)) from None
    try:
        yield store
    finally:
        await store.close()


def _why_closed(refusal: Refusal, settings: Settings) -> str:
    """What a user is told of a store that is away says too little to an operator."""
    where = f"sqlite in {settings.data}" if settings.store.url == "sqlite" else "store.url"
    reason = str(refusal.__cause__ or "") or refusal.sentence
    return f"the store cannot be opened ({where}): {reason}"


async def _on_store(reactor: Any, settings: Settings, action: str, arguments: Answer) -> Answer:
    """Without a daemon: as a daemon would do it."""
    from imd.control.directory import Directory
    from imd.core.accounts import Accounts
    from imd.credentials.front import CredentialsFront
    from imd.credentials.hashing import Hashing
    from imd.net.reactor_clock import ReactorClock
    from imd.policies import credential_rules

    async with _opened(reactor, settings) as store:
        hashing = Hashing(reactor, 1)
        hashing.start()
        try:
            accounts = Accounts(store.accounts, international=settings.accounts.international)
            credentials = CredentialsFront(store, accounts, hashing, ReactorClock(reactor), credential_rules(settings))
            perform = Directory(store, accounts, credentials, settings.domain).actions[action]
            answer = await perform(arguments)
            while answer.get("next"):
                page = await perform({**arguments, "after": answer["next"]})
                answer = {"rows": answer["rows"] + page["rows"], "next": page["next"]}
        except OutcomeUnknown:
            raise Failed("the store died at this moment, so this may have happened or not; do it again") from None
        finally:
            hashing.stop()
    answer.pop("next", None)
    return answer


def _ask(asked: Asked) -> Answer:
    """The answer. Raises what `_EXPLAINED` lists; anything else is reported with its stack and ends the process."""
    arguments: Answer = dict(asked.arguments)
    if asked.password_stdin is not None:
        if not asked.data and asked.command != "operator-password":
            # Before somebody types a password in vain.
            _folder(asked)
        arguments["password"] = _password(asked)
    outcome: list[Answer] = []
    wrong: list[Failure] = []

    def explained(failure: Failure) -> None:
        failure.trap(*_EXPLAINED)
        wrong.append(failure)

    async def run(reactor: Any) -> None:
        outcome.append(await _run(reactor, asked, arguments))

    try:
        react(lambda reactor: Deferred.fromCoroutine(run(reactor)).addErrback(explained))
    except SystemExit as end:
        if end.code:
            raise
    if wrong:
        wrong[0].raiseException()
    if not outcome:
        # The reactor took Ctrl-C for itself.
        raise KeyboardInterrupt
    return outcome[0]


def main(argv: Sequence[str] | None = None) -> None:
    """Exit code 0 only on success, 1 when it was refused or failed, 2 for a wrong command line."""
    asked = parse(argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a letter must not hide the rest.
            stream.reconfigure(errors="backslashreplace")
    try:
        answer = _ask(asked)
    except _EXPLAINED as error:
        _complain(str(error))
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    right = answer.get("ok") is not False
    if not right and not asked.json:
        _complain(text(asked.action, answer))
        raise SystemExit(1)
    try:
        print(encode(answer).decode() if asked.json else text(asked.action, answer), flush=True)
    except BrokenPipeError:
        # The reader (head, less) has seen enough. Python would complain once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if not right:
        raise SystemExit(1)


def _complain(sentences: str) -> None:
    for sentence in sentences.splitlines():
        print(f"imdctl: {clean(sentence)}", file=sys.stderr)
