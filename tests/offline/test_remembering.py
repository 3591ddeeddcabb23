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


@pytest.mark.parametrize(
    ("words", "key", "value"),
    [
        ("the project code name is Bluebird", "project code name", "Bluebird"),
        ("the Acme launch is on 3 March", "acme launch", "on 3 March"),
        ("our budget is 40,000 euros", "budget", "40,000 euros"),
        ("the wifi router is in the cellar", "where the wifi router is", "in the cellar"),
        ("deploys happen on Tuesdays", "when deploys happen", "on Tuesdays"),
        ("Eva's contract ends in May", "when eva's contract ends", "in May"),
    ],
)
@pytest.mark.parametrize("frame", ["remember that {}", "For future reference, {}.", "I want you to know that {}"])
async def test_what_has_no_key_is_kept_under_what_it_is_about(
    stage: Stage, notebook: Notebook, words: str, key: str, value: str, frame: str
) -> None:
    turn = await stage.say(frame.format(words))

    assert notebook.core == {key: value}
    assert turn.text == f"I'll remember: {key}: {value}."


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("The standup needs a projector.", "standup needs projector"),
        ("I use a wheelchair.", "use wheelchair"),
        ("The fee is 20 euros for members.", "fee 20 euros members"),
    ],
)
async def test_what_says_neither_what_nor_when_nor_where_is_kept_whole(
    stage: Stage, notebook: Notebook, words: str, key: str
) -> None:
    turn = await stage.say(f"Remember that {words[:1].lower() + words[1:] if words[:2] != 'I ' else words}")

    assert notebook.core == {key: words}
    assert turn.text == f"I'll remember: {words}"
    assert f"- {words}" in (await stage.say("What do you know about me?")).text


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            "the deadline for the Atlas mobile application redesign is 14 March",
            "the deadline for the Atlas mobile website is 1 April",
        ),
        (
            "our standup with the platform team in Berlin starts at 9",
            "our standup with the platform team in Berlin needs a projector",
        ),
        (
            "the key for the storage room on the second floor hangs behind the door",
            "the key for the storage room on the ground floor is with Maria",
        ),
        ("the Acme launch is on 3 March", "the Acme launch is in Berlin"),
        ("the fee is 20 euros for members", "the fee is 40 euros for guests"),
        ("the fee is 20 euros", "the fee is paid by Acme"),
        ("Jon is our designer", "Jon is a father"),
    ],
)
async def test_unrelated_facts_never_take_each_others_place(
    stage: Stage, notebook: Notebook, first: str, second: str
) -> None:
    await stage.say(f"Remember that {first}")
    await stage.say(f"Remember that {second}")

    assert len(notebook.core) == 2


@pytest.mark.parametrize(
    ("first", "second", "core"),
    [
        ("the code name is Bluebird", "the code name is now Redwing", {"code name": "Redwing"}),
        ("the launch is on 3 March", "the launch has moved to 10 March", {"launch": "10 March"}),
        ("the party is in the old hall", "the party is at the harbour", {"where the party is": "at the harbour"}),
        ("deploys happen on Tuesdays", "deploys happen every Friday", {"when deploys happen": "every Friday"}),
        (
            "the standup needs a projector",
            "the standup no longer needs a projector",
            {"standup needs projector": "The standup no longer needs a projector."},
        ),
    ],
)
async def test_what_is_said_anew_takes_the_place_of_what_held_before(
    stage: Stage, notebook: Notebook, first: str, second: str, core: dict[str, str]
) -> None:
    await stage.say(f"Remember that {first}")
    await stage.say(f"Remember that {second}")

    assert notebook.core == core


async def test_what_is_too_long_for_a_key_is_kept_in_mind(stage: Stage, notebook: Notebook) -> None:
    long = "the blue bicycle behind old garages belongs jointly to Anna, Bert, Carla, Dario, Emil, Franca and Gustav"

    assert (await stage.say(f"Remember that {long}")).text == "I'll keep that in mind."
    assert "too long for me to remember" in (await stage.say(f"Remember that {long * 6}")).text
    assert notebook.calls == []


@pytest.mark.parametrize(
    "words",
    [
        "Remember that my password is hunter2",
        "My PIN is 1234.",
        "From now on the API key is abc123",
        "The wifi password is sunflower. Show my tasks.",
        "Remember that I live in Rome. My password is hunter2.",
    ],
)
@pytest.mark.parametrize("is_on", [True, False])
async def test_secrets_are_not_kept_and_it_says_so(stage: Stage, notebook: Notebook, words: str, is_on: bool) -> None:
    stage.notebook = notebook if is_on else None

    turn = await stage.say(words)

    assert "I keep no passwords, PINs, keys or card numbers" in turn.text
    assert not any("hunter2" in str(call) for call in notebook.calls)


@pytest.mark.parametrize(
    "words", ["What is the wifi password?", "Remember that the server password rotation is on Mondays"]
)
async def test_what_only_speaks_of_secrets_is_no_secret(stage: Stage, words: str) -> None:
    assert "I keep no passwords" not in (await stage.say(words)).text


async def test_who_corrects_themself_has_the_last_value_kept(stage: Stage, notebook: Notebook) -> None:
    await stage.say("I quit Contoso and now work at Fabrikam")

    assert [arguments for _, arguments in notebook.calls] == [{"key": "company", "value": "Fabrikam"}]


async def test_each_fact_of_a_message_is_kept(stage: Stage, notebook: Notebook) -> None:
    await stage.say("Remember that I prefer short answers. I live in Rome.")

    assert notebook.core == {"answers": "short", "home": "Rome"}


async def test_what_is_to_be_remembered_beside_such_a_fact_is_kept_apart_from_it(
    stage: Stage, notebook: Notebook
) -> None:
    await stage.say("Remember that I live in Rome. The Acme launch is on 3 March.")

    assert notebook.core == {"home": "Rome", "acme launch": "on 3 March"}


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


@pytest.mark.parametrize(
    ("words", "key", "value"),
    [
        ("Forget where I live", "home", "Rome"),
        ("forget where I work", "company", "Acme"),
        ("Please forget what I'm called.", "name", "Ada"),
        ("forget when my birthday is", "birthday", "3 May"),
        ("Forget that the code name is Bluebird", "code name", "Bluebird"),
    ],
)
async def test_a_fact_is_forgotten_by_the_question_it_answers_or_what_it_is_about(
    stage: Stage, notebook: Notebook, words: str, key: str, value: str
) -> None:
    notebook.core |= {key: value, "answers": "in full"}

    turn = await stage.say(words)

    assert notebook.core == {"answers": "in full"}
    assert turn.text == f"I have forgotten this: {key}: {value}."


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
    assert "in the memory page (`DELETE /api/v1/memory`)" in turn.text


@pytest.mark.parametrize(
    "words", ["remember that I live in Rome", "what's my name?", "forget my name", "what do you know about me?"]
)
async def test_without_its_tools_memory_is_said_to_be_off(stage: Stage, words: str) -> None:
    stage.notebook = None

    turn = await stage.say(words)

    assert turn.text.startswith("My memory is switched off, so I ")
