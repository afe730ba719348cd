"""First step of the ladder: peer to peer, where both clients have agreed to it and the server only introduces them."""

from imd.core.message import Message
from imd.core.trace import Way


class Direct:
    """Not configured: offers to connect directly pass between clients as signals, and text goes by the next step."""

    why = "not configured"

    def take(self, message: Message, way: Way, now: float) -> bool:
        """Whether the message has gone this way."""
        way.add(now, "direct", self.why)
        return False
