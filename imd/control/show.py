"""Answers as text: tables for people, nothing for machines (they have ``--json``)."""

import time
from collections.abc import Callable, Sequence

from imd.control.wire import Answer


def moment(when: float) -> str:
    """Local time to the second; empty for never."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(when)) if when else ""


def span(seconds: float) -> str:
    """``3 d 4 h``, ``5 min``, ``12 s``."""
    whole = int(seconds)
    for size, unit, small, small_unit in ((86400, "d", 3600, "h"), (3600, "h", 60, "min")):
        if whole >= size:
            rest = whole % size // small
            return f"{whole // size} {unit}" + (f" {rest} {small_unit}" if rest else "")
    return f"{whole // 60} min" if whole >= 60 else f"{whole} s"


def size(octets: int) -> str:
    """``812 bytes``, ``1.5 KiB``, ``256 MiB``."""
    for unit, name in ((1024**3, "GiB"), (1024**2, "MiB"), (1024, "KiB")):
        if octets >= unit:
            return f"{octets / unit:.1f}".removesuffix(".0") + f" {name}"
    return f"{octets} bytes"


def clean(text: str) -> str:
    """Without what could steer the operator's terminal: much of what is shown was chosen by clients."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def table(rows: Sequence[Sequence[object]], heads: Sequence[str]) -> str:
    """Columns as wide as they must be."""
    texts = [[clean(str(cell)) for cell in row] for row in (heads, *rows)]
    widths = [max(len(row[column]) for row in texts) for column in range(len(heads))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
                     for row in texts)  # fmt: skip


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _visitor(row: Answer) -> tuple[str, ...]:
    return row["name"], moment(row["created"]), row["site"], "banned" * row["suspended"]


def _users(answer: Answer) -> str:
    if any(row["visitor"] for row in answer["rows"]):
        heads = ("NAME", "SINCE", "SITE", "")
        return table([_visitor(row) for row in answer["rows"]], heads)
    rows = [
        (
            row["name"],
            moment(row["created"]),
            row["visible_to"],
            len(row["certificates"]) or "",
            "banned" if row["suspended"] else "",
        )
        for row in answer["rows"]
    ]
    return table(rows, ("NAME", "SINCE", "VISIBLE TO", "CERTIFICATES", "")) if rows else "No accounts."


def _user(answer: Answer) -> str:
    last = answer["last"]
    lines = [
        ("name", answer["name"] + " (banned)" * answer["suspended"]),
        ("id", answer["id"]),
        ("since", moment(answer["created"])),
        *((("visitor of" if answer["visitor"] else "member of", answer["site"]),) if answer["site"] else ()),
        ("password", "yes" if answer["password"] else "none"),
        ("visible to", answer["visible_to"] + ", shares where it is" * answer["share_location"]),
        ("devices", ", ".join(answer["devices"]) or "none so far"),
        ("waiting", _count(answer["waiting"], "message")),
        ("last on", "never" if last is None else _last_on(last)),
        *(("certificate", fingerprint) for fingerprint in answer["certificates"]),
    ]
    width = max(len(head) for head, _ in lines)
    return "\n".join(f"{head:{width}}  {clean(text)}" for head, text in lines)


def _last_on(last: Answer) -> str:
    return f"{moment(last['began'])} to {moment(last['ended']) if last['ended'] else 'now'} ({last['door']})"


def _banned(answer: Answer) -> str:
    rows = [
        (
            row["name"],
            row["kind"],
            moment(row["since"]),
            moment(row["expires"]) or "for ever",
            row["by"],
            row["reason"] + f" | {row['note']}" * bool(row["note"]),
        )
        for row in answer["rows"]
    ]
    return table(rows, ("TARGET", "KIND", "SINCE", "UNTIL", "BY", "REASON")) if rows else "Nobody is banned."


def _ban(answer: Answer) -> str:
    until = f" until {moment(answer['expires'])}" if answer["expires"] else ""
    return f"{answer['name']} may not sign on{until or ' any more'}; {_count(answer['sessions'], 'session')} ended."


def _check(answer: Answer) -> str:
    if answer["errors"]:
        return "\n".join(answer["errors"])
    store = answer["store"]
    if answer["running"]:
        return f"The settings are right. A daemon runs in this data folder; 'imdctl status' says how it is.\n{store}"
    if answer["durability"] is None:
        return f"The settings are right. The store will be made at the first start: {store}"
    return f"The settings are right. The store can be used: {store}, durability: {answer['durability']}"


def _who(answer: Answer) -> str:
    rows = [
        (
            row["name"] + (f" ({row['kind']})" if row["kind"] != "account" else ""),
            row["state"],
            row["door"] + ("+tls" if row["tls"] else ""),
            f"{row['address']}:{row['port']}",
            f"{row['tcp_port'] or '-'}/{row['udp_port'] or '-'}",
            f"{row['client']} {row['version']}".strip(),
            moment(row["since"]),
            span(row["idle"]),
        )
        for row in sorted(answer["rows"], key=lambda each: (each["name"].lower(), each["since"]))
    ]
    return table(rows, ("NAME", "STATE", "DOOR", "FROM", "TCP/UDP", "CLIENT", "SINCE", "IDLE")) if rows else "Nobody."


def _desks(answer: Answer) -> str:
    desks = [row for row in answer["rows"] if "person" not in row]
    if not desks:
        return "There are no desks."
    lines = []
    for row in desks:
        on = ", ".join(f"{name} ({state})" for name, state in sorted(row["on"].items()))
        lines.append(f"{row['desk']}: {on or 'nobody'}" if row["open"] else f"{row['desk']}: an account is called so")
    rows = [
        (
            row["person"],
            row["at"] if row["at"] == row["desk"] else f"{row['desk']} at {row['at']}",
            f"taken by {row['by']}" if row["state"] == "taken" else row["state"],
            moment(row["since"]),
            str(row["unheard"]),
        )
        for row in answer["rows"]
        if "person" in row
    ]
    if rows:
        lines += ["", table(rows, ("WHO", "DESK", "STATE", "SINCE", "UNHEARD"))]
    return "\n".join(lines)


def _status(answer: Answer) -> str:
    store, people, connections = answer["store"], answer["people"], answer["connections"]
    cpu = answer["longest_hold_cpu"]
    lines = [
        f"imd {answer['version']}, process {answer['pid']}, up {span(answer['uptime'])}, "
        f"since {moment(answer['since'])}",
        f"store: {store['description']}, {'available' if store['available'] else 'AWAY'}, "
        f"durability: {store['durability']}",
        *(f"listening: {each['door']} {each['kind']} {each['address']}" for each in answer["listeners"]),
        f"people: {people['accounts']} accounts, {people['guests']} guests and {people['visitors']} visitors on, "
        f"{people['sessions']} sessions (most at one time {people['peak']}), {answer['rooms']} rooms, "
        f"{answer['bans']} bans",
        f"connections: {connections['open']} open, {connections['handshakes']} signing on, "
        f"{connections['accepted']} accepted since the start",
        f"messages: {answer['delivery']['open']} under way, {answer['delivery']['stuck']} waiting for the store",
        f"longest hold of the reactor: {answer['longest_hold'] * 1000:.0f} ms"
        + ("" if cpu is None else f", by processor time {cpu * 1000:.0f} ms"),
    ]
    refused = {why: count for why, count in connections["refused"].items() if count}
    if refused:
        lines.append("refused: " + ", ".join(f"{count} for {why}" for why, count in refused.items()))
    memory = answer["memory"]
    lines.append(
        f"memory: {memory['holders']} connections hold {size(memory['held'])}, most at one time {size(memory['peak'])}"
    )
    for number, port in enumerate(answer["datagrams"], 1):
        links, *wrong = (f"{count} {what}" for what, count in port.items())
        lines.append(f"datagrams, socket {number}: {links}; since the start {', '.join(wrong)}")
    rows = [
        (name, _amount(row["bound"] or "none", row["unit"]), _amount(row["now"], row["unit"]), row["met"] or "")
        for name, row in answer["limits"].items()
    ]
    return "\n".join([*lines, "", table(rows, ("LIMIT", "BOUND", "NOW", "MET"))])


def _amount(number: float | str | None, unit: str) -> str:
    if number is None or isinstance(number, str):
        return number or ""
    if unit == "bytes":
        return size(int(number))
    return f"{number:g} s" if unit else f"{number}"


def _export(answer: Answer) -> str:
    rows = [(moment(row["time"]), row["to"], row["body"]) for row in answer["rows"]]
    return table(rows, ("TIME", "TO", "")) if rows else "Nothing is kept."


def _queue(answer: Answer) -> str:
    rows = [
        (
            row["id"],
            moment(row["time"]),
            row["sender"],
            row["kind"],
            row["bytes"],
            row["attempts"],
            moment(row["expires"]),
        )
        for row in answer["rows"]
    ]
    return table(rows, ("ID", "SENT", "FROM", "KIND", "BYTES", "TRIED", "EXPIRES")) if rows else "Nothing waits."


def _trace(answer: Answer) -> str:
    lines = [clean(f"{answer['id']} from {answer['sender']} to {answer['recipient']}, sent {moment(answer['time'])}")]
    lines += [
        f"  {moment(step['time'])}.{int(step['time'] % 1 * 1e6):06d}  {step['step']:<10} {clean(step['why'])}"
        for step in answer["steps"]
    ]
    if answer.get("outcome"):
        lines.append(f"  the sender was told: {answer['outcome']}")
    if "waiting" in answer:
        waiting = answer["waiting"]
        lines.append(f"  waits in the inbox, tried {waiting['attempts']} times, until {moment(waiting['expires'])}")
    return "\n".join(lines)


def _ledger(answer: Answer) -> str:
    rows = [
        (
            row["name"],
            moment(row["began"]),
            moment(row["ended"]) or "still on",
            row["reason"],
            row["door"] + ("+tls" if row["tls"] else ""),
            f"{row['address']}:{row['port']}",
            f"{row['tcp_port'] or '-'}/{row['udp_port'] or '-'}",
            f"{row['client']} {row['version']}".strip(),
        )
        for row in answer["rows"]
    ]
    heads = ("NAME", "SIGNED ON", "SIGNED OFF", "WHY", "DOOR", "FROM", "TCP/UDP", "CLIENT")
    return table(rows, heads) if rows else "No sign-ons."


def _reload(answer: Answer) -> str:
    lines = [f"changed: {change}" for change in answer["changed"]]
    lines += [f"at the next start: {change}" for change in answer["at_next_start"]]
    return "\n".join(lines) or "No setting has changed."


_SHOWN: dict[str, Callable[[Answer], str]] = {
    "check": _check,
    "status": _status,
    "who": _who,
    "desks": _desks,
    "user add": lambda answer: f"{answer['name']} may sign on now.",
    "user list": _users,
    "user info": _user,
    "user password": lambda answer: f"{answer['name']} has a new password; what was signed on by token must use it.",
    "user rename": lambda answer: f"The account is called {answer['name']} now.",
    "user remove": lambda answer: f"{answer['name']} is removed.",
    "user invite": lambda answer: str(answer["invitation"]),
    "user certificate": lambda answer: f"{answer['name']} has {_count(len(answer['certificates']), 'certificate')}.",
    "operator-password": lambda answer: str(answer["verifier"]),
    "ban list": _banned,
    "ban add": _ban,
    "ban remove": lambda answer: f"{answer['name']} may sign on again.",
    "history export": _export,
    "history erase": lambda answer: f"{_count(answer['messages'], 'message')} of {answer['name']} forgotten.",
    "queue": _queue,
    "trace": _trace,
    "ledger": _ledger,
    "reload": _reload,
    "kick": lambda answer: f"{_count(answer['sessions'], 'session')} ended.",
}


def text(action: str, answer: Answer) -> str:
    """The answer to `action` for people."""
    return _SHOWN[action](answer)
