"""Commands about oneself: presence, privacy, sessions, the end."""

from imd.client.terminal.commands.table import Mistake, command
from imd.client.terminal.errands import Errands
from imd.messages import account


@command("[TEXT]", "say that you are away, and why", "Yourself")
def away(errands: Errands, rest: str) -> None:
    errands.run(errands.be("away", rest))


@command("[TEXT]", "say that you do not want to be disturbed", "Yourself")
def busy(errands: Errands, rest: str) -> None:
    errands.run(errands.be("busy", rest))


@command("[TEXT]", "say that you are here again", "Yourself")
def back(errands: Errands, rest: str) -> None:
    errands.run(errands.be("available", rest))


@command("", "be here, and look offline to everybody", "Yourself")
def invisible(errands: Errands, rest: str) -> None:
    errands.run(errands.be("invisible"))


@command("everyone|contacts|nobody", "who may see when you are here", "Yourself")
def privacy(errands: Errands, rest: str) -> None:
    if rest not in ("everyone", "contacts", "nobody"):
        raise Mistake("Say who may see when you are here: /privacy everyone, contacts, or nobody.")
    _privacy(errands, account.SetPrivacy(visible_to=rest))  # type: ignore[arg-type]


@command("on|off", "tell contacts who do the same your address, ports and client", "Yourself")
def share(errands: Errands, rest: str) -> None:
    if rest not in ("on", "off"):
        raise Mistake("Say /share on or /share off.")
    _privacy(errands, account.SetPrivacy(share_location=rest == "on"))


@command("", "the clients you are signed on with", "Yourself")
def sessions(errands: Errands, rest: str) -> None:
    async def errand() -> None:
        answer = await errands.ask(account.GetSessions(), account.Sessions)
        for each in answer.sessions:
            tls = " by TLS" if each.secure else ""
            errands.desk.note(f"  {each.door} from {each.address}{tls}, {each.client} {each.version}: {each.state}")

    errands.run(errand())


@command("[TEXT]", "sign off", "Yourself")
def quit_(errands: Errands, rest: str) -> None:
    errands.desk.leaving = rest or ""
    errands.desk.changed()


def _privacy(errands: Errands, request: account.SetPrivacy) -> None:
    async def errand() -> None:
        answer = await errands.ask(request, account.AccountAnswer)
        shared = "contacts who do the same are told where you are" if answer.share_location else "nobody is told where"
        errands.desk.note(f"Who sees when you are here: {answer.visible_to}; {shared}.")

    errands.run(errand())
