"""`python -m device chat`, as a person at a terminal or a script with a pipe meets it."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from device import Device
from device.clock import now_ms
from tests.device.assistant import Assistant, Telling, saying
from tests.device.service import Frame, Peer, closing, socket, stay
from tests.device.talks import DAY_MS, Said, fill, piped, sign_in, talked, terminal

Make = Callable[..., Device]
TRANSCRIPT = re.compile(r"```text chat\n(.*?)```", re.DOTALL)


def _transcript() -> str:
    (found,) = TRANSCRIPT.findall(Path("docs/device.md").read_text())
    return str(found)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


async def _due_today(turn: Telling) -> None:
    await turn.start()
    await turn.do("Looking at your tasks")
    rows = (await turn.call("select", table="tasks", filters={"orderBy": "dueDate"}))["rows"]
    await turn.do("Looking at your tasks", "finished")
    ids = ",".join(row["id"] for row in rows if row["dueDate"] is not None)
    await turn.say(
        "Two things: the hosting invoice ", "is late, ", f"the checkout texts are due today.<task>[{ids}]</task>"
    )
    await turn.end()


async def _by_status(turn: Telling) -> None:
    await turn.start()
    await turn.say(
        "Most of it is still to do.\n",
        '<chart>{"chartType": "bar", "title": "Tasks by status", "data": [{"status": "To do", "tasks": 3}, '
        '{"status": "In progress", "tasks": 1}], "config": {"tasks": {"label": "Tasks"}}}</chart>',
    )
    await turn.end()


async def _delete_milk(turn: Telling) -> None:
    await turn.start()
    decision = await turn.ask("Delete the task “Buy milk”", task_id="milk")
    if decision["decision"] != "approve":
        await turn.say("It stays.")
        await turn.end()
        return
    await turn.call("delete", table="tasks", data={"id": "milk"})
    await turn.say("It is gone.")
    await turn.end("completed", {"action": "delete", "table": "tasks", "id": "milk", "data": {"id": "milk"}})


async def _tasks(home: Path) -> None:
    today = now_ms()
    await fill(home, "tasks", id="invoice", title="Pay the hosting invoice", dueDate=today - DAY_MS)
    await fill(home, "tasks", id="texts", title="Approve the checkout texts", priority="high", dueDate=today, status="in_progress")  # fmt: skip  # noqa: E501
    await fill(home, "tasks", id="milk", title="Buy milk")


async def test_the_transcript_in_the_document_is_what_a_pipe_gets(home: Path) -> None:
    transcript = _transcript()
    await _tasks(home)
    typed = re.findall(r"^> (.*)$|\[y/n\] (.*)$", transcript, re.MULTILINE)
    lines = "".join(f"{question or answer}\n" for question, answer in typed)
    async with socket(Assistant(_due_today, _by_status, _delete_milk)) as service:
        sign_in(home, service.url)
        said = await piped(home, lines)
    assert said.out == transcript
    assert (said.status, said.err) == (0, "")


async def test_a_talk_goes_on_in_its_thread_until_a_new_one_begins(device: Make) -> None:
    assistant = Assistant(*(saying("ok") for _ in range(4)))
    async with socket(assistant) as service:
        await talked(device, service.url, "one\n\ntwo\n/new\nthree\nfour\n/quit\nfive\n", thread_id="t0")
    assert [each.get("thread_id") for each in assistant.requests] == ["t0", "t0", None, "thread-3"]
    assert [each["message"] for each in assistant.requests] == ["one", "two", "three", "four"]
    first, second, third, _ = (each["session_id"] for each in assistant.requests)
    assert first == second != third


async def test_a_floating_talk_says_what_it_is_about_and_the_hello_says_where_the_user_is(home: Path) -> None:
    assistant = Assistant(saying("ok"))
    async with socket(assistant) as service:
        sign_in(home, service.url)
        await piped(home, "when?\n", "--floating", "project:p1", "--timezone", "Asia/Tokyo")
    assert assistant.requests[0]["type"] == "floating_request"
    assert assistant.requests[0]["scope"] == {"type": "project", "id": "p1"}
    assert assistant.hellos[0]["timezone"] == "Asia/Tokyo"


async def test_what_makes_no_sense_is_told_in_a_sentence(home: Path) -> None:
    mistakes = {
        ("--floating", "task"): "task:ID",
        ("--floating", "none:1"): "task:ID",
        ("--timezone", "Moon/Sea"): "Europe/Rome",
        (): "python -m device register",
    }
    for said, told in zip(
        await asyncio.gather(*(piped(home, "hi\n", *each) for each in mistakes)), mistakes.values(), strict=True
    ):
        assert (said.status, said.out, said.err.count("\n")) == (1, "", 1)
        assert told in said.err


@pytest.mark.parametrize(
    ("answer", "decision", "told"),
    [
        ("y\n", {"decision": "approve"}, "[y/n/edit] y"),
        ("n too early\n", {"decision": "reject", "reason": "too early"}, "[y/n/edit] n too early"),
        ("hm\nNO\n", {"decision": "reject"}, "[y/n/edit] hm"),
        ("edit\n\n12\n", {"decision": "edit", "args": {"note_id": "n", "title": "A", "due_date": 12}}, "title [A]: \n"),
        (
            "edit\nB\nsoon\n\n",
            {"decision": "edit", "args": {"note_id": "n", "title": "B", "due_date": 7}},
            "title [A]: B",
        ),
        ("edit\n\n\n", {"decision": "approve"}, "due_date [7]: \n"),
        ("", {"decision": "reject", "reason": "Nobody was there to answer."}, "> do it\n"),
    ],
)
async def test_the_next_line_of_a_pipe_answers_a_question_of_the_assistant(
    device: Make, answer: str, decision: Frame, told: str
) -> None:
    decisions: list[Frame] = []

    async def reply(turn: Telling) -> None:
        await turn.start()
        decisions.append(await turn.ask("Change it?", "update_task", note_id="n", title="A", due_date=7))
        await turn.end()

    async with socket(Assistant(reply)) as service:
        out, _ = await talked(device, service.url, "do it\n" + answer)
    assert decisions == [decision]
    assert told in out


async def test_yes_approves_what_this_talk_asks_and_nothing_else(device: Make) -> None:
    decisions: list[Frame] = []

    async def reply(turn: Telling) -> None:
        await turn.start()
        other = asyncio.create_task(assistant.approval("another-turn", "Delete the world", "delete_world", {}))
        decisions.append(await turn.ask("Delete the task “Buy milk”"))
        await turn.end()
        other.cancel()

    assistant = Assistant(reply)
    async with socket(assistant) as service:
        out, err = await talked(device, service.url, "delete it\n", approves_all=True)
    assert decisions == [{"decision": "approve"}]
    assert "Delete the task “Buy milk”? yes (--yes)\n" in out
    assert "Another conversation asks: Delete the world? It is not answered here." in err
    assert [each["id"] for each in assistant.heard if each["type"] == "approval_response"] == ["approval-1"]


async def test_what_ends_badly_is_told_and_the_talk_goes_on(device: Make) -> None:
    async def failing(turn: Telling) -> None:
        await turn.start()
        await turn.do("Looking at your notes", "failed")
        await turn.say("I was")
        await turn.end("failed", code="model_unavailable", message="The model is not available.")

    async def lost(turn: Telling) -> None:
        await turn.start()
        await turn.say("half")
        await assistant.call("select", table="tasks")
        assistant.forgotten.add(turn.request_id)
        (await assistant.connected()).cut()

    async def refuse(peer: Peer, request: Frame) -> bool:
        if request["message"] != "refuse":
            return False
        told = {"code": "rate_limited", "message": "Too many questions.", "retry_after": 7}
        await peer.send(type="error", request_id=request["request_id"], **told)
        return True

    assistant = Assistant(failing, lost, saying("fine"))
    assistant.before_reply = refuse
    async with socket(assistant) as service:
        out, err = await talked(device, service.url, "fail\nlose\nrefuse\nwork\n/what\n")
    assert out == (
        "> fail\n· Looking at your notes (failed)\nI was\nThe model is not available.\n\n"
        "> lose\nhalf\nThe rest of this answer was lost on the way; it can be read in the thread thread-1.\n\n"
        "> refuse\nToo many questions. Ask again in 7 s.\n\n> work\nfine\n\n> /what\n"
        "/new     begin a new thread\n/thread  which thread this is\n/quit    leave; so does Ctrl-D\n"
        "Ctrl-C while the assistant answers stops the answer; anything else is a question.\n"
    )
    assert "Not connected: the connection was lost. It is tried again until it works.\nConnected again.\n" in err
    assert "There is no command /what" in err


async def test_a_service_that_is_down_is_told_of_once_and_waited_for(device: Make) -> None:
    refusals: list[tuple[int, dict[str, str]]] = [(503, {}), (503, {})]
    assistant = Assistant(saying("here I am"))
    async with socket(assistant, refuse=lambda: refusals.pop() if refusals else None) as service:
        out, err = await talked(device, service.url, "hello?\n")
    assert err.count("the service takes no connections now (HTTP 503)") == 1
    assert "here I am" in out


async def test_a_service_that_does_not_want_this_device_ends_the_talk(home: Path) -> None:
    async def ended(code: int) -> Said:
        async with socket(closing(code)) as service:
            sign_in(home / str(code), service.url)
            return await piped(home / str(code), "hello?\nanybody?\n")

    revoked, replaced = await asyncio.gather(ended(4403), ended(4409))
    assert (revoked.status, replaced.status) == (1, 1)
    assert "Sign in again" in revoked.err
    assert "connected again elsewhere" in replaced.err
    assert "anybody" not in revoked.out + replaced.out


async def test_what_an_answer_holds_cannot_move_the_cursor(device: Make, home: Path) -> None:
    async def reply(turn: Telling) -> None:
        await turn.start()
        await turn.do("a\x1b[2Jb")
        await turn.say("one\x1b[31m\r two\u202e", "<task>[t]</task>")
        mutation = {"action": "update", "table": "tasks", "id": "t", "data": {}}
        await turn.end("failed", mutation, code="x", message="\x1b]0;title\x07")

    await fill(home, "tasks", id="t", title="a\x1b[2Jb")
    async with socket(Assistant(reply)) as service:
        out, _ = await talked(device, service.url, "hi\n")
    assert not set(out) & set("\x1b\x07\r\u202e")


async def test_a_terminal_gets_colours_and_an_edited_line(home: Path) -> None:
    async with socket(Assistant(saying("It is **very** `good`."))) as service:
        sign_in(home, service.url)
        async with terminal(home) as screen:
            await screen.shows("> ")
            screen.press("how is ut?\x7f\x7f\x7fit?\n")
            await screen.shows("\x1b[1mvery\x1b[0m")
            await screen.shows("> ", 2)
            screen.press("\x04")
            assert await screen.left() == 0


async def test_no_color_is_kept_to_on_a_terminal(home: Path) -> None:
    async with socket(Assistant(saying("It is **very** good."))) as service:
        sign_in(home, service.url)
        async with terminal(home, NO_COLOR="1") as screen:
            await screen.shows("> ")
            screen.press("how is it?\n")
            await screen.shows("It is **very** good.")
            screen.press("/quit\n")
            assert await screen.left() == 0
            assert "\x1b" not in screen.shown


async def test_ctrl_c_stops_the_answer_and_at_the_prompt_it_leaves(home: Path) -> None:
    async def reply(turn: Telling) -> None:
        await turn.start()
        await turn.say("I think")
        await asyncio.Event().wait()

    assistant = Assistant(reply, saying("Hello."))
    async with socket(assistant) as service:
        sign_in(home, service.url)
        async with terminal(home, NO_COLOR="1") as screen:
            screen.press("think\n")
            await screen.shows("I think")
            screen.press("\x03")
            await screen.shows("(cancelled)")
            screen.press("hello\n")
            await screen.shows("Hello.")
            await screen.shows("> ", 3)
            screen.press("\x03")
            assert await screen.left() == 0
    assert [each["type"] for each in assistant.heard] == ["home_request", "cancel", "home_request"]


async def test_ctrl_c_twice_leaves_in_the_middle_of_an_answer(home: Path) -> None:
    async def deaf(turn: Telling) -> None:
        await turn.start()
        await turn.say("I think")
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                over.append("asked to stop")
                if len(over) > 1:
                    raise

    over: list[str] = []
    assistant = Assistant(deaf)
    async with socket(assistant) as service:
        sign_in(home, service.url)
        async with terminal(home, NO_COLOR="1") as screen:
            screen.press("think\n")
            await screen.shows("I think")
            screen.press("\x03")
            await screen.shows("Ctrl-C once more leaves.")
            screen.press("\x03")
            assert await screen.left() == 130
        for task in assistant.running:
            task.cancel()


async def test_a_question_answered_elsewhere_leaves_the_screen_to_the_next_line(home: Path) -> None:
    decisions: list[Frame] = []

    async def reply(turn: Telling) -> None:
        await turn.start()
        decisions.append(await turn.ask("Delete the task “Buy milk”"))
        await turn.say("So be it.")
        await turn.end()

    assistant = Assistant(reply, saying("Hello."))
    async with socket(assistant) as service:
        sign_in(home, service.url)
        async with terminal(home, NO_COLOR="1") as screen:
            screen.press("delete it\n")
            await screen.shows("Delete the task “Buy milk”? [y/n] ")
            await assistant.resolve("approval-1", "reject", "the phone")
            await screen.shows("(answered elsewhere, or too late)")
            await screen.shows("So be it.")
            await screen.shows("> ", 2)
            screen.press("hello\n")
            await screen.shows("Hello.")
            screen.press("/quit\n")
            assert await screen.left() == 0
    assert decisions == [{"decision": "reject"}]


async def test_a_question_of_another_conversation_is_put_at_the_prompt(home: Path) -> None:
    assistant = Assistant()
    async with socket(assistant) as service:
        sign_in(home, service.url)
        async with terminal(home, NO_COLOR="1") as screen:
            await assistant.connected()
            await screen.shows("> ")
            asking = asyncio.create_task(assistant.approval("another", "Delete the note “Old”", "delete_note", {}))
            await screen.shows("Another conversation asks:")
            await screen.shows("Delete the note “Old”? [y/n] ")
            screen.press("y\n")
            assert await asking == {"decision": "approve"}
            await screen.shows("> ", 2)
            screen.press("\x04")
            assert await screen.left() == 0


async def test_what_happens_to_the_line_is_told_at_the_prompt_which_is_shown_again(home: Path) -> None:
    assistant = Assistant(saying("Hello."))
    async with socket(closing(1012), assistant) as service:
        sign_in(home, service.url)
        async with terminal(home, NO_COLOR="1") as screen:
            await screen.shows("Connected again.\r\n> ")
            assert (
                "\r\nNot connected: the service is restarting. It is tried again until it works.\r\n> " in screen.shown
            )
            screen.press("hello\n")
            await screen.shows("Hello.")
            screen.press("\x04")
            assert await screen.left() == 0


async def test_the_newer_of_two_windows_says_that_the_other_will_end(home: Path) -> None:
    async with socket(stay) as service:
        sign_in(home, service.url)
        async with terminal(home, NO_COLOR="1") as screen:
            await screen.shows("> ")
            said = await piped(home, "")
    assert "online in another window" in said.err
