"""Which device it is: ``account@device`` or ``account/device`` where a client names an account.

IRC has no word for it. What bouncers made a custom is understood: behind ``@`` (Ergo, ZNC) or ``/`` (soju) in SASL, in
``PASS account@device:secret``, and behind ``@`` in USER. Without a name a client certificate tells devices apart.
"""

from imd.core.session import Peer

#: Most bytes of a device's name (as the native protocol allows characters).
MAX_DEVICE = 64


def named(text: str, domain: str) -> tuple[str, str]:
    """The account and the device of what a client calls itself; "" where it names none.

    ``alice@DOMAIN`` is the account in full. A device's name is what is left of it within `MAX_DEVICE`.
    """
    name, slash, device = text.partition("/")
    if slash:
        return name, _plain(device)
    name, _, rest = text.partition("@")
    if rest.lower() == domain.lower():
        return text, ""
    # ``alice@phone@DOMAIN`` has both.
    device, _, where = rest.partition("@")
    if where:
        name = f"{name}@{where}"
    return name, _plain(device)


def _plain(device: str) -> str:
    shown = "".join(sign for sign in device if sign.isprintable() and sign != " ")
    return shown.encode()[:MAX_DEVICE].decode(errors="ignore")


def unnamed(peer: Peer) -> str:
    """What to call the device of a client that has not named it; "" where nothing tells it from others."""
    return f"certificate-{peer.certificate[:16]}" if peer.certificate else ""
