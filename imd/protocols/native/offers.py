"""Which signals are offers, and which end one: a session may have so many open."""

from imd.messages import signals


def offered(signal: signals.AnySignal) -> str:
    """The id of what a signal offers, "" for nothing."""
    match signal:
        case signals.CallOffer(call=call):
            return f"call {call}"
        case signals.DirectOffer(offer=offer):
            return f"direct {offer}"
        case signals.FileOffer(offer=offer):
            return f"file {offer}"
    return ""


def settled(signal: signals.AnySignal) -> str:
    """The id of the offer that a signal answers or withdraws, "" for none."""
    match signal:
        case signals.CallAnswer(call=call) | signals.CallEnd(call=call):
            return f"call {call}"
        case signals.DirectAnswer(offer=offer):
            return f"direct {offer}"
        case signals.FileAccept(offer=offer) | signals.FileDecline(offer=offer):
            return f"file {offer}"
    return ""
