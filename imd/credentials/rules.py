"""The settings that matter to whoever signs on, as plain values."""

import msgspec

from imd.core.address import MAX_NAME
from imd.core.tally import Tally
from imd.credentials.gateways import Gateway
from imd.credentials.operators import OperatorLogin
from imd.credentials.registration import CLOSED
from imd.credentials.site_tokens import TokenSite


class CredentialRules(msgspec.Struct, frozen=True, kw_only=True):
    domain: str
    registration: str = CLOSED
    registrations_per_hour: int = 10
    international: bool = False
    scram_iterations: int = 100_000
    #: Seconds.
    resume_keep: float = 14 * 86_400.0
    #: First delay after repeated failures, in seconds; 0 switches delays off.
    sign_on_delay: float = 1.0
    visitors_per_address: int = 60
    #: Bytes of a name one may register.
    name_length: int = MAX_NAME
    #: Sites whose tokens sign on.
    token_sites: tuple[TokenSite, ...] = ()
    #: Who may operate the service.
    operators: tuple[OperatorLogin, ...] = ()
    #: Who may pass on connections of others.
    gateways: tuple[Gateway, ...] = ()
    #: Where it is counted how often a limit was met; the same after a reload.
    tally: Tally = msgspec.field(default_factory=Tally)
