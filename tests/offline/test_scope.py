"""What a floating window is over narrows what is asked for and holds what is new."""

import pytest

from tests.offline.desk import Desk
from tests.offline.stage import Stage

TABLES = {"project": "projects", "client": "clients", "task": "tasks", "note": "notes", "timeline": "timelines"}
NEWSLETTER = "Draft the newsletter"


async def _over(desk: Desk, noun: str, title: str) -> Stage:
    row = await desk.row(TABLES[noun], title)
    return Stage(desk, looking_at=f"{noun} {row['id']}", keeps_tags=False)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("list the tasks", "You have 9 tasks in this project:"),
        ("how many tasks?", "You have 9 tasks in this project."),
        ("how many tasks are done?", "You have 2 “done” tasks in this project."),
        ("Ben's tasks", "You have 4 tasks assigned to Ben in this project:"),
        ("what are the milestones?", "You have 2 milestones in this project:"),
        ("show my notes", "You have 2 notes in this project:"),
        ("list all tasks", "You have 40 tasks,"),
        ("how many tasks are there everywhere?", "You have 40 tasks."),
        ("how many tasks in Brand refresh?", "You have 6 tasks in Brand refresh."),
        ("how many tasks per project?", "Tasks by project (40 tasks):"),
        ("how many projects do I have?", "You have 5 projects."),
    ],
)
async def test_lists_are_of_the_project_that_is_looked_at(library: Desk, words: str, said: str) -> None:
    turn = await (await _over(library, "project", "Driver app")).say(words)

    assert turn.text.startswith(said)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("list my projects", "You have 2 projects for this client:"),
        ("what projects are there?", "You have 2 projects for this client:"),
        ("how many tasks?", "You have 17 tasks for this client."),
        ("milestones", "You have 4 milestones for this client:"),
        ("list all projects", "You have 6 projects:"),
        ("projects for Casa Verde", "You have 1 project for Casa Verde:"),
    ],
)
async def test_lists_are_of_the_client_that_is_looked_at(library: Desk, words: str, said: str) -> None:
    turn = await (await _over(library, "client", "Northwind Coffee")).say(words)

    assert turn.text.startswith(said)


async def test_a_new_project_is_for_the_client_that_is_looked_at(desk: Desk) -> None:
    turn = await (await _over(desk, "client", "Casa Verde")).say("create a project Moon base")

    assert (await desk.row("projects", "Moon base"))["clientId"] == (await desk.row("clients", "Casa Verde"))["id"]
    assert "for this client" in turn.text


async def test_a_new_task_goes_into_the_project_that_is_named_before_the_one_looked_at(desk: Desk) -> None:
    await (await _over(desk, "project", "Driver app")).say("create a task Fix the door in Brand refresh")

    assert (await desk.row("tasks", "Fix the door"))["projectId"] == (await desk.row("projects", "Brand refresh"))["id"]


@pytest.mark.parametrize(
    ("words", "column", "value"),
    [
        ("set priority to high", "priority", "high"),
        ("set the priority to low", "priority", "low"),
        ("change the status to done", "status", "done"),
        ("set status to in progress", "status", "in_progress"),
        ("mark it as done", "status", "done"),
    ],
)
async def test_a_field_without_a_name_is_of_the_task_that_is_looked_at(
    desk: Desk, words: str, column: str, value: str
) -> None:
    await (await _over(desk, "task", NEWSLETTER)).say(words)

    assert (await desk.row("tasks", NEWSLETTER))[column] == value


async def test_a_due_date_without_a_name_is_of_the_task_that_is_looked_at(desk: Desk) -> None:
    turn = await (await _over(desk, "task", NEWSLETTER)).say("set the due date to today")

    assert (await desk.row("tasks", NEWSLETTER))["dueDate"] == round(desk.now.replace(hour=0).timestamp() * 1000)
    assert turn.tools == ["update_task"]


@pytest.mark.parametrize("words", ["set priority to high", "summarize this", "set the due date to Friday"])
async def test_without_a_window_it_asks_which_one_is_meant(stage: Stage, words: str) -> None:
    turn = await stage.say(words)

    assert turn.text == "I am not sure which one you mean. Please name it."


@pytest.mark.parametrize(
    ("noun", "title", "said"),
    [
        ("task", NEWSLETTER, "in progress"),
        ("project", "Driver app", "Delivery lists and signatures"),
        ("note", "Ideas", "rejected logos"),
        ("timeline", "Go-live", "in Online shop relaunch"),
        ("client", "Casa Verde", "Real estate"),
    ],
)
@pytest.mark.parametrize("words", ["what is this?", "summarize this", "describe it", "what's this about?"])
async def test_this_is_the_row_that_is_looked_at(library: Desk, noun: str, title: str, said: str, words: str) -> None:
    turn = await (await _over(library, noun, title)).say(words)

    assert f"**{title}**" in turn.text
    assert said in turn.text


async def test_a_task_beyond_the_end_of_a_list_is_still_found(desk: Desk) -> None:
    for number in range(90):
        await desk.use("create_task", {"title": f"Bulk {number}", "status": "done"})
    await desk.use("create_task", {"title": "The last one", "status": "todo"})

    turn = await (await _over(desk, "task", "The last one")).say("what is this?")

    assert turn.text.startswith("**The last one**: to do")


async def test_a_task_that_cannot_be_looked_up_is_not_said_to_be_gone(desk: Desk) -> None:
    for number in range(120):
        await desk.use("create_task", {"title": f"Bulk {number}", "status": "todo"})
    stage = await _over(desk, "task", "Bulk 119")

    turn = await stage.say("postpone this by 2 days")

    assert "more tasks than I can look through" in turn.text
    assert "update_task" not in turn.tools
