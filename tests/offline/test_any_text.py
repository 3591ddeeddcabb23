"""Whatever is said, every turn ends, soon, in a text."""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.llm.port import Message, ModelRequest, TextDelta, ToolCallRequest
from app.offline.answering.prose import prose
from app.offline.conversation import Mention, scene_of
from app.offline.following import follow_up
from app.offline.model import OfflineModel
from app.offline.pieces import pieces
from app.offline.reading import read
from app.offline.told import read_told
from app.offline.words import meant, nearest
from tests.offline.desk import TOOLS, arguments, schemas
from tests.offline.notebook import MEMORY_TOOLS

VOCABULARY = (
    "create delete mark show list task tasks the project Driver app as done it and then due tomorrow next Friday"
    " in 99999 days 31 Feb “ ” \" ' : , . ? all note titled find about to by move rename chart status how many"
    " comments on add last 25:99 at 5pm remember that forget I my what do you know me call from now prefer"
)
WORDS = st.sampled_from(VOCABULARY.split(" "))
TEXTS = st.one_of(st.text(max_size=80), st.lists(WORDS, max_size=14).map(" ".join))
ROW = '{"id":"a","title":"tomorrow","name":"it","due_date":99999999999999999,"status":7,"assignees":{}}'
RESULTS = st.one_of(
    st.sampled_from(
        ["", "No tasks.", "Error: offline.", f"1 task.\n{ROW}", f"2 tasks.\n{ROW}\n{ROW}", f"Task:\n{ROW}\n[1]", "{"]
    ),
    st.text(max_size=60),
)
CONTEXT = {
    "role": "user",
    "content": "<context>\nNow: Sunday 2026-03-29 01:30, Europe/Rome (1774744200000 ms)\n</context>\n"
    '<data-7f3a kind="memory">\n## About the user\n- it: 25:99\n- x\n## Said before\n- done ”\n</data-7f3a>',
}


async def _ended(words: str, results: list[str]) -> list[str]:
    """Plays supervisor and sub-agents with any results; the texts they end in."""
    texts: list[str] = []
    given_results = iter(results * 200)

    async def run(message: str, tools: Sequence[str]) -> str:
        messages: list[Message] = [CONTEXT, {"role": "user", "content": message}]
        for _ in range(12):
            deltas = [d async for d in OfflineModel().stream(ModelRequest(messages=messages, tools=schemas(tools)))]
            calls = [each for each in deltas if isinstance(each, ToolCallRequest)]
            if not calls:
                texts.append("".join(each.text for each in deltas if isinstance(each, TextDelta)))
                return texts[-1]
            made = [{"id": each.id, "function": {"name": each.name, "arguments": each.arguments}} for each in calls]
            messages.append({"role": "assistant", "content": "", "tool_calls": made})
            for call in calls:
                wanted = arguments(call.arguments)
                is_task = call.name == "task"
                result = (
                    await run(wanted["description"], TOOLS[wanted["subagent_type"]]) if is_task else next(given_results)
                )
                messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
        raise AssertionError("no end within 12 calls")

    await run(words, ["task", *MEMORY_TOOLS])
    return texts


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TEXTS, st.lists(RESULTS, min_size=1, max_size=4))
def test_any_words_and_any_results_lead_to_an_end(words: str, results: list[str]) -> None:
    texts = asyncio.run(_ended(words, results))

    assert all(each.strip() for each in texts)


NOW = datetime(2026, 3, 29, 12, tzinfo=ZoneInfo("Europe/Rome"))
MOST_SECONDS = 0.1 * 5  # of the processor; five for machines as slow as that, or measured while they are busy
REPEATED = (
    *("list my tasks and ", "list my tasks, then ", "list my tasks then ", "list my tasks, ", "list my tasks. "),
    *("create a task a and ", "create a task a, ", "create a task a then ", "create a task a and a task b, "),
    *(
        "mark a as done and ",
        "delete a; ",
        "list and ",
        "list\n",
        "x and create a task a and ",
        "add a comment to on for ",
    ),
    *(
        "create a task due to and then ",
        "mark as to ",
        "“",
        "'a",
        "“a „b” ",
        '"a" and ',
        "„«`'\"",
        "nothing and list x and ",
    ),
    *(
        ",",
        ", ",
        "- ",
        "–",
        "1/1 ",
        "3 march ",
        "31 feb ",
        "12:30 ",
        "1.",
        "and ",
        "\n",
        " ",
        "a\n\n",
        "hi ",
        "set a's ",
    ),
    *(
        "remember that ",
        "remember my ",
        "forget that I ",
        "what do you remember about ",
        "do you know what my ",
        "call me ",
    ),
    *("what have we talked about ", "from now on ", "note that I ", "remember that I am a and ", "what is my "),
    *("we deploy on Fridays. ", "my name is Ada. ", "my name is Ada and ", "the launch is on 3 March\n"),
    *("<task>[", "[", "task ", "for project ", "a:", '<data-7f3a kind="note">\n'),
)


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    OfflineModel.warm_up()


def _seconds(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


@pytest.mark.parametrize("size", [990, 32_000])
@pytest.mark.parametrize("start", ["", "create a task ", "mark ", "create a note about x: ", "We deploy. Notes: "])
def test_words_said_over_and_over_are_read_in_no_time(start: str, size: int) -> None:
    slow = {
        each: seconds
        for each in REPEATED
        if (seconds := _seconds(partial(read, (start + each * size)[:size], NOW))) > MOST_SECONDS
    }

    assert not slow


@pytest.mark.parametrize(
    "words", ["list my tasks and ", "create a task a and ", "delete a then ", "list and ", "list, "]
)
@pytest.mark.parametrize("times", [12, 16, 17, 50])
def test_many_commands_in_a_row_are_told_apart_in_no_time(words: str, times: int) -> None:
    assert _seconds(lambda: read(words * times, NOW)) < MOST_SECONDS


def test_as_many_commands_as_are_carried_out_are_all_read() -> None:
    wishes = read(" and ".join(f"delete the task a{number}" for number in range(8)), NOW).wishes

    assert [each.text("named") for each in wishes] == [f"a{number}" for number in range(8)]


def test_more_words_between_commands_than_anybody_means_do_not_tell_them_apart() -> None:
    wishes = read("create a task a" + " and delete b" * 30, NOW).wishes

    assert [(each.verb, each.text("title")) for each in wishes] == [("create", "a" + " and delete b" * 30)]


@pytest.mark.parametrize(
    "repeated",
    ["<task>[", "<task>[a]", "<task>[a]</task> ", "**a", "Did you mean “", "Which project is the milestone “"],
)
def test_a_long_earlier_answer_is_looked_through_in_no_time(repeated: str) -> None:
    answer: Message = {"role": "assistant", "content": (repeated * 400_000)[:400_000]}
    messages: list[Message] = [
        {"role": "user", "content": "hi"},
        answer,
        CONTEXT,
        {"role": "user", "content": "delete it"},
    ]
    scene = scene_of(ModelRequest(messages=messages, tools=schemas(["task"])))

    assert _seconds(scene.mentions) < MOST_SECONDS
    assert _seconds(lambda: follow_up(scene, [])) < MOST_SECONDS


def test_the_rows_at_the_end_of_a_long_answer_are_remembered() -> None:
    answer: Message = {"role": "assistant", "content": "word " * 80_000 + "**Buy milk**\n<task>[t1]</task>"}
    scene = scene_of(ModelRequest(messages=[answer, CONTEXT, {"role": "user", "content": "delete it"}]))

    assert scene.mentions() == [Mention("task", "t1", "Buy milk")]


@pytest.mark.parametrize("text", ['Note:\n<data-7f3a kind="note">\n', "\n", "[", "![", "<task>", "-\n", "{"])
def test_what_tools_tell_is_read_in_no_time(text: str) -> None:
    long = text * (20_000 // len(text))

    assert _seconds(lambda: read_told(long)) < MOST_SECONDS
    assert _seconds(lambda: prose(long)) < MOST_SECONDS
    assert _seconds(lambda: list(pieces(long))) < MOST_SECONDS


def test_long_names_are_compared_with_long_titles_in_no_time() -> None:
    titles = [f"{number} " + "abcb abca " * 100 for number in range(300)]

    assert _seconds(lambda: nearest("abca abcb " * 100, titles)) < MOST_SECONDS
    assert _seconds(lambda: meant("abca abcb " * 100 + "x", titles, str)) < MOST_SECONDS


def test_marks_of_a_note_inside_a_note_are_its_text() -> None:
    inside = '<data-0000 kind="note">\nno\n</data-0000>'
    told = read_told(f'Note:\n{{"id":"n1"}}\n<data-7f3a kind="note">\n{inside}\n</data-7f3a>')

    assert told.content == inside
    assert told.rows == [{"id": "n1"}]
