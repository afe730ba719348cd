"""What the IRC door is told: plain values, so that it knows no configuration file."""

import msgspec

from imd.core.tally import Tally


class IrcLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Sizes in bytes, times in seconds, rates per second; 0 means unlimited, for times: never."""

    tags_size: int = 4094
    message_size: int = 16 * 1024
    metadata_at_once: int = 200
    metadata_keys: int = 50
    metadata_per_minute: int = 30
    metadata_subscriptions: int = 100
    metadata_value: int = 280
    multiline_lines: int = 100
    multiline_time: float = 60
    commands_per_second: float = 50
    command_burst: int = 300
    messages_per_second: float = 10
    message_burst: int = 60
    ping_interval: float = 120
    ping_timeout: float = 60
    sign_on_attempts: int = 3
    sign_on_delay: float = 1
    targets: int = 10
    watches: int = 1_000
    rooms: int = 100
    room_masks: int = 100
    nick_length: int = 30
    room_name_length: int = 64
    topic_length: int = 390
    kick_length: int = 300
    status_length: int = 300
    real_name_length: int = 150
    send_queue: int = 512 * 1024
    #: Where it is counted how often each was met; the same after a reload.
    tally: Tally = msgspec.field(default_factory=Tally)

    @property
    def multiline_bytes(self) -> int:
        """Most bytes of a message of several lines; bounded also where messages are not."""
        return self.message_size or 64 * 1024


class IrcSettings(msgspec.Struct, frozen=True, kw_only=True):
    domain: str = "localhost"
    #: ISUPPORT NETWORK.
    network: str = "imd"
    motd: str = ""
    #: User modes that a session begins with.
    first_modes: str = "i"
    #: Whether clients are asked what program they are (CTCP VERSION).
    ask_version: bool = False
    #: ISUPPORT draft/ICON; "" for none.
    icon: str = ""
    #: For ADMIN; where it is "", something that is true anyhow is said.
    admin_location: str = ""
    admin_organisation: str = ""
    admin_email: str = ""
    #: ISUPPORT FILEHOST: where clients may upload files; "": nowhere.
    filehost: str = ""
    #: Software name and version, for 002, 004 and VERSION.
    version: str = "imd"
    #: Wall-clock time of the start of the daemon, for 003.
    created: float = 0.0
    #: Whether a PING confirms private messages; False: the core stores every message first.
    confirm: bool = True
    #: Whether there is a history to read.
    history: bool = True
    #: Whether DCC passes between clients.
    dcc: bool = True
    #: Client-only tags that are dropped, as CLIENTTAGDENY lists them: without their ``+``; ``*`` first means all, but
    #: for those after a ``-``.
    deny_client_tags: tuple[str, ...] = ()
    #: Whether clients are told that their host name is looked up.
    lookup_hostnames: bool = False
    #: Whether their machine is asked who they are (RFC 1413).
    ident: bool = False
    #: Port of TLS for strict transport security; 0: clients are told nothing.
    sts_port: int = 0
    #: Seconds for which clients remember it.
    sts_duration: int = 0
    sts_preload: bool = False
    limits: IrcLimits = msgspec.field(default_factory=IrcLimits)
