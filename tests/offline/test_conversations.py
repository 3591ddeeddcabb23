"""What was said before, what cannot be done, and words that ask for nothing."""

import pytest

from app.llm.port import Finished, ModelRequest, TextDelta
from app.offline.model import OfflineModel
from tests.offline.desk import Desk, schemas
from tests.offline.stage import Stage


async def test_it_is_the_row_of_the_last_answer(stage: Stage, desk: Desk) -> None:
    await stage.say("create a task Buy milk")
    await stage.say("mark it as done")
    await stage.say("rename it to Buy oat milk")
    await stage.say("make it high priority")
    await stage.say("add a comment to it: ask Ann first")
    row = await desk.row("tasks", "Buy oat milk")
    assert (row["status"], row["priority"]) == ("done", "high")
    assert len(await desk.rows("taskComments", taskId=row["id"])) == 1

    turn = await stage.say("delete it")

    assert turn.text == "Deleted the task **Buy oat milk**."
    assert not await desk.rows("tasks", search="milk")


async def test_it_is_known_where_tags_were_taken_out(desk: Desk) -> None:
    stage = Stage(desk)
    await stage.say("create a task Buy milk")
    for message in stage.history:
        if message["role"] == "assistant":
            message["content"] = message["content"].split("<task>")[0]

    await stage.say("mark it as done")

    assert (await desk.row("tasks", "Buy milk"))["status"] == "done"


async def test_it_is_what_the_user_looks_at(desk: Desk) -> None:
    row = await desk.row("tasks", "Draft the newsletter")

    await Stage(desk, looking_at=f"task {row['id']}").say("mark this as done")

    assert (await desk.row("tasks", "Draft the newsletter"))["status"] == "done"


async def test_it_is_what_the_same_message_made(stage: Stage, desk: Desk) -> None:
    await stage.say("create a task Buy milk, then mark it as done")

    assert (await desk.row("tasks", "Buy milk"))["status"] == "done"


async def test_the_second_one_is_the_second_of_a_list(stage: Stage, desk: Desk) -> None:
    await stage.say("list my projects")
    await stage.say("archive the second one")

    assert (await desk.row("projects", "Spring campaign"))["status"] == "archived"


async def test_a_name_that_is_in_several_names_is_asked_back(stage: Stage, desk: Desk) -> None:
    before = await desk.rows("tasks")

    turn = await stage.say("mark shop as done")

    assert "Which one do you mean?" in turn.text
    assert "**Deploy the shop to staging**" in turn.text
    assert await desk.rows("tasks") == before


@pytest.mark.parametrize("answer", ["the first one", "Deploy the shop to staging", "the staging one", "1"])
async def test_the_answer_to_which_one_is_enough(stage: Stage, desk: Desk, answer: str) -> None:
    await stage.say("mark shop as done")

    await stage.say(answer.replace("the staging one", "staging"))

    assert (await desk.row("tasks", "Deploy the shop to staging"))["status"] == "done"


async def test_it_among_several_is_asked_back(stage: Stage, desk: Desk) -> None:
    await stage.say("what's due tomorrow?")
    before = await desk.rows("tasks")

    turn = await stage.say("delete it")

    assert "Which one do you mean?" in turn.text
    assert await desk.rows("tasks") == before


async def test_it_without_anything_before_is_asked_back(stage: Stage) -> None:
    turn = await stage.say("mark it as done")

    assert (turn.agents, turn.text) == ([], "I am not sure which one you mean. Please name it.")


async def test_a_name_nobody_knows_is_said_with_one_that_is_near(stage: Stage) -> None:
    turn = await stage.say("mark Draft the newsleter as done")

    assert turn.text == "I found no task called “Draft the newsleter”. Did you mean “Draft the newsletter”?"


async def test_a_rejected_deletion_is_said_plainly(stage: Stage, desk: Desk) -> None:
    desk.rejects = "I still need it"

    turn = await stage.say("delete Draft the newsletter")

    assert turn.text == "You rejected this (“I still need it”), so I changed nothing."


@pytest.mark.parametrize(
    "words", ["list my tasks", "create a task Buy milk", "rename Driver app to X", "find notes about tea"]
)
async def test_trouble_is_said_and_no_data_made_up(stage: Stage, desk: Desk, words: str) -> None:
    desk.trouble = "Error: the device is offline, so nothing was done."

    turn = await stage.say(words)

    assert turn.text == "That did not work: the device is offline, so nothing was done."


@pytest.mark.parametrize(
    "words", ["hi", "Hello!", "good morning", "who are you?", "what can you do?", "help", "Are you an AI?"]
)
async def test_it_says_what_it_is_without_asking_anybody(stage: Stage, words: str) -> None:
    turn = await stage.say(words)

    assert not turn.agents
    assert "built-in offline model" in turn.text
    assert "without any AI provider" in turn.text


@pytest.mark.parametrize(
    "words", ["asdf qwer", "what's the weather?", "write me a poem about the sea", "42", "…", "wie geht es dir?"]
)
async def test_what_is_not_understood_is_answered_with_examples(stage: Stage, words: str) -> None:
    turn = await stage.say(words)

    assert not turn.agents
    assert "did not understand" in turn.text
    assert "“List my tasks”" in turn.text


async def test_an_answer_without_tools_is_made_of_what_is_there() -> None:
    deltas = [
        delta
        async for delta in OfflineModel().stream(ModelRequest(messages=[{"role": "user", "content": "list my tasks"}]))
    ]

    assert isinstance(deltas[0], TextDelta)
    assert "limit" in "".join(each.text for each in deltas if isinstance(each, TextDelta))


async def test_a_title_is_a_few_words_of_the_user() -> None:
    messages = [
        {"role": "system", "content": "Write a title for this conversation."},
        {"role": "user", "content": "Please create a task called Buy milk due tomorrow, high priority"},
    ]

    *texts, end = [delta async for delta in OfflineModel().stream(ModelRequest(messages=messages))]

    assert "".join(each.text for each in texts if isinstance(each, TextDelta)) == "Create a task called Buy milk"
    assert isinstance(end, Finished)
    assert (end.model, end.is_free) == ("offline/rules", True)


async def test_the_same_request_has_the_same_answer(stage: Stage) -> None:
    messages = [{"role": "user", "content": "create a task Buy milk and a task Call Ann"}]

    first, again = [await stage.ask(messages, schemas(["task"])) for _ in range(2)]

    assert first == again
    assert len({call.id for call in first[1]}) == 2


async def test_text_comes_in_small_pieces_and_tags_whole(stage: Stage) -> None:
    request = ModelRequest(messages=[{"role": "user", "content": "what can you do?"}], tools=schemas(["task"]))

    texts = [delta.text async for delta in OfflineModel().stream(request) if isinstance(delta, TextDelta)]

    assert len(texts) > 10
    assert max(len(each.split()) for each in texts) <= 4
