"""However much or whatever a model, a device or a client sends: a turn keeps to its bounds and ends well."""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from langchain_core.messages import AIMessage

from app.assistant.context import TurnContext
from app.assistant.desk import MOST_BYTES_OF_CHANGES, Noted
from app.assistant.fitting import MOST, arguments_of, row_of, text_of
from app.assistant.from_devices import FromDevices
from app.assistant.lines import Lines
from app.assistant.meter import Meter
from app.assistant.model_calls import NO_LAST_WORD, ModelCalls
from app.assistant.own_words import LOOKED_AT_HERE, tells_on_us
from app.assistant.question import Question
from app.assistant.results import MOST_OF_A_RESULT
from app.assistant.shaping.sanitizer import Sanitizer
from app.assistant.shaping.seen import SeenIds
from app.assistant.shaping.shaper import Shaper
from app.assistant.tools.telling import LONG_VALUE, told
from app.assistant.voice import Voice
from app.devices.frames import ApprovalResponse, Cancel, Error
from app.devices.turns import TurnStream
from app.llm import port
from app.threads.tokens import tokens
from tests.assistant.serving import home
from tests.assistant.talking import Approve, Desktop, ScriptedModel, call, delegated, say
from tests.devices.live import LiveService
from tests.devices.sockets import RawDevice, connected
from tests.fakes.model import Reply, nothing, raw_call

Frame = dict[str, Any]
ROME = ZoneInfo("Europe/Rome")
TOO_BIG = 10**30


async def _answering(device: RawDevice, row: Frame, *, rows: int = 1, decision: Frame | None = None) -> list[Frame]:
    """The frames of a turn. Every call is answered with this row, every question with the decision: yes by default."""
    heard: list[Frame] = []
    results: dict[str, dict[str, Any]] = {"select": {"rows": [row] * rows}, "delete": {"deleted": True}}
    while not heard or heard[-1]["type"] != "stream_end":
        frame = await device.next()
        if frame["type"] == "tool_call":
            result = results.get(frame["action"], {"row": row})
            await device.send({"type": "tool_result", "id": frame["id"], **result})
        elif frame["type"] == "approval_request":
            await device.send({"type": "approval_response", "id": frame["id"], **(decision or {"decision": "approve"})})
        else:
            heard.append(frame)
    return heard


def _results(model: ScriptedModel, request: int) -> list[str]:
    return [each["content"] for each in model.requests[request]["messages"] if each["role"] == "tool"]


# What was changed


async def test_five_changes_of_a_huge_row_fit_into_the_last_frame(service: LiveService, model: ScriptedModel) -> None:
    ada = await service.person()
    model.script(*delegated("task_agent", *[call("update_task", task_id="a", status="done") for _ in range(5)]))
    async with connected(service, ada, "d") as device:
        await device.send(home("r"))
        end = (await _answering(device, {"id": "a", "title": "x", "description": "y" * 900_000}))[-1]
    assert end["status"] == "completed"
    assert [each["data"]["description"] for each in end["mutations"]] == ["y" * 2_000 + "…"] * 5


def test_changes_beyond_what_a_turn_may_tell_are_told_by_their_ids() -> None:
    noted = Noted()
    row = {str(number): "y" * 5_000 for number in range(40)}
    for number in range(8):
        noted.change("update", "tasks", f"task {number}", {"id": f"task {number}", **row})
    whole = [len(each.data) > 1 for each in noted.mutations]
    assert whole == [True] * whole.count(True) + [False] * whole.count(False)
    assert 0 < whole.count(True) < 8
    assert noted.mutations[-1].data == {"id": "task 7"}
    assert len(json.dumps([each.data for each in noted.mutations], ensure_ascii=False).encode()) < MOST_BYTES_OF_CHANGES


def test_a_change_of_a_row_with_an_endless_id_is_told_by_its_beginning() -> None:
    noted = Noted()
    noted.change("insert", "tasks", "z" * 900_000, {"id": "z" * 900_000})
    assert len(noted.mutations[0].id) == 128
    assert len(noted.mutations[0].data["id"]) < 3_000


# What is asked


async def test_nobody_is_asked_to_approve_more_than_they_can_be_shown(ada: Desktop, model: ScriptedModel) -> None:
    wanted = {"insert": "ask", "update": "allow", "delete": "ask"}
    await ada.person.request("PUT", "/chat/approval-policy", json=wanted)
    ada.decide = lambda _asked: Approve()
    model.script(
        *delegated(
            "task_agent",
            call("create_task", title="Long", description="y" * 70_000),
            call("create_task", title="Short"),
        )
    )
    heard = await ada.ask("Create")
    assert heard.end["status"] == "completed"
    assert _results(model, 2)[0].startswith("Error: This is more than the user can be asked to approve.")
    assert [asked.args["title"] for asked in ada.asked] == ["Short"]
    assert [row["title"] for row in ada.rows("tasks")] == ["Short"]


# Numbers


@pytest.mark.parametrize("number", [TOO_BIG, MOST + 1, -MOST - 2])
async def test_a_turn_with_endless_numbers_can_wait_for_an_approval(
    ada: Desktop, model: ScriptedModel, number: int
) -> None:
    task = (await ada.insert("tasks", {"title": "A"}))["id"]
    ada.decide = lambda _asked: Approve()
    bad = raw_call("create_task", f'{{"title":"x","due_date":{number}}}')
    worse = raw_call("delete_task", f'{{"task_id":"{task}","n":[{{"n":{number}}}]}}')
    model.script(*delegated("task_agent", bad, worse, call("delete_task", task_id=task)))
    heard = await ada.ask("Go")
    assert heard.end["status"] == "completed"
    assert all("64 bits" in result for result in _results(model, 3))
    assert ada.rows("tasks") == []


async def test_a_devices_endless_numbers_are_kept_as_text(service: LiveService, model: ScriptedModel) -> None:
    ada = await service.person()
    model.script(*delegated("task_agent", call("create_task", title="Milk"), call("delete_task", task_id="a")))
    async with connected(service, ada, "d") as device:
        await device.send(home("r"))
        end = (await _answering(device, {"id": "a", "title": "Milk", "extra": [TOO_BIG], "dueDate": TOO_BIG}))[-1]
    assert end["status"] == "completed"
    assert end["mutations"][0]["data"] == {"id": "a", "title": "Milk", "extra": [str(TOO_BIG)], "dueDate": str(TOO_BIG)}


async def test_an_edit_with_endless_numbers_changes_nothing(service: LiveService, model: ScriptedModel) -> None:
    ada = await service.person()
    model.script(*delegated("task_agent", call("delete_task", task_id="a")))
    edit = {"decision": "edit", "args": {"task_id": "a", "n": TOO_BIG}}
    async with connected(service, ada, "d") as device:
        await device.send(home("r"))
        end = (await _answering(device, {"id": "a", "title": "Milk"}, decision=edit))[-1]
    assert (end["status"], end["mutations"]) == ("completed", [])
    assert _results(model, 2)[0].startswith("Error: the user changed")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('{"a": 9223372036854775807}', {"a": MOST}),
        ('{"a": 9223372036854775808}', None),
        ('{"a": -9223372036854775808}', {"a": -MOST - 1}),
        ('{"a": true, "b": 1.5, "c": null}', {"a": True, "b": 1.5, "c": None}),
        ("[1]", None),
        ("[" * 100_000, None),
        ('{"a": ' + "[" * 40 + "]" * 40 + "}", None),
        ('{"a": "half \\ud83d"}', {"a": "half ?"}),
        ('{"a": "half \ud83d, \ud83d\ude00"}', {"a": "half ?, 😀"}),
        ('{"a": "\\ud83d', None),
    ],
    ids=lambda value: str(value)[:24].encode("ascii", "replace").decode(),
)
def test_arguments_are_those_that_can_be_kept(written: str, read: Frame | None) -> None:
    assert arguments_of(written) == read


def test_a_row_that_fits_is_not_copied() -> None:
    row = {"id": "a", "n": [1, {"b": MOST}]}
    assert row_of(row) is row
    assert row_of({"a": 10**5000})["a"] == "a number too long to be written"


# Characters


PIECES = [
    (("Nice \ud83d", "\ude00!"), "Nice 😀!"),
    (("Half \ud83d", " more"), "Half ? more"),
    (("Ends with \ud83d",), "Ends with ?"),
    (("\ude00 first",), "? first"),
    (("\ud83d", "\ud83d", "\ude00", "\ude00"), "?😀?"),
]


class _Heard:
    """Stands for the stream of a turn's frames."""

    def __init__(self) -> None:
        self.last_seq = 1
        self.chunks: list[str] = []

    def text(self, chunk: str) -> None:
        self.chunks.append(chunk)


@pytest.mark.parametrize(("pieces", "text"), PIECES, ids=range(len(PIECES)))
async def test_halves_of_characters_are_joined_or_replaced_when_they_are_said(
    pieces: tuple[str, ...], text: str
) -> None:
    shaper = Shaper(sanitizer=Sanitizer([]), seen=SeenIds(), own_urls=frozenset(), tags=True)
    heard = _Heard()
    voice = Voice(cast("TurnStream", heard), "thread", shaper, is_floating=False)
    for piece in pieces:
        voice.text(piece)
    voice.hush("completed")
    assert "".join(heard.chunks) == voice.answer == text


@pytest.mark.parametrize(("pieces", "text"), PIECES, ids=range(len(PIECES)))
async def test_halves_of_characters_are_joined_or_replaced_when_a_message_is_kept(
    pieces: tuple[str, ...], text: str
) -> None:
    async def stream(_asked: port.ModelRequest) -> AsyncIterator[port.Delta]:
        for piece in pieces:
            yield port.TextDelta(piece)
        yield port.ToolCallRequest("1", "to\ud83dol", '{"title": "half \ud83d"}')
        yield port.Finished(port.ModelUsage(1, 1), "m", is_free=True)

    turn = SimpleNamespace(
        meter=Meter(), model=SimpleNamespace(stream=stream, is_free=True), about="", unreadable=set()
    )
    request: Any = SimpleNamespace(runtime=SimpleNamespace(context=turn), messages=[])
    tools: Any = [{"type": "function"}]
    response = await ModelCalls("prompt", "last", tools, speaks=False).awrap_model_call(request, cast("Any", None))
    (message,) = response.result
    assert isinstance(message, AIMessage)
    assert message.content == text
    assert [(each["name"], each["args"]) for each in message.tool_calls] == [("to?ol", {"title": "half ?"})]


async def test_half_a_character_in_arguments_is_replaced(ada: Desktop, model: ScriptedModel) -> None:
    model.script(*delegated("task_agent", raw_call("create_task", '{"title": "Half \\ud83d"}')))
    assert (await ada.ask("Create")).end["status"] == "completed"
    assert [row["title"] for row in ada.rows("tasks")] == ["Half ?"]


def test_whole_text_stays_the_same() -> None:
    assert text_of("Grüße, 你好 😀") == "Grüße, 你好 😀"


# Cancels and decisions


async def test_a_line_carries_out_a_few_at_once_and_takes_only_so_many() -> None:
    lines, ada, bob = Lines(at_once=2, most_waiting=3), uuid4(), uuid4()
    begun: list[int] = []
    go_on = asyncio.Event()

    def work(number: int) -> Any:
        async def working() -> None:
            begun.append(number)
            await go_on.wait()

        return working

    assert [lines.join(ada, work(number)) for number in range(7)] == [True] * 5 + [False] * 2
    assert lines.join(bob, work(9))
    await asyncio.sleep(0)
    assert begun == [0, 1, 9]
    go_on.set()
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(lines) == 0
    assert begun == [0, 1, 9, 2, 3, 4]
    assert lines.join(ada, work(5))


async def test_cancels_and_decisions_beyond_a_users_line_are_refused() -> None:
    go_on, begun = asyncio.Event(), Counter[str]()

    async def hold(*_args: object) -> None:
        begun["works"] += 1
        await go_on.wait()

    sent: list[Error] = []
    connection: Any = SimpleNamespace(
        user_id=uuid4(), device_id="d", credential=SimpleNamespace(may_chat=True), send=sent.append
    )
    service = FromDevices(*cast("Any", (SimpleNamespace(cancel=hold), SimpleNamespace(resolve=hold), None)))
    for number in range(35):
        await service.cancelled(connection, Cancel(request_id=f"r{number}"))
        await service.decided(connection, ApprovalResponse(id=str(uuid4()), decision="reject"))
    assert [(each.code, each.request_id) for each in sent] == [("rate_limited", "r34"), ("rate_limited", None)]
    assert sent[1].id is not None
    await asyncio.sleep(0)
    assert begun["works"] == 4
    go_on.set()
    for _ in range(200):
        await asyncio.sleep(0)
    assert begun["works"] == 68
    assert len(sent) == 2


# What a client tells of the conversation


def _asked(*contents: str) -> Question:
    history = [{"role": "user", "content": content} for content in contents]
    return Question(user_id=uuid4(), request_id="r", kind="home", message="x", history=history)


def test_only_the_newest_messages_that_fit_are_told() -> None:
    contents = [f"{number} " + "y" * 30_000 for number in range(9)]
    earlier = _asked(*contents).earlier(most_tokens=24_000)
    assert [each["content"] for each in earlier] == contents[-3:]
    assert tokens(earlier) <= 24_000


def test_one_message_that_is_too_long_is_told_by_its_beginning() -> None:
    (told,) = _asked("early", "word " * 200_000).earlier(most_tokens=24_000)
    assert told["content"].endswith("word […]")
    assert 0.9 * 24_000 < tokens([told]) <= 24_000


def test_a_short_history_is_told_whole() -> None:
    assert [each["content"] for each in _asked("a", " ", "b").earlier(most_tokens=24_000)] == ["a", "b"]


# What a tool gives a model


COLUMNS = ("title", "author", "content", "description", "status", "taskId", "projectId", "clientId", "parentId")


async def test_a_long_listing_ends_at_a_line_and_its_block_is_closed(
    service: LiveService, model: ScriptedModel
) -> None:
    ada = await service.person()
    model.script(*delegated("task_agent", call("list_task_comments", task_id="t")))
    async with connected(service, ada, "d") as device:
        await device.send(home("r"))
        await _answering(device, {"id": "c"} | dict.fromkeys(COLUMNS, "y" * 300), rows=100)
    (result,) = _results(model, 2)
    *rows, closing, last = result.split("\n")
    assert len(result) < MOST_OF_A_RESULT + 200
    assert last.startswith(f"Only the first {len(result) - len(last) - len(closing) - 2} of ")
    assert closing == rows[1].split(" ")[0].replace("<", "</") + ">"
    assert all(json.loads(row)["id"] == "c" for row in rows[2:])


async def test_a_long_report_is_cut_and_names_no_tool_that_is_not_there(ada: Desktop, model: ScriptedModel) -> None:
    model.script(
        call("task", description="x", subagent_type="task_agent"), say("word " * 40_000, tokens=20), say("Done.")
    )
    assert (await ada.ask("Go")).end["status"] == "completed"
    (result,) = _results(model, -1) or _results(model, 2)
    assert result.startswith("word word")
    assert "read_file" not in result
    assert MOST_OF_A_RESULT <= len(result) < MOST_OF_A_RESULT + 200


@pytest.mark.parametrize("column", ["id", "name", "description", "assignee", "status", "dueDate", "taskId"])
@pytest.mark.parametrize(
    "value",
    ["y" * 500_000, ["y" * 500_000], {"a": "y" * 500_000}, json.dumps(["y" * 50] * 10_000)],
    ids=["text", "list", "object", "names"],
)
@pytest.mark.parametrize("cut", [None, 200])
def test_no_value_of_a_row_is_told_longer_than_a_model_has_use_for(column: str, value: Any, cut: int | None) -> None:
    row = told({column: value}, ROME, {}, cut=cut)
    assert 0 < len(json.dumps(row)) < LONG_VALUE * 2


def test_values_of_usual_length_are_told_as_they_are() -> None:
    names = [f"Person {number}" for number in range(40)]
    row = told({"id": "a", "assignee": json.dumps(names), "description": "y" * 3_000}, ROME)
    assert row == {"id": "a", "assignees": names, "description": "y" * 3_000}


# What a model writes down


class _Searching:
    """Stands for the sanitizer: finds a word, and notes the thread it works in."""

    def __init__(self) -> None:
        self.threads: list[int] = []

    def finds_private(self, text: str) -> bool:
        self.threads.append(threading.get_ident())
        return "our key" in text


@pytest.mark.parametrize("length", [10, LOOKED_AT_HERE * 2])
@pytest.mark.parametrize("where", ["text", "list", "object"])
async def test_all_of_a_change_is_searched_and_a_long_one_apart_from_the_loop(length: int, where: str) -> None:
    searching = _Searching()
    turn = cast("TurnContext", SimpleNamespace(sanitizer=searching, words=""))
    text = "y" * length + " our key"
    args: Frame = {"first": 1, "last": {"text": text, "list": ["a", text], "object": {"a": [text]}}[where]}
    assert await tells_on_us(turn, args)
    assert (searching.threads[0] == threading.get_ident()) is (length < LOOKED_AT_HERE)
    assert not await tells_on_us(turn, {"last": "y" * length})


# The last word


@pytest.mark.parametrize(
    "last", [nothing(), call("task", description="x", subagent_type="task_agent")], ids=["empty", "calls"]
)
async def test_a_model_without_a_last_word_does_not_fail_the_turn(
    ada: Desktop, model: ScriptedModel, last: Reply
) -> None:
    def answer(body: Frame) -> Reply:
        names = {tool["function"]["name"] for tool in body.get("tools", ())}
        if not names:
            return last
        return call("task", description="x", subagent_type="task_agent") if "task" in names else say("Report.")

    model.answer = answer
    heard = await ada.ask("Loop")
    heard.check()
    assert (heard.end["status"], heard.text) == ("completed", NO_LAST_WORD)
    assert sum(not request.get("tools") for request in model.requests if request["model"] == "scripted") == 1
