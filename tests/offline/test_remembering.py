"""What the user wants remembered or forgotten, and what comes of it: the two tools, and nothing claimed beyond them."""

import pytest

from tests.offline.notebook import Notebook
from tests.offline.stage import Stage


@pytest.mark.parametrize(
    ("words", "key", "value"),
    [
        ("Remember that I prefer short answers", "answers", "short"),
        ("Please remember my wife's name is Anna.", "wife", "Anna"),
        ("Can you remember that I live in Rome?", "home", "Rome"),
        ("Keep in mind that my manager is Eva", "manager", "Eva"),
        ("don't forget that I'm vegetarian", "diet", "vegetarian"),
        ("Note that I'm vegetarian", "diet", "vegetarian"),
        ("Call me Bob", "name", "Bob"),
        ("From now on, call me Bob", "name", "Bob"),
        ("My name is Ada", "name", "Ada"),
        ("Hi, I'm vegetarian", "diet", "vegetarian"),
    ],
)
async def test_a_fact_is_kept_under_its_key(stage: Stage, notebook: Notebook, words: str, key: str, value: str) -> None:
    turn = await stage.say(words)

    assert notebook.core == {key: value}
    assert turn.text == f"I'll remember: {key}: {value}."
    assert not turn.agents


async def test_what_has_no_key_is_kept_under_its_first_words(stage: Stage, notebook: Notebook) -> None:
    turn = await stage.say("remember that the office door on the ground floor opens at seven")

    ((key, value),) = notebook.core.items()
    assert value.lower().startswith(key)
    assert 20 < len(key) <= 40
    assert turn.text == "I'll remember: The office door on the ground floor opens at seven."


async def test_each_fact_of_a_message_is_kept(stage: Stage, notebook: Notebook) -> None:
    await stage.say("Remember that I prefer short answers. I live in Rome.")

    assert notebook.core == {"answers": "short", "home": "Rome"}


async def test_what_is_to_be_remembered_beside_such_a_fact_is_kept_apart_from_it(
    stage: Stage, notebook: Notebook
) -> None:
    await stage.say("Remember that I live in Rome. The Acme launch is on 3 March.")

    assert notebook.core == {"home": "Rome", "the acme launch is on 3 march": "The Acme launch is on 3 March."}


@pytest.mark.parametrize("joint", [". ", " and "])
async def test_a_fact_and_a_wish_are_told_apart(stage: Stage, notebook: Notebook, joint: str) -> None:
    turn = await stage.say(f"Remember that I live in Rome{joint}create a task Buy milk")

    assert notebook.core == {"home": "Rome"}
    assert [name for name in turn.tools if name.startswith("create")] == ["create_task"]
    assert turn.text.startswith("I'll remember: home: Rome.\n\nCreated the task **Buy milk**")


@pytest.mark.parametrize(
    ("words", "tool"),
    [
        ("remember to buy milk", "create_task"),
        ("remind me to call Ann", "create_task"),
        ("note that the printer is broken", "create_note"),
        ("create a note titled Ideas: remember that I prefer tea", "create_note"),
        ("create a task Call Ann and forget the rest", "create_task"),
    ],
)
async def test_rows_are_made_as_before(stage: Stage, notebook: Notebook, words: str, tool: str) -> None:
    turn = await stage.say(words)

    assert tool in turn.tools
    assert notebook.calls == []


@pytest.mark.parametrize(
    "words", ["forget it", "never mind", "call me tomorrow", "remember the milk", "forget the task X"]
)
async def test_words_that_only_sound_alike_touch_no_memory(stage: Stage, notebook: Notebook, words: str) -> None:
    await stage.say(words)

    assert notebook.calls == []


@pytest.mark.parametrize("words", ["remember that I live in Rome", "forget my name"])
async def test_an_error_of_the_tool_is_said_and_no_success(stage: Stage, notebook: Notebook, words: str) -> None:
    notebook.core["name"] = "Ada"
    notebook.trouble = "Error: memory is full."

    turn = await stage.say(words)

    assert turn.text.startswith("That did not work: memory is full. So I have not ")


async def test_a_change_the_user_rejects_is_not_claimed(stage: Stage, notebook: Notebook) -> None:
    notebook.trouble = "The user rejected this: not that"

    turn = await stage.say("remember that I live in Rome")

    assert turn.text == "You rejected this (“not that”). So I have not remembered it."


@pytest.mark.parametrize("words", ["do you know if I have any tasks?", "do you remember my tasks?"])
async def test_questions_that_name_rows_are_not_looked_up_in_memory(
    stage: Stage, notebook: Notebook, words: str
) -> None:
    await stage.say(words)

    assert notebook.calls == []


@pytest.mark.parametrize(
    "words",
    [
        "Forget that I prefer short answers",
        "forget my answers",
        "Forget what you know about my answers",
        "delete answers from your memory",
        "forget about answers",
    ],
)
async def test_a_fact_is_forgotten(stage: Stage, notebook: Notebook, words: str) -> None:
    notebook.core |= {"answers": "short", "name": "Ada"}

    turn = await stage.say(words)

    assert notebook.core == {"name": "Ada"}
    assert turn.text == "I have forgotten this: answers: short."


async def test_another_value_than_the_one_named_is_not_forgotten(stage: Stage, notebook: Notebook) -> None:
    notebook.core["answers"] = "long"

    turn = await stage.say("Forget that I prefer short answers")

    assert notebook.core == {"answers": "long"}
    assert "so I have forgotten nothing: answers: long." in turn.text


async def test_of_several_facts_none_is_forgotten(stage: Stage, notebook: Notebook) -> None:
    notebook.core |= {"work phone": "1234", "home phone": "5678"}

    turn = await stage.say("forget my phone")

    assert len(notebook.core) == 2
    assert "- work phone: 1234\n- home phone: 5678" in turn.text


async def test_what_is_no_fact_of_the_users_is_left_to_the_memory_page(stage: Stage, notebook: Notebook) -> None:
    notebook.told = ["The Acme launch is on 3 March. (2026-11-03)", "Tea is in the kitchen. (2026-11-04)"]

    turn = await stage.say("forget what I told you about Acme")

    assert notebook.calls == []
    assert "so I have forgotten nothing. I do remember this, which you can delete in the memory page:" in turn.text
    assert turn.text.endswith("- The Acme launch is on 3 March. (2026-11-03)")


@pytest.mark.parametrize("words", ["forget everything", "forget everything you know about me", "wipe your memory"])
async def test_everything_is_not_forgotten_by_words(stage: Stage, notebook: Notebook, words: str) -> None:
    notebook.core["name"] = "Ada"

    turn = await stage.say(words)

    assert notebook.core == {"name": "Ada"}
    assert "I have forgotten nothing" in turn.text


@pytest.mark.parametrize(
    "words", ["remember that I live in Rome", "what's my name?", "forget my name", "what do you know about me?"]
)
async def test_without_its_tools_memory_is_said_to_be_off(stage: Stage, words: str) -> None:
    stage.notebook = None

    turn = await stage.say(words)

    assert turn.text.startswith("My memory is switched off, so I ")
