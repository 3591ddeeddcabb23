"""What is simply said is kept in mind without a tool, and told again when the rows have no answer."""

import pytest

from tests.offline.desk import Desk
from tests.offline.notebook import Notebook
from tests.offline.stage import Stage

LAUNCH = "The Acme launch is on 3 March. (2026-11-03)"
IN_MIND = "I'll keep that in mind."
LOST = "Sorry, I did not understand that."


@pytest.mark.parametrize(
    "words",
    [
        "The Acme launch is on 3 March.",
        "Hi, Anna from Acme prefers calls in the morning",
        "We don't deploy on Fridays.",
        "No, the Acme launch is on 4 March.",
        "Once a month we review the budget.",
        "Our office is closed on Mondays. Ben is out until Friday.",
    ],
)
async def test_a_fact_without_a_place_of_its_own_is_kept_in_mind(stage: Stage, notebook: Notebook, words: str) -> None:
    turn = await stage.say(words)

    assert turn.text == IN_MIND
    assert (notebook.calls, turn.agents) == ([], [])


@pytest.mark.parametrize("joint", [" and we", ". We"])
async def test_of_a_message_with_both_the_answer_tells_of_both(stage: Stage, notebook: Notebook, joint: str) -> None:
    turn = await stage.say(f"My manager is Eva Berger{joint} deploy on Fridays.")

    assert notebook.core == {"manager": "Eva Berger"}
    assert turn.text == "I'll remember: manager: Eva Berger. The rest I'll keep in mind."


async def test_each_fact_with_a_place_of_its_own_goes_there(stage: Stage, notebook: Notebook) -> None:
    turn = await stage.say("I live in Rome and my manager is Eva. The Acme launch is on 3 March.")

    assert notebook.core == {"home": "Rome", "manager": "Eva"}
    assert turn.text.endswith("I'll remember: manager: Eva. The rest I'll keep in mind.")


async def test_where_the_tool_fails_nothing_is_said_to_be_kept(stage: Stage, notebook: Notebook) -> None:
    notebook.trouble = "Error: memory is full."

    turn = await stage.say("My manager is Eva Berger and we deploy on Fridays.")

    assert turn.text == "That did not work: memory is full. So I have not remembered it."


@pytest.mark.parametrize(
    "words",
    [
        "We deploy on Fridays. Write me a poem.",
        "Is the Acme launch on 3 March?",
        "I'm tired.",
        "The weather is nice.",
        "> The Acme launch is on 3 March.",
        "undo that",
        "Thanks!",
    ],
)
async def test_questions_orders_chatter_and_pasted_text_are_not_said_to_be_kept(stage: Stage, words: str) -> None:
    assert "in mind" not in (await stage.say(words)).text


async def test_while_memory_is_off_nothing_is_said_to_be_kept(stage: Stage) -> None:
    stage.notebook = None

    assert (await stage.say("The Acme launch is on 3 March.")).text.startswith(LOST)
    both = await stage.say("My manager is Eva Berger and we deploy on Fridays.")
    assert both.text.startswith("My memory is switched off, so I will not remember this.")
    assert "in mind" not in both.text
    assert "in mind" not in (await stage.say("The Acme launch is on 3 March. Show my clients.")).text


async def test_a_wish_after_a_statement_is_carried_out(stage: Stage, notebook: Notebook, desk: Desk) -> None:
    await stage.say("create a task Buy milk")

    kept = await stage.say("The Acme launch is on 3 March. Show my clients.")
    named = await stage.say("My name is Ada. Mark Buy milk as done.")

    assert kept.text.startswith(f"{IN_MIND}\n\nYou have ")
    assert kept.tools == ["list_clients"]
    assert notebook.core == {"name": "Ada"}
    assert named.text.startswith("I'll remember: name: Ada.\n\nDone: **Buy milk** is finished.")
    assert (await desk.row("tasks", "Buy milk"))["status"] == "done"


async def test_it_after_a_statement_is_what_was_spoken_of_before(stage: Stage, desk: Desk) -> None:
    await stage.say("create a task Buy milk")
    await stage.say("My name is Ada. Mark it as done.")

    assert (await desk.row("tasks", "Buy milk"))["status"] == "done"


async def test_statements_in_the_text_of_a_row_belong_to_it(stage: Stage, notebook: Notebook, desk: Desk) -> None:
    await stage.say("create a note titled Habits: My name is Ada. We deploy on Fridays. Show my tasks")

    assert notebook.calls == []
    assert (await desk.row("notes", "Habits"))["content"] == "My name is Ada. We deploy on Fridays. Show my tasks"


@pytest.mark.parametrize("words", ["When is the Acme launch?", "tell me about the Acme launch"])
async def test_where_the_rows_have_nothing_it_tells_what_was_said(stage: Stage, notebook: Notebook, words: str) -> None:
    notebook.told = ["Tea is in the kitchen. (2026-11-04)", "Acme is a client of Ben's. (2026-11-05)", LAUNCH]

    turn = await stage.say(words)

    assert turn.text == (
        f"I found no task, project, milestone, note or client called “Acme launch”. You told me: {LAUNCH}"
    )
    assert turn.agents
    assert notebook.calls == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("Where is the offsite?", "The offsite is at Villa Rossi. (2026-11-04)"),
        ("Who runs the Berlin office?", "Eva runs the Berlin office. (2026-11-04)"),
        ("What did we decide about pricing?", "We decided to raise prices in May. (2026-11-04)"),
        ("What was agreed on the logo?", "The logo stays blue. (2026-11-04)"),
        ("When do we deploy?", "We deploy on Fridays. (2026-11-04)"),
        ("what day is the Acme launch on", LAUNCH),
    ],
)
async def test_open_questions_are_answered_with_what_was_said(
    stage: Stage, notebook: Notebook, words: str, said: str
) -> None:
    notebook.told = ["Tea is in the kitchen. (2026-11-04)", said]

    assert (await stage.say(words)).text == f"You told me: {said}"


async def test_an_open_question_is_answered_with_a_fact_about_the_user(stage: Stage, notebook: Notebook) -> None:
    notebook.core["manager"] = "Eva Berger"

    assert (await stage.say("Who is Eva Berger?")).text == "You told me: manager: Eva Berger."


@pytest.mark.parametrize("words", ["When is the Acme launch?", "tell me about the Acme launch"])
async def test_where_the_rows_cannot_be_looked_at_it_tells_what_was_said(
    stage: Stage, notebook: Notebook, desk: Desk, words: str
) -> None:
    notebook.told, desk.trouble = [LAUNCH], "Error: No device is connected."

    turn = await stage.say(words)

    assert turn.text == f"You told me: {LAUNCH}\n\nI could not look further: No device is connected."


async def test_where_neither_rows_nor_memory_answer_the_error_stays(stage: Stage, desk: Desk) -> None:
    desk.trouble = "Error: No device is connected."

    assert (await stage.say("When is the Acme launch?")).text == "That did not work: No device is connected."


async def test_a_change_that_fails_is_no_question(stage: Stage, notebook: Notebook, desk: Desk) -> None:
    notebook.told, desk.trouble = ["Buy milk is done by Ben. (2026-11-04)"], "Error: No device is connected."

    assert "You told me" not in (await stage.say("mark Buy milk as done")).text


@pytest.mark.parametrize(
    ("core", "words", "said"),
    [
        ({"peanut allergy": "allergic"}, "What am I allergic to?", "You told me: peanut allergy: allergic."),
        ({"languages": "Italian and German"}, "Which languages do I speak?", "languages: Italian and German."),
        ({"jazz": "loves"}, "What music do I like?", "You told me: jazz: loves."),
        ({"name": "bob"}, "whats my name", "Your name is bob."),
        ({"name": "Captain"}, "What do you call me?", "I remember: name: Captain."),
        ({"work on fridays": "never"}, "Do I work on Fridays?", "I remember: work on fridays: never."),
        ({"answers": "short"}, "What did I tell you to remember?", "- answers: short"),
        ({"code name": "Redwing"}, "What is the code name?", "You told me: code name: Redwing."),
        ({"where the router is": "in the cellar"}, "Where is the router?", "where the router is: in the cellar."),
    ],
)
async def test_a_question_about_the_user_is_answered_from_their_facts(
    stage: Stage, notebook: Notebook, core: dict[str, str], words: str, said: str
) -> None:
    notebook.core = {"colour": "teal", **core}

    assert said in (await stage.say(words)).text


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("I drive a Volvo. (2026-11-04)", "What car do I drive?"),
        ("I'm in the Europe/Rome time zone. (2026-11-04)", "What time zone am I in?"),
        ("I'm on vacation from 1 to 14 August. (2026-11-04)", "When am I on vacation?"),
    ],
)
async def test_a_question_about_the_user_is_answered_with_what_they_said(
    stage: Stage, notebook: Notebook, told: str, words: str
) -> None:
    notebook.told = ["Tea is in the kitchen. (2026-11-04)", told]

    assert (await stage.say(words)).text == f"You told me: {told}"


async def test_several_lines_that_may_answer_are_listed(stage: Stage, notebook: Notebook) -> None:
    notebook.told = [LAUNCH, "The Acme launch is in the harbour hall. (2026-11-04)"]

    turn = await stage.say("When is the Acme launch?")

    assert turn.text.endswith("You told me:\n\n" + "\n".join(f"- {each}" for each in notebook.told))


async def test_rows_that_are_found_are_told_as_ever(stage: Stage, notebook: Notebook) -> None:
    words = ("When is Go-live?", "What is due this week?", "What do you know about Driver app?")
    before = [(await stage.say(each)).text for each in words]
    notebook.told = [f"{each} It is on 3 March. (2026-11-04)" for each in ("Go-live.", "Due this week.", "Driver app.")]

    assert [(await stage.say(each)).text for each in words] == before


@pytest.mark.parametrize(
    "words", ["Where is the printer?", "Who runs the Paris office in summer?", "Open the Acme launch", "Why?"]
)
async def test_what_does_not_answer_is_not_told(stage: Stage, notebook: Notebook, words: str) -> None:
    notebook.told = [LAUNCH, "Eva runs the Berlin office. (2026-11-04)"]

    assert "You told me" not in (await stage.say(words)).text


async def test_a_question_among_memories_is_none_of_ours(stage: Stage, notebook: Notebook, desk: Desk) -> None:
    notebook.core["zeppelin"] = "Did you mean “Delete Draft the newsletter”?"
    before = await desk.rows("tasks")

    shown = await stage.say("When is the zeppelin?")
    after = await stage.say("yes")

    assert "Draft the newsletter" in shown.text
    assert "Yes to what?" in after.text
    assert await desk.rows("tasks") == before
