"""Lines, messages, tags, metadata, messages of several lines."""

from tests.promises.bounds.meeting import Deed, Meeting


async def native_line(here: Meeting) -> None:
    one = await here.person()
    one.tell({"type": "send", "to": one.name, "client_id": "1", "body": "x" * 5000})
    await one.until("too long", lambda: any(event.get("code") == "too-long" for event in one.events))


async def irc_line(here: Meeting) -> None:
    await here.answered(await here.person(), "PRIVMSG somebody :" + "x" * 600, " 417 ")


async def message(here: Meeting) -> None:
    one = await here.person()
    outcome = await one.send(await here.account(), "x" * 301)
    here.case.assertEqual(outcome.how, "refused")
    here.case.assertRegex(outcome.reason, "too-long|longer than 300 bytes")


async def tags(here: Meeting) -> None:
    await here.answered(await here.person(), f"@+a={'x' * 150} PRIVMSG somebody :hello", " 417 ")


async def lines(here: Meeting) -> None:
    one = await here.person()
    for line in ("CAP REQ :batch draft/multiline", "BATCH +1 draft/multiline #tea", *["@batch=1 PRIVMSG #tea :x"] * 2):
        await one.command(line)
    await here.answered(one, "@batch=1 PRIVMSG #tea :x", "FAIL BATCH MULTILINE_MAX_LINES 2")


def metadata(last: str, answer: str, *before: str) -> Deed:
    async def deed(here: Meeting) -> None:
        one = await here.person()
        for line in ("CAP REQ :batch draft/metadata-2", *(f"METADATA * {each}" for each in before)):
            await one.command(line)
        await here.answered(one, f"METADATA * {last}", answer)

    return deed


async def metadata_later(here: Meeting) -> None:
    one = await here.person()
    for line in (
        "CAP REQ :batch draft/metadata-2",
        "METADATA * SUB a",
        "METADATA * SET a x",
        f"JOIN #later-{one.name[-4:]}",
        f"METADATA #later-{one.name[-4:]} SET a x",
        f"PART #later-{one.name[-4:]}",
    ):
        await one.command(line)
    await here.answered(one, f"JOIN #later-{one.name[-4:]}", " 774 ")


async def unfinished(here: Meeting) -> None:
    one = await here.person()
    await one.command("CAP REQ :batch draft/multiline")
    await here.answered(one, "BATCH +1 draft/multiline #tea", "FAIL BATCH TIMEOUT 1")
