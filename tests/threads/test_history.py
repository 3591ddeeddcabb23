"""What a model is shown of the turns before: whole turns, the newest that fit."""

from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app.threads.history import SHORTENED_TO, History, shortened
from app.threads.records import Messages, OpenedRun
from app.threads.runs import Runs
from app.threads.tokens import tokens
from tests.conftest import Service
from tests.factories.people import Person
from tests.factories.threads import a_run, a_turn, another_process, answered, new_run

ROOMY = 100_000


async def seen(history: History, run: OpenedRun, most_tokens: int = ROOMY) -> Messages:
    return await history.before(run.user_id, run.thread_id, run.id, most_tokens=most_tokens)


def words(messages: Messages) -> list[str]:
    return [message["content"] for message in messages]


async def test_earlier_turns_are_there_oldest_first_with_their_tools(
    service: Service, ada: Person, history: History
) -> None:
    first = await a_turn(service, ada, "What is due?", "Milk.", with_tool="1 task.")
    await a_turn(service, ada, "And then?", "Nothing.", thread_id=first.thread_id)
    now = await a_run(service, ada, "Thanks", thread_id=first.thread_id)
    found = await seen(history, now)
    assert words(found) == ["What is due?", "", "1 task.", "Milk.", "And then?", "Nothing."]
    assert found[1]["tool_calls"][0]["id"] == found[2]["tool_call_id"]


async def test_a_new_thread_has_none_and_other_threads_do_not_show(
    service: Service, ada: Person, history: History
) -> None:
    await a_turn(service, ada)
    assert await seen(history, await a_run(service, ada)) == []


async def test_nobody_sees_another_users_history(service: Service, ada: Person, bob: Person, history: History) -> None:
    hers = await a_turn(service, ada)
    now = await a_run(service, ada, thread_id=hers.thread_id)
    bobs = await a_run(service, bob)
    for run_id in (now.id, bobs.id):
        assert await history.before(bobs.user_id, hers.thread_id, run_id, most_tokens=ROOMY) == []


async def test_turns_under_way_and_later_ones_do_not_show(
    service: Service, ada: Person, runs: Runs, history: History
) -> None:
    first = await a_turn(service, ada, "One", "1")
    under_way = await a_run(service, ada, "Two", thread_id=first.thread_id)
    now = await a_run(service, ada, "Three", thread_id=first.thread_id)
    await a_turn(service, ada, "Four", "4", thread_id=first.thread_id)
    assert words(await seen(history, now)) == ["One", "1"]
    assert await runs.finish(under_way, answered("Two", "2"))
    assert words(await seen(history, now)) == ["One", "1", "Two", "2"]


async def test_a_turn_too_large_for_all_the_room_is_kept_as_its_question_and_the_beginning_of_its_answer(
    service: Service, ada: Person, history: History
) -> None:
    small = await a_turn(service, ada, "Hello", "Hi.")
    answer = " ".join(f"word{number}" for number in range(2000))
    await a_turn(service, ada, "List everything", answer, with_tool="row " * 5000, thread_id=small.thread_id)
    now = await a_run(service, ada, "Thanks", thread_id=small.thread_id)
    found = await seen(history, now, most_tokens=1000)
    assert words(found)[:3] == ["Hello", "Hi.", "List everything"]
    kept, mark, rest = words(found)[3].rpartition(" […]")
    assert (mark, rest) == (" […]", "")
    assert answer.startswith(kept + " ")
    assert 800 < tokens(found[2:]) * SHORTENED_TO <= 1000


async def test_where_there_is_no_room_there_is_no_history(service: Service, ada: Person, history: History) -> None:
    first = await a_turn(service, ada)
    assert await seen(history, await a_run(service, ada, thread_id=first.thread_id), most_tokens=0) == []


TEXT = st.text(st.characters(codec="utf-8"), max_size=60) | st.text("abc 漢字 🙂", min_size=100, max_size=800)
TURN = st.tuples(TEXT.filter(str.strip), TEXT, st.none() | TEXT)


@settings(
    max_examples=10,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(turns=st.lists(TURN, max_size=5), most=st.integers(0, 1200))
async def test_however_long_the_turns_are_what_is_seen_fits_and_is_made_of_whole_turns(
    service: Service, ada_id: UUID, turns: list[tuple[str, str, str | None]], most: int
) -> None:
    runs, history = another_process(service), _history(service)
    thread_id, kept = None, []
    for question, answer, tool in turns:
        run = await runs.open(new_run(ada_id, question, thread_id=thread_id))
        outcome = answered(question, answer, with_tool=tool)
        assert await runs.finish(run, outcome)
        thread_id = run.thread_id
        kept.append(outcome.transcript)
    now = await runs.open(new_run(ada_id, thread_id=thread_id))
    found = await history.before(ada_id, now.thread_id, now.id, most_tokens=most)
    assert tokens(found) <= most
    assert found == _newest_that_fit(kept, most)


def _newest_that_fit(turns: list[Messages], most: int) -> Messages:
    """The same, told in another way: from the newest backwards, until one does not fit."""
    found: Messages = []
    left = most
    for turn in reversed(turns):
        is_too_large = tokens(turn) > most
        size = most // SHORTENED_TO if is_too_large else tokens(turn)
        if size > left:
            break
        left -= size
        found = (shortened(turn, most // SHORTENED_TO) if is_too_large else turn) + found
    return found if most else []


def _history(service: Service) -> History:
    history: History = service.app.state.threads.history
    return history


@given(
    question=TEXT,
    answer=TEXT,
    tool=st.none() | TEXT,
    most=st.integers(0, 400),
)
@settings(max_examples=60, deadline=None, database=None, derandomize=True)
def test_a_shortened_turn_fits_and_begins_as_the_turn_did(
    question: str, answer: str, tool: str | None, most: int
) -> None:
    turn: list[dict[str, Any]] = answered(question, answer, with_tool=tool).transcript
    short = shortened(turn, most)
    assert tokens(short) <= most
    assert all(message["content"] for message in short)
    for message in short:
        whole = question if message["role"] == "user" else answer
        assert message["content"] == whole or whole.startswith(message["content"].removesuffix(" […]"))
