"""Every command family, imported so that the command table is whole. A new family is added here."""

from imd.protocols.irc import (
    accounts,
    buddyserv,
    messaging,
    negotiation,
    nickserv,
    nickserv_settings,
    operators,
    presence,
    queries,
    registration,
    room_modes,
    rooms,
    sasl,
    who,
    whois,
    whowas,
)

FAMILIES = (
    registration,
    negotiation,
    sasl,
    accounts,
    messaging,
    rooms,
    room_modes,
    queries,
    who,
    whois,
    whowas,
    presence,
    buddyserv,
    nickserv,
    nickserv_settings,
    operators,
)
