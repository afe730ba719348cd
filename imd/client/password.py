"""The password: from the environment, or asked for on the terminal."""

import getpass
import os
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path

from imd.client.destination import Destination
from imd.client.errors import UsageError
from imd.net.opaque_string import UnusablePassword, prepare

VARIABLE = "IMC_PASSWORD"


def obtain(
    destination: Destination,
    register: bool,
    environment: Mapping[str, str],
    ask: Callable[[str], str] = getpass.getpass,
) -> str:
    """The password, asked for twice if it is a new one. Raises `UsageError`."""
    given = environment.get(VARIABLE)
    if given is not None:
        return _usable(given, register)
    if ask is getpass.getpass and not has_terminal():
        raise UsageError(f"There is no terminal to ask for the password: put it into the environment as {VARIABLE}.")
    if not register:
        return _usable(ask(f"Password of {destination.name}: "), register)
    password = _usable(ask(f"New password for {destination.name}: "), register)
    # Compared as it is hashed: what looks the same is the same.
    if unicodedata.normalize("NFC", ask("The same once more: ")) != unicodedata.normalize("NFC", password):
        raise UsageError("The two passwords differ; nothing has been registered.")
    return password


def has_terminal() -> bool:
    """Whether somebody can be asked; standard input may be a file all the same."""
    try:
        os.close(os.open(Path("/dev/tty"), os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _usable(password: str, register: bool) -> str:
    if not password:
        raise UsageError("The password is empty.")
    if register:
        try:
            prepare(password)
        except UnusablePassword as problem:
            raise UsageError(f"This cannot be a password: {problem}") from problem
    return password
