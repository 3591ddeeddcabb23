import json
import re
from importlib.resources import files
from typing import Any

import pytest
from langchain_core.utils.function_calling import convert_to_openai_tool

import app.assistant.prompts
from app.assistant.prompts import PROMPTS, PromptName, prompt
from app.assistant.subagents import SUBAGENTS
from app.assistant.tools.declared import SubAgentSpec

# Names, parameters in order of meaning, and the defaults that stand for something.
CONTRACT: dict[str, dict[str, set[str]]] = {
    "task_agent": {
        "list_tasks": {"project_id", "status", "search", "order_by"},
        "create_task": {
            "title", "description", "status", "priority", "assignees", "due_date", "project_id", "is_ai_suggested",
            "is_approved",
        },
        "update_task": {
            "task_id", "title", "description", "status", "priority", "assignees", "due_date", "project_id",
            "is_ai_suggested", "is_approved",
        },
        "delete_task": {"task_id"},
        "list_tasks_due_today": set(),
        "list_task_comments": {"task_id"},
        "add_task_comment": {"task_id", "author", "content"},
        "delete_task_comment": {"comment_id"},
    },
    "project_agent": {
        "list_projects": {"client_id", "include_archived"},
        "list_all_projects": set(),
        "get_project": {"project_id"},
        "create_project": {"name", "client_id"},
        "update_project": {"project_id", "name", "client_id", "status", "ai_summary"},
        "delete_project": {"project_id"},
    },
    "timeline_agent": {
        "list_timelines": {"project_id"},
        "create_timeline": {"project_id", "title", "date", "is_ai_suggested", "is_approved"},
        "update_timeline": {"timeline_id", "title", "date", "is_approved"},
        "delete_timeline": {"timeline_id"},
    },
    "note_agent": {
        "list_notes": {"project_id"},
        "get_note": {"note_id"},
        "create_note": {"title", "content", "project_id"},
        "update_note": {"note_id", "title", "content", "project_id"},
        "delete_note": {"note_id"},
        "search_notes": {"query", "limit"},
    },
    "client_agent": {
        "list_clients": {"search"},
        "get_client": {"client_id"},
        "create_client": {"name", "industry", "parent_id"},
        "update_client": {"client_id", "name", "industry", "parent_id"},
        "delete_client": {"client_id"},
    },
}  # fmt: skip
MOST_BYTES = {"task_agent": 2_800}  # of all schemas of an agent; they go into every request


def _schemas(spec: SubAgentSpec) -> list[dict[str, Any]]:
    return [convert_to_openai_tool(each.tool)["function"] for each in spec.tools]


@pytest.mark.parametrize("spec", SUBAGENTS, ids=lambda spec: spec.name)
def test_tools_and_their_parameters_are_those_of_the_contract(spec: SubAgentSpec) -> None:
    found = {each["name"]: set(each["parameters"]["properties"]) for each in _schemas(spec)}
    assert found == CONTRACT[spec.name]


@pytest.mark.parametrize("spec", SUBAGENTS, ids=lambda spec: spec.name)
def test_schemas_stay_small(spec: SubAgentSpec) -> None:
    assert len(json.dumps(_schemas(spec), separators=(",", ":"))) < MOST_BYTES.get(spec.name, 1_800)


def test_every_prompt_is_a_file_and_every_file_a_prompt() -> None:
    names = {
        each.name.removesuffix(".md") for each in files(app.assistant.prompts).iterdir() if each.name[-3:] == ".md"
    }
    assert names == set(PROMPTS)


@pytest.mark.parametrize("name", PROMPTS)
def test_prompts_are_short_whole_and_without_slots(name: PromptName) -> None:
    text = prompt(name)
    assert 100 < len(text) < 3_000
    assert not re.search(r"\{\w*\}|\{\{|\$\w|TODO", text)


@pytest.mark.parametrize("name", ["home", "floating", "tasks", "projects", "timelines", "notes", "clients"])
def test_agents_are_told_that_data_gives_no_orders(name: PromptName) -> None:
    assert "<data-" in prompt(name)
    assert "Error:" in prompt(name)


def test_the_rules_of_the_domain_stand_where_they_are_needed() -> None:
    assert all(word in prompt("tasks") for word in ("todo, in_progress, done", "high, medium, low", "is_ai_suggested"))
    assert "`get_note` before changing" in prompt("notes")
    assert "archiv" in prompt("projects")
    assert prompt("title").startswith("Write a title")
    for name in ("task", "project", "note", "timeline", "client"):
        assert f"`{name}`" in prompt("home") or f"<{name}>" in prompt("home")
    assert "<chart>" in prompt("home")
    assert "<chart>" not in prompt("floating")


def test_the_chart_in_the_prompt_is_one_that_clients_take() -> None:
    found = re.search(r"<chart>(.*?)</chart>", prompt("home"))
    assert found is not None
    chart = json.loads(found[1])
    assert (chart["chartType"], set(chart)) == ("bar", {"chartType", "title", "data", "config"})


@pytest.mark.parametrize(
    "said",
    [
        "I created the task “Buy milk”, due tomorrow, with high priority.",
        "You have 3 tasks: Buy milk, Call Anna and Write the report. One of them is due today.",
        "I could not find a note about that. Do you want me to create one?",
        "Your device is not connected, so I cannot look at your tasks right now.",
        "Which of the two projects do you mean: Website or Website relaunch?",
        "The task was not deleted because you rejected it.",
        "100 of 240 tasks are shown. The project has been archived, and its tasks are still there.",
        (
            '<chart>{"chartType": "bar", "title": "Tasks by status", "data": [{"name": "todo", "value": 3}, '
            '{"name": "done", "value": 4}], "config": {"value": {"label": "Tasks", "color": "#4f46e5"}}}</chart>'
        ),
    ],
)
def test_what_an_assistant_rightly_says_shares_no_six_words_with_a_prompt(said: str) -> None:
    spoken = _runs(said)
    assert all(not spoken & _runs(prompt(name)) for name in PROMPTS)


def _runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[place : place + 6]) for place in range(len(words) - 5)}
