"""Values survive the way to the client's database and back, whatever they look like."""

from device.conformance.client import Client
from device.conformance.rule import rule
from device.conformance.rules.fixtures import project
from device.conformance.verdicts import Broken, brief, require


async def _kept(client: Client, column: str, value: str) -> None:
    """Inserted, read and updated: it stays what it is."""
    row = await client.insert("notes", **{"title": client.text("value"), "content": "-", column: value})
    _is(value, row.get(column), "insert")
    _is(value, (await client.get("notes", row["id"]) or {}).get(column), "get")
    await client.update("notes", row["id"], **{column: "something else"})
    _is(value, (await client.update("notes", row["id"], **{column: value})).get(column), "update")


def _is(value: str, got: object, action: str) -> None:
    if got != value:
        raise Broken(f"{brief(value)} back from `{action}`", brief(got))


@rule("values.injection", "4", "Text that looks like SQL is stored as it is.")
async def _injection(client: Client) -> None:
    ours = await project(client)
    for text in (
        "'); DROP TABLE notes; --",
        '" OR "1"="1',
        "Robert'); DELETE FROM tasks WHERE ('1'='1",
        "?1 :id $id @id",
    ):
        marked = client.text(text)
        await _kept(client, "title", marked)
        row = await client.insert("notes", title=marked, content="-", projectId=ours)
        found = await client.select("notes", title=marked, projectId=ours)
        require([each.get("id") for each in found] == [row["id"]], f"the note titled {marked!r}, by equality", found)
    require(bool(await client.select("notes", projectId=ours)), "the notes still to be there", "none")


@rule("values.unicode", "4", "Unicode comes back as it went: accents, other scripts, emoji, rare characters.")
async def _unicode(client: Client) -> None:
    for text in (
        "Città, naïve, Ærø, ß",
        "日本語 العربية עברית हिन्दी",
        "👩‍👩‍👧‍👦 🇮🇹 🏳️‍🌈 𝔘𝔫𝔦𝔠𝔬𝔡𝔢",
        "e\u0301 is not é; \u200b\u2028\u2029\ufeff",
        'quotes " \\ / \b \f \n \r \t \x01 \x7f',
    ):
        await _kept(client, "content", f"conformance {text}")


@rule("values.large", "4", "A text of 100 kB comes back whole.")
async def _large(client: Client) -> None:
    await _kept(client, "content", "conformance é\n" * 8_000)


@rule("values.empty", "4", "Empty text and null are two things.")
async def _empty(client: Client) -> None:
    row = await client.insert("tasks", title=client.text("empty"), description="")
    require(row.get("description") == "", 'an empty `description`, ""', row.get("description"))
    row = await client.update("tasks", row["id"], description=None)
    require(row.get("description") is None, "null in `description`", row.get("description"))


@rule("values.numbers", "4", "Times far away come back as the same integers.")
async def _numbers(client: Client) -> None:
    for due in (0, 1, -86_400_000, 4_102_444_800_000, 253_402_300_799_999):
        row = await client.insert("tasks", title=client.text("due"), dueDate=due)
        got = row.get("dueDate")
        require(got == due and isinstance(got, int), f"`dueDate` {due}", got)
