"""All settings: every section joined.

`conf/imd.toml` and `docs/settings.md` are written from here. `live=False` marks what takes effect at the next
start only; everything else at a reload. A relative path counts from the folder of the settings file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from imd.config.field import setting
from imd.config.limits import Limits
from imd.config.sections.irc import Irc
from imd.config.sections.keeping import Ledger, Log, Store
from imd.config.sections.listening import Listen, Tls
from imd.config.sections.messages import Carriers, Delivery, History, Offline, Rooms
from imd.config.sections.operators import Operators
from imd.config.sections.people import Accounts, Guests
from imd.config.sections.web import Web


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings. `Settings()` is what holds without a settings file, with paths still relative."""

    domain: Annotated[
        str,
        setting(
            "The part of addresses after the @.",
            allowed="a host name in lower case, such as example.org",
            example='"example.org"',
            live=False,
        ),
    ] = "localhost"
    data: Annotated[
        Path,
        setting(
            "Folder for the embedded store, certificates and the control socket.",
            example='"/var/lib/imd"',
            live=False,
        ),
    ] = Path("imd-data")
    listen: Listen = Listen()
    tls: Tls = Tls()
    store: Store = Store()
    accounts: Accounts = Accounts()
    guests: Guests = Guests()
    delivery: Delivery = Delivery()
    offline: Offline = Offline()
    history: History = History()
    rooms: Rooms = Rooms()
    irc: Irc = Irc()
    web: Web = Web()
    limits: Limits = Limits()
    operators: Operators = Operators()
    ledger: Ledger = Ledger()
    carriers: Carriers = Carriers()
    log: Log = Log()

    def everything_on_loopback(self) -> bool:
        """Whether only programs of this machine can connect, through whatever listener, and for nobody else."""
        passed_on = self.listen.proxies or self.irc.gateways
        return not passed_on and all(listener.loopback for listener in self.listen.everything())

    @property
    def registration(self) -> Literal["open", "invite", "closed"]:
        """Who may register, with "auto" decided."""
        if self.accounts.registration != "auto":
            return self.accounts.registration
        return "open" if self.everything_on_loopback() else "invite"

    @property
    def guests_allowed(self) -> bool:
        """Whether guests may sign on, with "auto" decided."""
        if self.accounts.guests == "auto":
            return self.everything_on_loopback()
        return self.accounts.guests

    @property
    def demo(self) -> bool:
        """Whether there is a site to try the chat with, with "auto" decided."""
        return self.everything_on_loopback() if self.web.demo == "auto" else self.web.demo
