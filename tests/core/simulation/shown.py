"""What may be shown to whom, and what must have been in the end."""

from imd.core.message import Envelope, Message, Outcome
from imd.core.past import Redaction
from tests.core.simulation.cast import Device, Sent
from tests.core.simulation.known import Known


class Shown(Known):
    """Whatever clients are shown is checked at once."""

    def show(self, device: Device, envelope: Envelope) -> None:
        message = envelope.message
        sent = next(one for one in (self.by_id.get(message.id), self.sending) if one is not None)
        if sent.sender == device.who != sent.to:
            self.show_copy(device, sent, envelope)
            return
        self.note(f"{device.who}/{device.number} is shown {sent.number}" + " (repeat)" * envelope.repeat)
        for wrong in (self.not_to_be_shown(device, sent, message), self.not_once_more(device, sent, envelope)):
            if wrong:
                self.wrong(f"{sent.number} {wrong}", message.id)
        before = self.shown.setdefault((device.who, message.id), [])
        if not before and len(sent.told) == 1:
            last = device.first.get(sent.sender, 0)
            if sent.number < last:
                self.wrong(f"{sent.number} of {sent.sender} shown after {last}", message.id)
            device.first[sent.sender] = sent.number
        before.append(device)
        device.seen.add(message.id)

    def show_copy(self, device: Device, sent: Sent, envelope: Envelope) -> None:
        """To another device of its sender: once to each, and never what was refused."""
        if self.crashes and device.began < self.crashes[-1]:
            # The killed daemon's own timers.
            return
        self.note(f"{device.who}/{device.number} is shown its own {sent.number}")
        reasons = {
            "shown under another id": str(sent.number) != envelope.message.body,
            "shown to a client that has gone": device.over,
            "refused and shown": len(sent.told) == 1 and Outcome.REFUSED in sent.outcomes,
            "shown twice in one session": envelope.message.id in device.seen,
            "marked as a repeat": envelope.repeat,
            "shown though it was taken back": self.still_back(sent),
        }
        for wrong in (reason for reason, true in reasons.items() if true):
            self.wrong(f"own {sent.number} {wrong}", envelope.message.id)
        device.seen.add(envelope.message.id)

    def show_redacted(self, device: Device, redaction: Redaction) -> None:
        """To both sides, and to nobody else."""
        sent = self.by_id[redaction.message]
        if device.who not in (sent.sender, sent.to) or (sent.blocked and device.who == sent.to):
            self.wrong(f"that {sent.number} was taken back is told to {device.who}", sent.id)
        if redaction.by.name != sent.sender:
            self.wrong(f"{sent.number} was taken back by {redaction.by}", sent.id)

    def not_to_be_shown(self, device: Device, sent: Sent, message: Message) -> str:
        """Why this message is not to be shown to this client at all, or ""."""
        reasons = {
            "shown under another id": str(sent.number) != message.body,
            "shown to a client that has gone": device.over,
            "shown to somebody else": sent.to != device.who,
            "shown though its sender was blocked": sent.blocked,
            "refused and shown": len(sent.told) == 1 and Outcome.REFUSED in sent.outcomes,
            "shown though it was taken back": self.still_back(sent),
        }
        return next((reason for reason, true in reasons.items() if true), "")

    def not_once_more(self, device: Device, sent: Sent, envelope: Envelope) -> str:
        """Why it is not to be shown once more, or not so, or ""."""
        id, time = envelope.message.id, envelope.message.time
        before = self.shown.get((device.who, id), [])
        confirmed = self.confirmed.get((device.who, id))
        # An acknowledgement may be lost with the daemon; and a client that repeats a message to another daemon is
        # recognised by its recipient, and by the store if that still has it.
        crashed = bool(self.crashes) and confirmed is not None and self.crashes[-1] > confirmed
        resent = len(set(sent.lives)) > 1
        known = confirmed is not None and device.began > confirmed
        reasons = {
            "shown twice in one session": id in device.seen,
            "shown again after it was confirmed": known and not crashed and not resent,
            "marked as a repeat, and never shown before": envelope.repeat and not before,
            "not marked as a repeat": self.calm and not envelope.repeat and any(other.over for other in before),
            "shown with another time": not resent and time != self.times.setdefault(id, time),
        }
        return next((reason for reason, true in reasons.items() if true), "")

    def all_shown(self) -> None:
        """Whoever is on and confirms at once, or need not, has been given everything by now."""
        for device in self.devices:
            if not device.over and device.habit in ("at once", "cannot") and device.who in self.accounts:
                others = [other for other in self.devices if other.who == device.who and not other.over]
                waiting = self.store.inbox._waiting.get(self.accounts[device.who].id, {})
                for id, queued in waiting.items():
                    # After five attempts it waits until asked for; others may have been too slow to confirm it.
                    if queued.attempts < 5 and not any(id in other.seen for other in others):
                        self.wrong(f"{queued.message.body} was not shown to {device.who}, who is on", id)

    def check(self) -> None:
        for sent in self.sent:
            for life, told in zip(sent.lives, sent.told, strict=True):
                if not told and life not in self.killed:
                    self.wrong(f"{sent.number} was never settled", sent.id)
            good = Outcome.ACCEPTED in sent.outcomes or Outcome.KEPT in sent.outcomes
            key = (sent.to, sent.id)
            there = key in self.confirmed or any(device.habit == "cannot" for device in self.shown.get(key, ()))
            if good and not sent.blocked and not there and not sent.regretted:
                self.wrong(f"{sent.number} was {sent.outcomes} and is lost", sent.id)
            refused = len(sent.told) == 1 and Outcome.REFUSED in sent.outcomes
            if refused and key in self.shown:
                self.wrong(f"{sent.number} was refused and shown", sent.id)
            history = self.history.get(sent.to, set())
            if self.still_back(sent) and any(sent.id in self.history.get(who, ()) for who in (sent.sender, sent.to)):
                self.wrong(f"{sent.number} was taken back and is in history", sent.id)
            wanted = good and sent.recorded and not sent.blocked and not sent.regretted
            if wanted and self.house.policy.history_keep:
                if sent.id not in history:
                    self.wrong(f"{sent.number} is not in history", sent.id)
                self.recorded += 1
            if (refused or sent.blocked) and sent.id in history:
                self.wrong(f"{sent.number} was refused and is in history", sent.id)
