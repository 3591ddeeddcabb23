"""Whatever is said, every turn ends, soon, in a text."""

import asyncio
import time
from datetime import datetime
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.llm.port import Message, ModelRequest, TextDelta, ToolCallRequest
from app.offline.model import OfflineModel
from app.offline.reading import read
from tests.offline.desk import TOOLS, arguments, schemas

VOCABULARY = (
    "create delete mark show list task tasks the project Driver app as done it and then due tomorrow next Friday"
    " in 99999 days 31 Feb “ ” \" ' : , . ? all note titled find about to by move rename chart status how many"
    " comments on add last 25:99 at 5pm"
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
    "content": "<context>\nNow: Sunday 2026-03-29 01:30, Europe/Rome (1774744200000 ms)\n</context>",
}


async def _ended(words: str, results: list[str]) -> list[str]:
    """Plays supervisor and sub-agents with any results; the texts they end in."""
    texts: list[str] = []
    given_results = iter(results * 200)

    async def run(message: str, tools: list[str]) -> str:
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

    await run(words, ["task"])
    return texts


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TEXTS, st.lists(RESULTS, min_size=1, max_size=4))
def test_any_words_and_any_results_lead_to_an_end(words: str, results: list[str]) -> None:
    texts = asyncio.run(_ended(words, results))

    assert all(each.strip() for each in texts)


def test_long_and_tangled_words_are_read_in_no_time() -> None:
    now = datetime(2026, 3, 29, 12, tzinfo=ZoneInfo("Europe/Rome"))
    begun = time.process_time()

    for words in (
        "add a comment to on for " * 60,
        "create a task due to and then " * 35,
        "mark as to " * 99,
        "“" * 1000,
        "'a" * 500,
    ):
        read(words, now)

    assert time.process_time() - begun < 5
