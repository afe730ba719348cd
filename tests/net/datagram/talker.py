"""One person with the client library, as a process of its own: ``python -m tests.net.datagram.talker …``.

Says on standard output what happens, a JSON object a line, and starts to send at the first line of standard input.
"""

import argparse
import json
from functools import partial
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.stdio import StandardIO
from twisted.internet.task import react
from twisted.internet.threads import deferToThreadPool
from twisted.protocols.basic import LineOnlyReceiver

from imd.client.datagram import DatagramReaching
from imd.client.destination import Destination
from imd.client.errors import ClientError
from imd.client.library import Client
from imd.client.outgoing import Settled
from imd.client.signing_on import Details, Identity
from imd.messages.catalogue import FromServer
from imd.messages.messaging import Message
from imd.messages.signon import Welcome


def tell(**what: Any) -> None:
    print(json.dumps(what), flush=True)


class Talker:
    """The application."""

    def __init__(self, reactor: Any, arguments: argparse.Namespace) -> None:
        self._arguments = arguments
        destination = Destination(arguments.name, arguments.host, arguments.port)
        self.client = Client(
            DatagramReaching(reactor, destination, insecure=arguments.dtls),
            Identity(arguments.name, arguments.password),
            Details(client="talker"),
            self,
            reactor,
            partial(deferToThreadPool, reactor, reactor.getThreadPool()),
        )

    def begin(self) -> None:
        for number in range(self._arguments.count):
            body = f"{self._arguments.name} says {number}"
            self.client.send(self._arguments.peer, body).addCallback(partial(self._settled, body))

    @staticmethod
    def _settled(body: str, settled: Settled) -> None:
        tell(settled=body, outcome=settled.outcome, id=settled.id)

    def welcomed(self, welcome: Welcome) -> None:
        tell(welcomed=welcome.session)

    def disconnected(self, why: str, retry_in: float) -> None:
        tell(disconnected=why)

    def ended(self, why: ClientError) -> None:
        tell(ended=str(why))

    def message(self, message: Message) -> None:
        tell(received=message.body, id=message.id)
        self.client.acknowledge(message.id)

    def heard(self, event: FromServer) -> None:
        """Nothing else matters."""


class _Commands(LineOnlyReceiver):
    """Standard input: the first line begins, its end stops."""

    delimiter = b"\n"

    def __init__(self, talker: Talker, over: "Deferred[None]") -> None:
        self._talker = talker
        self._over = over

    def lineReceived(self, line: bytes) -> None:
        self._talker.begin()

    def connectionLost(self, reason: Any = None) -> None:
        self._over.callback(None)


async def run(reactor: Any, arguments: argparse.Namespace) -> None:
    talker = Talker(reactor, arguments)
    await talker.client.start()
    over: Deferred[None] = Deferred()
    StandardIO(_Commands(talker, over))
    await over
    await talker.client.stop()


def main() -> None:
    parser = argparse.ArgumentParser(prog="talker")
    parser.add_argument("name")
    parser.add_argument("peer")
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("count", type=int)
    parser.add_argument("--password", default="sesame")
    parser.add_argument("--dtls", action="store_true", help="with any certificate")
    arguments = parser.parse_args()
    react(lambda reactor: Deferred.fromCoroutine(run(reactor, arguments)), ())


if __name__ == "__main__":
    main()
