"""Last step of the ladder: by carrier (e-mail, SMS, fax), where the recipient's rules ask for it."""

from imd.core.message import Message
from imd.core.trace import Way


class Extended:
    """Not configured: no carriers are set up, so what is kept waits for the recipient to sign on."""

    why = "not configured"

    def take(self, message: Message, way: Way, now: float) -> bool:
        """Whether a carrier has taken the message as well."""
        way.add(now, "extended", self.why)
        return False
