"""One table, and the same as JSON."""

from pathlib import Path

import msgspec

from tests.soak.measuring import Sample
from tests.soak.soak import Result


def write(path: Path, result: Result) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(result)) + b"\n")


def _sample(sample: Sample) -> str:
    pages = f" (of the database {sample.pages / 1024:.1f})" if sample.pages else ""
    return f"{sample.descriptors} descriptors, {sample.memory / 1024:.1f} MiB{pages} {sample.when}"


def table(result: Result) -> str:
    """For people."""
    plan, tally, deeds = result.plan, result.tally, result.deeds
    clients = ", ".join(f"{count} {name}" for name, count in result.clients.items() if count)
    rows = [
        ("seed, store", f"{plan.seed}, {result.store}"),
        ("an hour in", f"{plan.minutes:g} min of load: {plan.factor:.0f} times faster; {result.seconds:.0f} s in all"),
        ("people, clients", f"{result.people}, {sum(result.clients.values())}: {clients}"),
        (
            "deeds, sign-ons",
            f"{deeds.deeds}, {deeds.arrivals} ({deeds.not_in} more did not come about, "
            f"{deeds.put_off} of them put off), {deeds.timed_out} timed out",
        ),
        ("cuts", ", ".join(f"{how} {count}" for how, count in sorted(deeds.cuts.items()))),
        ("restarts", ", ".join("SIGTERM" if how == "term" else "kill -9" for how in plan.restarts)),
        ("all back after", ", ".join(f"{seconds:.1f} s" for seconds in result.returns)),
        ("messages", f"{tally.sent}, and {tally.room_lines} lines in rooms; sent again {tally.resent}"),
        ("senders heard", ", ".join(f"{how} {count}" for how, count in sorted(result.outcomes.items()))),
        ("answered within", "{:.0f} ms median, {:.0f} ms 99 %, {:.0f} ms longest".format(*result.answers)),
        ("shown", f"{tally.shown}, and {tally.room_shown} in rooms; {tally.copied} copies of one's own"),
        (
            "again after a cut",
            f"{tally.repeated} marked, {tally.unmarked} unmarked after a restart, "
            f"{tally.repeated_bare} to clients without ids; {deeds.fetched} asked for",
        ),
        ("in history", f"{result.rooms_kept} lines of rooms, {result.talks_read} of talks"),
        ("presence", f"{result.views_compared} views compared"),
        ("reactor held", ", ".join(f"{hold * 1000:.0f} ms" for hold in result.holds)),
    ]
    rows += [(f"life {each.life}", _sample(each)) for each in result.samples]
    rows += [("LOST", str(result.lost)), ("DOUBLED", str(result.doubled))]
    rows.append(("wrong besides", ", ".join(f"{kind} {count}" for kind, count in result.wrong.items()) or "nothing"))
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:{width}}  {text}" for name, text in rows)
