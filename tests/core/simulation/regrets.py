"""In some simulated lives people read history, and take back what they have said."""

from typing import Any

from twisted.internet.defer import Deferred

from imd.core.refusal import Refusal
from tests.core.simulation.cast import Device
from tests.core.simulation.shown import Shown


class Regrets(Shown):
    """What was taken back is shown to nobody from then on, and is in no history."""

    def want(self, device: Device) -> None:
        """The client reads history: from now on the account has copies of its talks."""
        if device.session is not None:
            self.note(f"{device.who}/{device.number} reads history")
            self.house.hub.history.want(device.session)

    def regret(self, device: Device) -> None:
        """Take back one of the latest messages."""
        mine = [sent for sent in self.sent[-20:] if sent.sender == device.who and sent.id]
        if not mine or device.session is None:
            return
        sent, generation = self.chance.choice(mine), self.generation
        sent.regretted = True
        self.note(f"{device.who}/{device.number} takes back {sent.number}")

        def done(_: None) -> None:
            if generation == self.generation:
                sent.taken_back = self.moment(), len(sent.told)
                self.taken_back += 1
                self.note(f"{sent.number} is taken back")

        taking: Any = self.house.hub.history.redact(device.session, sent.to, sent.id, "")
        Deferred.fromCoroutine(taking).addCallbacks(done, lambda why: why.trap(Refusal))
