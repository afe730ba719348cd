"""From the settings to what each part goes by: plain values, so that no part knows the settings file."""

import ipaddress
from collections.abc import Iterable, Mapping

from imd import __version__
from imd.config.model import Settings
from imd.core.address import fold
from imd.core.hub import Policy
from imd.core.limits import Limits
from imd.core.session import EVERYTHING, Privilege
from imd.core.sites import DEMO, NONE, DeskRule, Site
from imd.core.tally import Tally
from imd.core.verifier import read
from imd.credentials.gateways import Gateway
from imd.credentials.operators import OperatorLogin
from imd.credentials.rules import CredentialRules
from imd.credentials.site_tokens import TokenSite, token_key
from imd.net.connections import ConnectionLimits
from imd.net.web.doors import Make, WebDoor
from imd.net.web.site import WebSettings
from imd.net.websocket.frames import Opcode
from imd.protocols.irc.settings import IrcLimits, IrcSettings
from imd.protocols.native.settings import NativeSettings

#: What the ledger calls clients by long polling.
POLLING = "web-poll"

SOFTWARE = f"imd-{__version__}"


def core_policy(settings: Settings, tally: Tally, own_origins: Iterable[str] = ()) -> Policy:
    """For the hub. `own_origins`: of the pages of our own listeners, once these are bound."""
    limits = settings.limits
    return Policy(
        domain=settings.domain,
        guests=settings.guests_allowed,
        international=settings.accounts.international,
        ack_wait=settings.delivery.ack_wait,
        offline_keep=settings.offline.keep,
        offline_max_messages=settings.offline.max_messages,
        guest_messages=settings.guests.offline_messages,
        history_keep=settings.history.keep,
        history_max_messages=settings.history.max_messages,
        history_talks=settings.history.talks,
        redaction_window=settings.history.redact,
        ledger_keep=settings.ledger.keep,
        room_creation=settings.rooms.create,
        always_on=settings.accounts.always_on,
        always_on_keep=settings.accounts.always_on_keep,
        sites=sites(settings, own_origins),
        desks=desks(settings),
        visitors_keep=settings.web.visitors_keep,
        limits=Limits(
            message_size=limits.message_size,
            status_length=limits.status_length,
            kick_length=limits.kick_length,
            real_name_length=limits.real_name_length,
            topic_length=limits.topic_length,
            room_name_length=limits.room_name_length,
            sessions_per_account=limits.sessions_per_account,
            contacts=limits.contacts,
            watches=limits.watches,
            whowas=limits.whowas,
            visitors=limits.visitors,
            desk_messages=limits.desk_messages,
            rooms=limits.rooms,
            rooms_per_account=limits.rooms_per_account,
            room_members=limits.room_members,
            room_masks=limits.room_masks,
            invites=limits.invites,
            offers=limits.offers,
            metadata_keys=limits.metadata_keys,
            metadata_value=limits.metadata_value,
            bans=limits.bans,
            always_on=limits.always_on,
            replay=limits.replay,
            read_marks=limits.read_marks,
            window=limits.window,
            # A quarter: what has not left yet may be twice the window, and a protocol's wrapping costs something, too.
            window_bytes=int(limits.send_queue) // 4,
            traces=limits.traces,
            tally=tally,
        ),
    )


def sites(settings: Settings, own_origins: Iterable[str] = ()) -> tuple[Site, ...]:
    """Those of `web.sites`, and the one to try it with, for pages of our own listeners."""
    named = [
        _site(site.name, site.origins, site.staff, site.rooms, site.members if site.keys else NONE)
        for site in settings.web.sites
    ]
    if settings.demo and all(site.name != DEMO for site in named):
        # Last: a page that has a site of its own is that site's.
        named.append(_site(DEMO, own_origins, (DEMO,), (f"#{DEMO}",), NONE))
    return tuple(named)


def _site(name: str, origins: Iterable[str], staff: tuple[str, ...], rooms: Iterable[str], members: str) -> Site:
    return Site(
        name=name,
        origins=frozenset(origins),
        staff=staff,
        staff_folded=frozenset(map(fold, staff)),
        rooms=frozenset(map(fold, rooms)),
        members=members,
    )


def desks(settings: Settings) -> tuple[DeskRule, ...]:
    """Those of `web.desks`, and the one that the demonstration site writes to."""
    named = [DeskRule(name=desk.name, title=desk.title, agents=desk.agents) for desk in settings.web.desks]
    if settings.demo and all(fold(desk.name) != DEMO for desk in named):
        named.append(DeskRule(name=DEMO, title="Demo", agents=("*",)))
    return tuple(named)


def credential_rules(settings: Settings, tally: Tally | None = None) -> CredentialRules:
    """For the user database's front."""
    limits = settings.limits.effective()
    return CredentialRules(
        domain=settings.domain,
        registration=settings.registration,
        registrations_per_hour=limits.registrations_per_hour,
        visitors_per_address=limits.visitors_per_address,
        international=settings.accounts.international,
        scram_iterations=settings.accounts.scram_iterations,
        resume_keep=settings.accounts.resume_keep,
        sign_on_delay=limits.sign_on_delay,
        name_length=limits.nick_length,
        token_sites=tuple(
            TokenSite(
                site.name,
                site.members,
                tuple(token_key(key.id, key.algorithm, key.secret, key.public) for key in site.keys),
            )
            for site in settings.web.sites
        ),
        operators=operator_logins(settings),
        gateways=tuple(
            Gateway(
                name=gateway.name,
                networks=tuple(map(ipaddress.ip_network, gateway.networks)),
                verifier=read(gateway.password) if gateway.password else None,
                certificate=gateway.certificate.replace(":", "").lower(),
            )
            for gateway in settings.irc.gateways
        ),
        tally=tally or Tally(),
    )


def operator_logins(settings: Settings) -> tuple[OperatorLogin, ...]:
    """Those of `operators.logins`, and `operators.accounts` by their own names."""
    logins = [
        OperatorLogin(
            name=login.name,
            verifier=read(login.password) if login.password else None,
            account=login.account,
            certificate=login.certificate.replace(":", "").lower(),
            networks=tuple(ipaddress.ip_network(network) for network in login.networks),
            privileges=frozenset(map(Privilege, login.may)) or EVERYTHING,
        )
        for login in settings.operators.logins
    ]
    return (*logins, *(OperatorLogin(name=name, account=name) for name in settings.operators.accounts))


def connection_limits(settings: Settings, tally: Tally) -> ConnectionLimits:
    """For all listeners together."""
    limits = settings.limits.effective()
    return ConnectionLimits(
        limits.connections,
        limits.connections_per_address,
        limits.connections_per_minute,
        limits.requests_per_minute,
        limits.handshakes,
        limits.handshake_timeout,
        tuple(map(ipaddress.ip_network, settings.listen.exempt)),
        tuple(map(ipaddress.ip_network, settings.listen.proxies)),
        tally,
    )


def native_settings(settings: Settings, tally: Tally) -> NativeSettings:
    limits = settings.limits.effective()
    return NativeSettings(
        server=SOFTWARE,
        line_length=limits.line_length,
        message_size=limits.message_size,
        send_queue=limits.send_queue,
        commands_per_second=limits.commands_per_second,
        command_burst=limits.command_burst,
        messages_per_second=limits.messages_per_second,
        message_burst=limits.message_burst,
        ping_interval=limits.native_ping_interval,
        ping_timeout=limits.native_ping_timeout,
        sign_on_attempts=limits.sign_on_attempts,
        sign_on_delay=limits.sign_on_delay,
        tally=tally,
    )


def irc_settings(settings: Settings, created: float, tally: Tally) -> IrcSettings:
    """`created`: when the daemon started."""
    limits = settings.limits.effective()
    return IrcSettings(
        domain=settings.domain,
        network=settings.irc.network,
        motd=settings.irc.motd,
        first_modes=settings.irc.first_modes,
        ask_version=settings.irc.ask_version,
        icon=settings.irc.icon,
        admin_location=settings.irc.admin_location,
        admin_organisation=settings.irc.admin_organisation,
        admin_email=settings.irc.admin_email,
        filehost=settings.irc.filehost,
        version=SOFTWARE,
        created=created,
        confirm=settings.irc.confirm,
        history=bool(settings.history.keep),
        dcc=settings.irc.dcc,
        lookup_hostnames=settings.irc.lookup_hostnames,
        ident=settings.irc.ident,
        sts_port=settings.irc.sts_port,
        sts_duration=int(settings.irc.sts_duration),
        sts_preload=settings.irc.sts_preload,
        deny_client_tags=settings.irc.deny_client_tags,
        limits=IrcLimits(
            tags_size=limits.tags_size,
            message_size=limits.message_size,
            metadata_at_once=limits.metadata_at_once,
            metadata_keys=limits.metadata_keys,
            metadata_per_minute=limits.metadata_per_minute,
            metadata_subscriptions=limits.metadata_subscriptions,
            metadata_value=limits.metadata_value,
            multiline_lines=limits.multiline_lines,
            multiline_time=limits.multiline_time,
            commands_per_second=limits.commands_per_second,
            command_burst=limits.command_burst,
            messages_per_second=limits.messages_per_second,
            message_burst=limits.message_burst,
            ping_interval=limits.irc_ping_interval,
            ping_timeout=limits.irc_ping_timeout,
            sign_on_attempts=limits.sign_on_attempts,
            sign_on_delay=limits.sign_on_delay,
            targets=limits.targets,
            watches=limits.watches,
            rooms=limits.rooms_per_account,
            room_masks=limits.room_masks,
            nick_length=limits.nick_length,
            room_name_length=limits.room_name_length,
            topic_length=limits.topic_length,
            kick_length=limits.kick_length,
            status_length=limits.status_length,
            real_name_length=limits.real_name_length,
            send_queue=limits.send_queue,
            tally=tally,
        ),
    )


def web_settings(
    settings: Settings, tally: Tally, own_origins: Iterable[str] = (), irc_ports: Mapping[str, int] | None = None
) -> WebSettings:
    """`own_origins` as for `sites`; `irc_ports`: where IRC is, by kind of listener."""
    embedders = {origin.lower() for site in sites(settings, own_origins) for origin in site.origins}
    limits = settings.limits.effective()
    return WebSettings(
        origins=frozenset(settings.web.origins),
        embedders=frozenset(settings.web.origins) | embedders,
        domain=settings.domain if settings.everything_on_loopback() else "",
        demo=settings.demo,
        texts={
            "domain": settings.domain,
            "irc": str((irc_ports or {}).get("tcp") or ""),
            "irc_tls": str((irc_ports or {}).get("tls") or ""),
            "register": "register" if settings.registration == "open" else "",
        },
        request_size=limits.request_size,
        request_body=limits.request_body,
        request_timeout=limits.handshake_timeout,
        send_queue=limits.send_queue,
        poll_wait=limits.poll_wait,
        poll_idle=limits.poll_idle,
        line_length=limits.line_length,
        websocket_message=limits.websocket_message,
        frames_per_second=limits.frames_per_second,
        tally=tally,
    )


def web_doors(irc: Make, native: Make) -> dict[str, WebDoor]:
    """The doors behind the site by their paths; given is what makes their connections."""
    text, binary = Opcode.TEXT, Opcode.BINARY
    # https://ircv3.net/specs/extensions/websocket: old clients name no subprotocol.
    lines = {"text.ircv3.net": text, "binary.ircv3.net": binary, "": text}
    client = {"imd.native": text, "": text}
    return {
        "irc": WebDoor("irc-websocket", lines, frozenset({text.value, binary.value}), irc),
        "native": WebDoor("native-websocket", client, frozenset({text.value}), native),
        "embed/socket": WebDoor("web", client, frozenset({text.value}), native, embedded=True),
    }
