"""What the native door is told: plain values, so that it knows no configuration file."""

import msgspec

from imd.core.tally import Tally


class NativeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Sizes in bytes, times in seconds, rates per second; 0 means unlimited, for times: never."""

    #: Software name and version, for the greeting.
    server: str = "imd"
    line_length: int = 64 * 1024
    #: What a stranger may make the daemon hold; a SCRAM message with a long name fits four times.
    line_before_sign_on: int = 4 * 1024
    message_size: int = 16 * 1024
    send_queue: int = 512 * 1024
    commands_per_second: float = 50
    command_burst: int = 300
    messages_per_second: float = 10
    message_burst: int = 60
    ping_interval: float = 60
    ping_timeout: float = 60
    sign_on_attempts: int = 3
    sign_on_delay: float = 1
    #: Where it is counted how often each was met; the same after a reload.
    tally: Tally = msgspec.field(default_factory=Tally)
