"""Commands for the buddy list."""

from imd.client.terminal.commands.table import command, one, person, then_say
from imd.client.terminal.errands import Errands
from imd.messages import roster
from imd.messages.presence import GetPresence, PresenceOf


@command("NAME", "put somebody on your list, and ask to see when they are here", "Buddies")
def add(errands: Errands, rest: str) -> None:
    name = person(errands, rest, "/add bob")

    async def errand() -> None:
        answer = await errands.ask(roster.RosterAsk(name=name), roster.ContactAnswer)
        keep(errands, answer)
        short = errands.desk.short(answer.contact.address)
        seen = answer.contact.subscription in ("to", "both")
        errands.desk.note(f"{short} is on your list." if seen else f"{short} is on your list and has been asked.")

    errands.run(errand())


@command("NAME", "take somebody off your list", "Buddies")
def remove(errands: Errands, rest: str) -> None:
    name = one(rest, "whom", "/remove bob")
    then_say(errands, roster.RosterRemove(name=name), f"{name} is off your list.")


@command("NAME", "let somebody see when you are here", "Buddies")
def approve(errands: Errands, rest: str) -> None:
    name = person(errands, rest, "/approve bob")

    async def errand() -> None:
        answer = await errands.ask(roster.RosterApprove(name=name), roster.ContactAnswer)
        keep(errands, answer)
        short = errands.desk.short(answer.contact.address)
        back = "" if answer.contact.subscription == "both" else f" /add {short} lets you see them, too."
        errands.desk.note(f"{short} now sees when you are here.{back}")

    errands.run(errand())


@command("NAME", "do not let somebody see when you are here", "Buddies")
def refuse(errands: Errands, rest: str) -> None:
    name = person(errands, rest, "/refuse bob")
    then_say(errands, roster.RosterRefuse(name=name), f"{errands.desk.short(name)} does not see when you are here.")


@command("NAME", "hear nothing of somebody any more; they are not told", "Buddies")
def block(errands: Errands, rest: str) -> None:
    name = one(rest, "whom", "/block mallory")

    async def errand() -> None:
        keep(errands, await errands.ask(roster.RosterBlock(name=name), roster.ContactAnswer))
        errands.desk.note(f"{name} is blocked: /unblock {name} ends that.")

    errands.run(errand())


@command("NAME", "hear somebody again", "Buddies")
def unblock(errands: Errands, rest: str) -> None:
    name = one(rest, "whom", "/unblock mallory")
    then_say(errands, roster.RosterUnblock(name=name), f"{name} is no longer blocked.")


@command("", "your list, with open requests and blocked people", "Buddies")
def buddies(errands: Errands, rest: str) -> None:
    desk = errands.desk
    if not desk.contacts:
        desk.note("Your list is empty: /add NAME puts somebody on it.")
    for contact in sorted(desk.contacts.values(), key=lambda each: each.address):
        seen = desk.presence.get(contact.address.lower())
        says = [desk.state_of(contact.address)] if contact.subscription in ("to", "both") else []
        says += [f"“{seen.text}”"] if seen is not None and seen.text else []
        says += ["asks to see you: /approve or /refuse"] if contact.asked else []
        says += ["asked by you"] if contact.asking else []
        says += ["sees you"] if contact.subscription in ("from", "both") else []
        says += ["blocked"] if contact.blocked else []
        desk.note(f"  {desk.short(contact.address):<20} {', '.join(says)}")


@command("NAME", "what may be seen of somebody now", "Buddies")
def whois(errands: Errands, rest: str) -> None:
    name = person(errands, rest, "/whois bob")

    async def errand() -> None:
        seen = await errands.ask(GetPresence(name=name), PresenceOf)
        desk = errands.desk
        called = f" ({seen.realname})" if seen.realname else ""
        desk.note(f"{desk.short(seen.address)}{called}: {seen.state}{f' “{seen.text}”' if seen.text else ''}")
        for place in seen.locations:
            ports = f", TCP {place.tcp_port}" if place.tcp_port else ""
            ports += f", UDP {place.udp_port}" if place.udp_port else ""
            desk.note(f"  {place.door} from {place.address} port {place.port}{ports}, {place.client} {place.version}")

    errands.run(errand())


def keep(errands: Errands, answer: roster.ContactAnswer) -> None:
    errands.desk.contacts[answer.contact.address.lower()] = answer.contact
