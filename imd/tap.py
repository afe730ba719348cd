"""What ``twistd imd`` accepts, and the service it runs.

``twistd [-n] imd [--config FILE] [--data DIR] [--set KEY=VALUE]… [--auth STRCRED]…``
"""

import os
import signal
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from twisted.application.service import IService, Service
from twisted.cred.credentials import IUsernamePassword
from twisted.cred.strcred import AuthOptionMixin
from twisted.internet.defer import Deferred
from twisted.internet.error import CannotListenError
from twisted.logger import Logger
from twisted.python import usage
from twisted.python.failure import Failure

from imd.assembly import Daemon
from imd.config.error import SettingsError
from imd.config.load import load
from imd.config.model import Settings
from imd.core.refusal import StoreUnavailable
from imd.core.stores import SchemaTooNew, StoreLocked
from imd.net.tls import UnusablePair
from imd.storage.redis.url import WrongURL

#: These carry a sentence for the operator; a stack would only hide it.
EXPLAINED = (
    StoreLocked,
    SchemaTooNew,
    StoreUnavailable,
    WrongURL,
    SettingsError,
    UnusablePair,
    CannotListenError,
    OSError,
)


class Options(usage.Options, AuthOptionMixin):
    """The command line of the daemon."""

    synopsis = "[--config FILE] [--data DIR] [--set KEY=VALUE]... [--auth STRCRED]..."
    longdesc = (
        "Instant messaging for whatever client people like: IRC clients, imc, and applications, all on one directory "
        "of people. Without a settings file the defaults hold; conf/imd.toml lists them all."
    )
    optParameters: ClassVar[list[list[object]]] = [
        ["config", "c", None, "settings file (TOML)"],
        ["data", "d", None, "folder for the embedded store, certificates and the control socket"],
    ]

    #: What a checker must know to be the user database.
    supportedInterfaces = (IUsernamePassword,)

    settings: Settings

    def __init__(self) -> None:
        super().__init__()
        self["set"] = []

    def opt_set(self, assignment: str) -> None:
        """Override one setting: KEY=VALUE, VALUE in TOML; may be repeated. Example: --set listen.irc='["tcp:6667"]'"""
        self["set"].append(assignment)

    def postOptions(self) -> None:
        try:
            self.settings = self.load()
        except SettingsError as error:
            raise usage.UsageError(str(error)) from None
        if len(self.get("credCheckers") or []) > 1:
            raise usage.UsageError("one --auth at a time: imd has one directory of people")

    def load(self) -> Settings:
        """The settings as they are now. Raises `SettingsError`."""
        path = Path(self["config"]) if self["config"] else None
        return load(path, self["set"], self["data"])


class DaemonService(Service):
    """Runs a `Daemon` under twistd. A daemon that cannot start ends the process with exit code 1."""

    log = Logger(namespace="imd")

    def __init__(self, daemon: Daemon, reactor: Any) -> None:
        self._daemon = daemon
        self._reactor = reactor

    def startService(self) -> None:
        super().startService()
        # twistd leaves SIGHUP to its default, which would end the daemon.
        signal.signal(signal.SIGHUP, lambda *_: self._reactor.callFromThread(self._daemon.hang_up))
        Deferred.fromCoroutine(self._daemon.start()).addErrback(self._failed)

    def _failed(self, failure: Failure) -> None:
        known = failure.check(*EXPLAINED)
        if known:
            self.log.error("imd cannot start: {reason}", reason=failure.getErrorMessage())
        else:
            self.log.failure("imd cannot start", failure)
        # Whoever started us must see it; twistd itself would end with 0.
        self._reactor.addSystemEventTrigger("after", "shutdown", partial(os._exit, 1))
        if self._reactor.running:
            self._reactor.stop()

    def stopService(self) -> "Deferred[None]":
        super().stopService()
        return Deferred.fromCoroutine(self._daemon.stop()).addErrback(self._not_stopped)

    def _not_stopped(self, failure: Failure) -> None:
        # The reactor would say nothing of it.
        self.log.failure("imd did not stop in order", failure)


def makeService(options: Options) -> IService:
    """twistd's entry."""
    from twisted.internet import reactor

    checkers = options.get("credCheckers") or []
    daemon = Daemon(reactor, options.settings, options.load, checkers[0] if checkers else None)
    return DaemonService(daemon, reactor)
