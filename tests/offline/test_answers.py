"""How lists read to somebody whose client draws no components."""

import json
import re
from datetime import datetime

import pytest

from app.offline.answering.prose import prose
from app.offline.reading import read
from tests.offline.desk import ZONE, Desk
from tests.offline.stage import Stage

NOW = datetime(2026, 11, 21, 12, tzinfo=ZONE)


async def test_many_tasks_are_told_by_when_they_are_due_and_ten_of_them_by_name(stage: Stage) -> None:
    turn = await stage.say("list my tasks")

    text, tag = turn.text.split("\n\n<task>")
    assert re.findall(r"^- (.+? \(\d+\))", text, re.MULTILINE) == [
        *("Overdue (2)", "Today (5)", "Later (21)", "No date (1)", "Done (11)"),
    ]
    assert len(re.findall(r"\*\*", text)) == 20
    assert "and 18 more" in text
    assert tag.count(",") == 39


async def test_open_tasks_come_first_and_by_due_date(stage: Stage, desk: Desk) -> None:
    turn = await stage.say("list the tasks in Driver app")

    rows = {row["id"]: row for row in await desk.rows("tasks")}
    found = re.search(r"<task>\[(.*)\]</task>", turn.text)
    assert found is not None
    told = [(rows[each]["status"] == "done", rows[each]["dueDate"]) for each in found[1].split(",")]
    still_open = [due for is_done, due in told if not is_done]
    assert still_open == sorted(still_open)
    assert [is_done for is_done, _ in told] == sorted(is_done for is_done, _ in told)


async def test_a_few_tasks_are_a_short_line_each(stage: Stage) -> None:
    turn = await stage.say("what's due tomorrow?")

    assert "- **Draft the newsletter**: in progress, due tomorrow 14:00\n" in turn.text


@pytest.mark.parametrize("words", ["what's due today?", "how many tasks are due today?"])
async def test_what_is_done_is_not_due_any_more(stage: Stage, words: str) -> None:
    turn = await stage.say(words)

    assert turn.text.startswith("You have 5 tasks due today")
    assert "1 more is done already: “Book the photographer”." in turn.text
    assert "**Book the photographer**" not in turn.text


async def test_what_was_due_earlier_today_is_not_overdue(stage: Stage) -> None:
    today = (await stage.say("what's due today?")).text
    overdue = (await stage.say("what is overdue?")).text

    assert "due today 09:00" in today
    assert "was due today" not in today
    assert "today" not in overdue


async def test_a_count_reads_as_a_sentence(stage: Stage) -> None:
    turn = await stage.say("high priority tasks due tomorrow")

    assert turn.text == "You have no high-priority tasks due tomorrow."


async def test_charts_have_labels_for_people(stage: Stage) -> None:
    turn = await stage.say("show my tasks by status as a chart")

    found = re.search(r"<chart>(.*)</chart>", turn.text)
    assert found is not None
    assert [each["status"] for each in json.loads(found[1])["data"]] == ["To do", "In progress", "Done"]


async def test_the_second_one_is_the_second_name_of_a_grouped_list(stage: Stage, desk: Desk) -> None:
    await stage.say("list my tasks")

    await stage.say("mark the second one as done")

    assert (await desk.row("tasks", "Fix the signature on small screens"))["status"] == "done"


async def test_two_days_are_one_list(stage: Stage) -> None:
    turn = await stage.say("what's due today and tomorrow?")

    assert turn.text.startswith("You have 8 tasks due today and tomorrow:")


async def test_several_kinds_of_row_are_all_told(stage: Stage) -> None:
    turn = await stage.say("list my tasks, projects and notes")

    assert re.findall(r"You have (\d+ \w+)", turn.text) == ["40 tasks", "5 projects", "9 notes"]


async def test_here_is_the_project_that_is_looked_at(desk: Desk) -> None:
    row = await desk.row("projects", "Driver app")

    turn = await Stage(desk, looking_at=f"project {row['id']}").say("how many tasks are open here?")

    assert turn.text == "You have 7 open tasks."


async def test_what_was_finished_is_told_by_when_it_was_due_and_says_so(stage: Stage) -> None:
    turn = await stage.say("what did I do yesterday?")

    assert turn.text.startswith("You have 1 “done” task due yesterday:\n\n- **Back up the file server**")
    assert "went by when it was due" in turn.text


@pytest.mark.parametrize(
    "words", ["open tasks by project", "open tasks assigned to Ben", "start tasks", "plan tasks today"]
)
def test_words_that_list_tasks_create_none(words: str) -> None:
    assert "create" not in [wish.verb for wish in read(words, NOW).wishes]


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("lsit my tasks", "list my tasks"),
        ("list my taks", "list my tasks"),
        ("whats due tmrw", "what's due tomorrow"),
        ("show overdu tasks", "show overdue tasks"),
        ("list high prio tasks", "list high priority tasks"),
        ("which project has the most open tasks?", "open tasks by project"),
        ("what is Ben working on?", "open tasks assigned to Ben"),
        ("when is the next milestone?", "upcoming milestones"),
        ("hide done tasks", "open tasks"),
        ("list all tasks including done", "list all tasks"),
        ("sort my tasks by priority", "list tasks sorted by priority"),
        ("anything urgent?", "open high priority tasks"),
        ("plan my day", "what's on my agenda today?"),
    ],
)
def test_everyday_words_and_slips_mean_the_plain_request(slip: str, meant: str) -> None:
    assert read(slip, NOW) == read(meant, NOW)


@pytest.mark.parametrize("words", ["find tasks about nodes", "find notes about creatures", "create a task Buy a lists"])
def test_words_that_are_right_are_not_corrected(words: str) -> None:
    (wish,) = read(words, NOW).wishes

    assert words.rpartition(" ")[2] in wish.text("search") + wish.text("title")


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("# Deployment checklist\n\n1. Tell the client\n2. Back up", "Tell the client; Back up"),
        ("```sh\ndocker build .\n```\nThen **wait**.", "docker build . Then wait."),
        ("- [x] See [the shop](http://x.example)\n> quoted `code`", "See the shop; quoted code"),
        ("| a | b |\n|---|---|\n| 1 | snake_case |", "a b; 1 snake_case"),
        ("", ""),
    ],
)
def test_an_excerpt_is_plain_text(markdown: str, text: str) -> None:
    assert prose(markdown, "Deployment checklist") == text


def test_a_long_excerpt_ends_with_a_whole_word() -> None:
    assert prose("word " * 100).endswith("word…")
    assert len(prose("word " * 100)) <= 121
