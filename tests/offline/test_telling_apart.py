"""Places, people and conditions of one question are told apart, and counted as the rows are."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from app.offline.reading import read
from tests.offline.desk import ZONE, Desk
from tests.offline.stage import Stage


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("how many tasks in Driver app are done?", "You have 2 “done” tasks in Driver app."),
        ("how many tasks are done in Driver app?", "You have 2 “done” tasks in Driver app."),
        ("how many tasks in Driver app do I have?", "You have 9 tasks in Driver app."),
        ("how many tasks does the Driver app project have?", "You have 9 tasks in Driver app."),
        ("show notes for project Online shop relaunch", "You have 3 notes in Online shop relaunch:"),
        ("list notes for the project Driver app", "You have 2 notes in Driver app:"),
        ("notes of project Driver app", "You have 2 notes in Driver app:"),
        ("tasks assigned to Ben in Driver app", "You have 4 tasks assigned to Ben in Driver app:"),
        ("tasks in Driver app assigned to Ben", "You have 4 tasks assigned to Ben in Driver app:"),
        ("show Ben's tasks in Driver app", "You have 4 tasks assigned to Ben in Driver app:"),
        ("how many tasks does Ben have in Driver app?", "You have 4 tasks assigned to Ben in Driver app."),
        ("which projects belong to Northwind Coffee?", "You have 2 projects for Northwind Coffee:"),
        ("show unassigned tasks", "You have 5 tasks that nobody is assigned to:"),
        ("tasks with no assignee", "You have 5 tasks that nobody is assigned to:"),
        ("tasks without a project", "You have 2 tasks without a project:"),
        ("which tasks have no project?", "You have 2 tasks without a project:"),
        ("show all projects including archived", "You have 6 projects:"),
        ("list projects with archived ones", "You have 6 projects:"),
        ("milestones for Northwind Coffee", "You have 4 milestones for Northwind Coffee:"),
        ("how many tasks for client Northwind Coffee?", "You have 17 tasks for Northwind Coffee."),
        ("which tasks is Ben assigned to?", "You have 15 tasks assigned to Ben,"),
        ("how many of Ben's tasks are done?", "You have 5 “done” tasks assigned to Ben."),
        ("tasks for Ben in Driver app", "You have 4 tasks assigned to Ben in Driver app:"),
        ("how many tasks are due after today?", "You have 21 tasks due after today."),
        ("find Carla's tasks about newsletter", "You have 1 task assigned to Carla matching “newsletter”:"),
        ("which tasks mention payment?", "You have 1 task matching “payment”:"),
        (
            "find tasks about payment in Online shop relaunch",
            "You have 1 task in Online shop relaunch matching “payment”:",
        ),
    ],
)
async def test_a_question_with_two_conditions_is_counted_right(library: Desk, words: str, said: str) -> None:
    turn = await Stage(library).say(words)

    assert turn.text.startswith(said)


async def test_tasks_of_a_client_are_those_of_its_projects(library: Desk) -> None:
    client = next(row for row in await library.rows("clients") if row["name"] == "Northwind Coffee")
    projects = await library.rows("projects", clientId=client["id"], includeArchived=True)
    tasks = [row for each in projects for row in await library.rows("tasks", projectId=each["id"])]

    turn = await Stage(library).say("tasks for Northwind Coffee")

    assert len(tasks) == 17
    assert all(row["id"] in turn.text for row in tasks)


async def test_tasks_of_any_of_two_people_are_listed(library: Desk) -> None:
    rows = await library.rows("tasks")
    of_both = [row for row in rows if {"Ben", "Ana"} & set(_people(row))]

    turn = await Stage(library).say("how many tasks are assigned to Ben or Ana?")

    assert turn.text == f"You have {len(of_both)} tasks assigned to Ben or Ana."


def _people(row: dict[str, Any]) -> list[str]:
    return [each.strip(' "') for each in (row.get("assignee") or "").strip("[]").split(",")]


@pytest.mark.parametrize(
    ("words", "first", "last"),
    [
        ("tasks due between Monday and Wednesday", date(2026, 11, 30), date(2026, 12, 2)),
        ("tasks due from Friday to Sunday", date(2026, 11, 27), date(2026, 11, 29)),
        ("milestones between 1 December and 24 December", date(2026, 12, 1), date(2026, 12, 24)),
        ("tasks due after Wednesday and before Friday", date(2026, 11, 26), date(2026, 11, 26)),
    ],
)
def test_days_between_two_are_a_list(words: str, first: date, last: date) -> None:
    (wish,) = read(words, datetime(2026, 11, 24, 12, tzinfo=ZONE)).wishes  # a Tuesday

    start, end = wish.number("from"), wish.number("to")
    assert start is not None
    assert end is not None
    assert datetime.fromtimestamp(start / 1000, ZONE) == datetime(first.year, first.month, first.day, tzinfo=ZONE)
    assert datetime.fromtimestamp((end + 1) / 1000, ZONE).date() == last + timedelta(days=1)
    assert not wish.has("about")


@pytest.mark.parametrize(
    ("words", "unread"),
    [
        ("how many purple tasks do I have?", "purple"),
        ("list tasks in Atlantis", "Atlantis"),
        ("show my blocked tasks in Driver app", "blocked"),
        ("milestones for Atlantis", "Atlantis"),
        ("list projects for Atlantis", "Atlantis"),
        ("find Zora's tasks about payment", "Zora"),
    ],
)
async def test_words_that_nothing_answers_to_are_said_and_not_taken_for_nothing(
    library: Desk, words: str, unread: str
) -> None:
    turn = await Stage(library).say(words)

    assert "You have no" not in turn.text
    assert unread in turn.text


async def test_what_can_be_asked_is_told_with_what_was_not_understood(library: Desk) -> None:
    turn = await Stage(library).say("how many purple tasks do I have?")

    assert turn.text.startswith(
        "I did not understand “purple” in that. I know no project, client or person of that name, "
        "and found no tasks with these words.\n\nI can list tasks by status, priority, due date, person"
    )


async def test_a_word_that_names_several_projects_is_asked_about(stage: Stage, desk: Desk) -> None:
    for name in ("Harbour north", "Harbour south"):
        await desk.use("create_project", {"name": name})

    turn = await stage.say("list tasks in Harbour")

    assert turn.text.startswith(
        "Several projects match “Harbour”. Please ask again for “Harbour north” or “Harbour south”."
    )
