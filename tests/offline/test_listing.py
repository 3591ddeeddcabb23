"""Questions for rows, over the sample data. A case: the words, the tool that is used last, and what the answer says."""

import json
import re
from datetime import timedelta

import pytest

from tests.offline.desk import Desk
from tests.offline.stage import Stage

TASKS, TODAY, PROJECTS, ALL, MILESTONES = (
    *("list_tasks", "list_tasks_due_today", "list_projects", "list_all_projects", "list_timelines"),
)
NOTES, SEARCH, CLIENTS = "list_notes", "search_notes", "list_clients"
CASES = (
    ("list my tasks", TASKS, "40 tasks, 29 open and 11 done:"),
    ("show all tasks", TASKS, "40 tasks, 29 open and 11 done:"),
    ("Please show me my tasks.", TASKS, "40 tasks, 29 open and 11 done:"),
    ("can you list all of my tasks?", TASKS, "40 tasks, 29 open and 11 done:"),
    ("give me an overview of my tasks", TASKS, "40 tasks, 29 open and 11 done:"),
    ("what are my tasks?", TASKS, "40 tasks, 29 open and 11 done:"),
    ("tasks", TASKS, "40 tasks, 29 open and 11 done:"),
    ("my to-do list", TASKS, "40 tasks, 29 open and 11 done:"),
    ("tasks in progress", TASKS, "8 “in progress” tasks:"),
    ("which tasks are in progress?", TASKS, "8 “in progress” tasks:"),
    ("show me the tasks that are done", TASKS, "11 “done” tasks:"),
    ("completed tasks", TASKS, "11 “done” tasks:"),
    ("list open tasks", TASKS, "29 open tasks:"),
    ("show unfinished tasks", TASKS, "29 open tasks:"),
    ("what should I work on?", TASKS, "29 open tasks:"),
    ("list in progress and todo tasks", TASKS, "29 open tasks:"),
    ("what did I finish?", TASKS, "11 “done” tasks:"),
    ("list urgent tasks", TASKS, "14 high-priority tasks, 10 open and 4 done:"),
    ("show high priority tasks", TASKS, "14 high-priority tasks, 10 open and 4 done:"),
    ("low or medium priority tasks", TASKS, "26 tasks with medium or low priority, 19 open and 7 done:"),
    ("list tasks in Driver app", TASKS, "9 tasks in Driver app:"),
    ("show the tasks of the Driver app project", TASKS, "9 tasks in Driver app:"),
    ("tasks for project driver app", TASKS, "9 tasks in Driver app:"),
    ("Driver app tasks", TASKS, "9 tasks in Driver app:"),
    ("what's left to do in the Driver app project?", TASKS, "7 open tasks in Driver app:"),
    ("show high-priority todo tasks in Driver app", TASKS, "2 “to do” high-priority tasks in Driver app:"),
    ("find tasks about the newsletter", TASKS, "1 task matching"),
    ("search tasks for newsletter", TASKS, "**Draft the newsletter**"),
    ("tasks containing logo", TASKS, "**Send the three logo drafts**"),
    ("show tasks assigned to Carla", TASKS, "14 tasks assigned to Carla, 10 open and 4 done:"),
    ("Ana's tasks", TASKS, "11 tasks assigned to Ana, 8 open and 3 done:"),
    ("tasks for Ben", TASKS, "15 tasks assigned to Ben, 10 open and 5 done:"),
    ("what tasks does Ben have?", TASKS, "15 tasks assigned to Ben, 10 open and 5 done:"),
    ("what's due today?", TODAY, "5 tasks due today:"),
    ("What is due today", TODAY, "5 tasks due today:"),
    ("tasks due today", TODAY, "5 tasks due today:"),
    ("do I have anything due today?", TODAY, "5 tasks due today:"),
    ("what do I have to do today?", TODAY, "5 open tasks due today:"),
    ("anything due tomorrow?", TASKS, "3 tasks due tomorrow:"),
    ("what's due tomorrow?", TASKS, "3 tasks due tomorrow:"),
    ("list tasks due in the next 3 days", TASKS, "12 tasks due in the next 3 days:"),
    ("what is overdue?", TASKS, "overdue tasks:"),
    ("do I have any overdue tasks?", TASKS, "**Ask for app store accounts**"),
    ("show late tasks", TASKS, "overdue tasks:"),
    ("tasks without due date", TASKS, "**Read about accessibility rules**"),
    ("list tasks with no deadline", TASKS, "**Read about accessibility rules**"),
    ("how many tasks do I have?", TASKS, "You have 40 tasks."),
    ("how many todo tasks do I have?", TASKS, "You have 21 “to do” tasks."),
    ("how many tasks are done?", TASKS, "You have 11 “done” tasks."),
    ("count my open tasks", TASKS, "You have 29 open tasks."),
    ("how many open tasks are in Driver app?", TASKS, "You have 7 open tasks in Driver app."),
    ("how many tasks per project?", TASKS, "- Online shop relaunch: 10"),
    ("how many tasks by status?", TASKS, "- In progress: 8"),
    ("list my projects", PROJECTS, "5 projects:"),
    ("which projects do I have?", PROJECTS, "5 projects:"),
    ("show all projects", ALL, "6 projects:"),
    ("list archived projects", ALL, "**Warehouse signage**"),
    ("how many projects do I have?", PROJECTS, "You have 5 projects."),
    ("list projects for client Casa Verde", PROJECTS, "1 project for Casa Verde:"),
    ("projects of Northwind Coffee", PROJECTS, "2 projects for Northwind Coffee:"),
    ("show the milestones of Online shop relaunch", MILESTONES, "3 milestones in Online shop relaunch:"),
    ("what are the milestones of Driver app?", MILESTONES, "2 milestones in Driver app:"),
    ("upcoming milestones", MILESTONES, "8 milestones:"),
    ("list all timelines", MILESTONES, "8 milestones:"),
    ("show my notes", NOTES, "9 notes:"),
    ("how many notes are there?", NOTES, "You have 9 notes."),
    ("notes in project Online shop relaunch", NOTES, "3 notes in Online shop relaunch:"),
    ("find notes about deployment", SEARCH, "**Deployment checklist**"),
    ("search my notes for deployment", SEARCH, "**Deployment checklist**"),
    ("what do my notes say about drivers?", SEARCH, "**What drivers told us**"),
    ("do I have any notes about passwords?", SEARCH, "**Passwords and access**"),
    ("list clients", CLIENTS, "3 clients:"),
    ("show all my clients", CLIENTS, "**Müller & Söhne Logistik**"),
    ("who are my clients?", CLIENTS, "3 clients:"),
    ("how many customers do I have?", CLIENTS, "You have 3 clients."),
    ("tell me about project Driver app", "get_project", "Delivery lists and signatures"),
    ("what's the status of Draft the newsletter?", CLIENTS, "**Draft the newsletter**: in progress"),
    ("when is Go-live?", CLIENTS, "**Go-live**"),
    ("who is working on Draft the newsletter?", CLIENTS, "for Carla"),
    ("show the newsletter task", TASKS, "**Draft the newsletter**: in progress"),
    ("read the note Ideas", "get_note", "rejected logos"),
    ("what does the note Ideas say?", "get_note", "lunch talks"),
    ("show the comments on Deploy the shop to staging", "list_task_comments", "2 comments:"),
    ("are there any comments on Draft the newsletter?", "list_task_comments", "no comments"),
)


@pytest.mark.parametrize(("words", "tool", "said"), CASES, ids=[case[0] for case in CASES])
async def test_a_question_is_answered_from_the_rows(library: Desk, words: str, tool: str, said: str) -> None:
    turn = await Stage(library).say(words)

    assert said in turn.text
    assert turn.tools[-1] == tool


async def test_the_rows_of_an_answer_are_tagged_in_their_order(stage: Stage, desk: Desk) -> None:
    turn = await stage.say("milestones of Driver app")

    ids = [(await desk.row("timelines", title))["id"] for title in ("Pilot with four drivers", "Release 1.0")]
    assert turn.text.endswith(f"<timeline>[{','.join(ids)}]</timeline>")


@pytest.mark.parametrize(
    ("words", "kind", "first"),
    [
        ("show my tasks by status as a chart", "bar", {"status": "To do", "count": 21}),
        ("show me a pie chart of tasks by priority", "pie", {"priority": "High", "count": 14}),
        ("chart my tasks by project", "bar", {"project": "Online shop relaunch", "count": 10}),
        ("tasks in a chart", "bar", {"status": "To do", "count": 21}),
        ("clients by industry as a pie chart", "pie", {"industry": "Food and drink", "count": 1}),
    ],
)
async def test_a_chart_counts_the_rows(stage: Stage, words: str, kind: str, first: dict[str, object]) -> None:
    turn = await stage.say(words)

    found = re.search(r"<chart>(.*)</chart>", turn.text)
    assert found is not None
    chart = json.loads(found[1])
    assert (chart["chartType"], chart["data"][0]) == (kind, first)
    assert set(chart) == {"chartType", "title", "data", "config"}


async def test_a_line_chart_by_due_day_runs_through_the_days(stage: Stage, desk: Desk) -> None:
    turn = await stage.say("show open tasks due in the next 5 days by due day as a line chart")

    found = re.search(r"<chart>(.*)</chart>", turn.text)
    assert found is not None
    days = [each["day"] for each in json.loads(found[1])["data"]]
    assert days == [f"{desk.now + timedelta(days=count):%a %Y-%m-%d}" for count in range(6)]


async def test_an_agenda_asks_for_tasks_and_milestones_at_once(stage: Stage) -> None:
    turn = await stage.say("What's on my plate tomorrow?")

    assert turn.agents == ["task_agent", "timeline_agent"]
    assert "**Draft the newsletter**" in turn.text
    assert "**Staging complete**" in turn.text


async def test_where_a_list_was_cut_off_is_said(stage: Stage, desk: Desk) -> None:
    for number in range(80):
        await desk.use("create_task", {"title": f"Task {number}"})

    turn = await stage.say("list my tasks")

    assert "Only 100 of 120 were looked at." in turn.text
