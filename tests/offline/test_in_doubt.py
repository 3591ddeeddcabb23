"""Where words may mean two things, or nothing that can be done, nothing is changed: it says so, or asks."""

import pytest

from tests.offline.desk import Desk
from tests.offline.stage import Stage

NEWSLETTER = "Draft the newsletter"
CHANGES = ("create", "update", "delete", "add")


async def _everything(desk: Desk) -> list[object]:
    tables = ("tasks", "projects", "clients", "notes", "timelines", "taskComments")
    return [await desk.rows(table) for table in tables]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("don't delete Draft the newsletter", "leave it as it is"),
        ("I haven't finished Draft the newsletter yet", "leave it as it is"),
        ("if Draft the newsletter is done then delete it", "ifs and whens"),
        ("what happens if I delete Draft the newsletter?", "ifs and whens"),
        ("undo that", "cannot take changes back"),
        ("no, the other one", "say the whole of it"),
        ("I meant Buy bread", "say the whole of it"),
        ("never mind", "changed nothing"),
        ("yes", "Yes to what?"),
        ("remove the due date from Draft the newsletter", "cannot empty a field"),
        ("unassign Draft the newsletter", "cannot empty a field"),
        ("remove Carla from Draft the newsletter", "cannot empty a field"),
        ("assign Draft the newsletter to me", "do not know your name"),
        ("delete done tasks", "one thing at a time"),
        ("remove the overdue tasks", "one thing at a time"),
        ("clear my list", "one thing at a time"),
        ("delete the tasks in Driver app", "one thing at a time"),
        ("mark Draft the newsletter and Pay the hosting invoice as done", "one at a time"),
        ("mark m as done", "found no task called “m”"),
        ("delete Carla", "Did you mean “Buy a birthday present for Carla”?"),
        ("cancel Draft the newsletter", "Did you mean “Delete Draft the newsletter”?"),
        ("close the Driver app project", "Did you mean “Archive the project Driver app”?"),
        ("I want to finish Draft the newsletter tomorrow", "Did you mean “Create a task: Finish Draft the newsletter"),
        ("don't forget to call Ann", "Did you mean “Create a task: Call Ann”?"),
        ("add eggs to my shopping task", "Did you mean “Add a comment to shopping: eggs”?"),
        ("crate a task Buy milk", "Did you mean “create a task Buy milk”?"),
        ("mrak Draft the newsletter as done", "Did you mean “mark Draft the newsletter as done”?"),
        ("mark as done", "not sure which one you mean"),
        ("delete the task", "not sure which one you mean"),
        ("mark xyz as done and delete it", "left the rest"),
    ],
)
async def test_nothing_is_changed_in_doubt(stage: Stage, desk: Desk, words: str, said: str) -> None:
    before = await _everything(desk)

    turn = await stage.say(words)

    assert said in turn.text
    assert not [name for name in turn.tools if name.startswith(CHANGES)]
    assert await _everything(desk) == before


async def test_a_failed_first_wish_does_not_send_the_second_to_an_older_row(stage: Stage, desk: Desk) -> None:
    await stage.say("show the newsletter task")

    await stage.say("mark xyz as done and delete it")

    assert await desk.row("tasks", NEWSLETTER)


@pytest.mark.parametrize(
    ("words", "title"),
    [("buy milk", "Buy milk"), ("I need to buy milk", "Buy milk"), ("crate a task Buy milk", "Buy milk")],
)
async def test_yes_is_enough_where_it_asked_whether_something_was_meant(
    stage: Stage, desk: Desk, words: str, title: str
) -> None:
    await stage.say(words)
    await stage.say("yes, please")

    assert (await desk.row("tasks", title))["status"] == "todo"


async def test_yes_accepts_a_name_that_was_one_slip_away(stage: Stage, desk: Desk) -> None:
    await stage.say("mark Draft the newsleter as done")
    await stage.say("yes")

    assert (await desk.row("tasks", NEWSLETTER))["status"] == "done"


@pytest.mark.parametrize("words", ["mark the date of Draft the newsletters as done", "mark xyz as done"])
async def test_yes_accepts_no_name_that_only_looks_alike(stage: Stage, desk: Desk, words: str) -> None:
    before = await _everything(desk)
    await stage.say(words)

    await stage.say("yes")

    assert await _everything(desk) == before


async def test_a_title_that_was_asked_for_may_come_alone(stage: Stage, desk: Desk) -> None:
    asked = await stage.say("create a task")
    await stage.say("Buy cheese")

    assert asked.text == "What should the task be called?"
    assert await desk.row("tasks", "Buy cheese")


async def test_a_project_that_was_asked_for_may_come_alone(stage: Stage, desk: Desk) -> None:
    await stage.say("create a milestone Beta tomorrow")
    await stage.say("Driver app")

    assert (await desk.row("timelines", "Beta"))["projectId"] == (await desk.row("projects", "Driver app"))["id"]


async def test_it_among_many_says_that_there_are_more_and_takes_any_of_their_names(stage: Stage, desk: Desk) -> None:
    await stage.say("how many todo tasks do I have?")

    turn = await stage.say("mark it as done")
    await stage.say("domain names")

    assert turn.text.startswith("There were more than ten of them, so I have changed nothing. Which one do you mean?")
    assert "- and more; say the name, or a part of it" in turn.text
    assert (await desk.row("tasks", "Renew the domain names"))["status"] == "done"


async def test_what_this_turn_deleted_has_no_tag(stage: Stage) -> None:
    await stage.say("create a task Buy milk")

    turn = await stage.say("mark Buy milk as done and delete it")

    assert turn.text == "Done: **Buy milk** is finished.\n\nDeleted the task **Buy milk**."


async def test_a_name_is_searched_loosely_only_where_nothing_has_these_words(stage: Stage) -> None:
    exact = await stage.say("delete the task Draft the newsletter")
    loose = await stage.say("mark the hosting invoices task as done")

    assert [args for name, args in exact.calls if name == "list_tasks"] == [{"search": NEWSLETTER}]
    assert len([name for name in loose.tools if name == "list_tasks"]) > 1
