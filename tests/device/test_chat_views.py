"""What an answer is made of, as the terminal shows it."""

from collections.abc import Callable
from datetime import date, datetime
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from device import Database, Mutation
from device.chat.changes import line_of
from device.chat.charts import drawn
from device.chat.days import in_words, is_past
from device.chat.entities import Entities
from device.chat.markdown import Markdown
from device.chat.screen import Screen, harmless
from device.chat.tags import Chart, pieces
from device.chat.tags import Entities as EntityTag
from tests.device.talks import fill

ROME = ZoneInfo("Europe/Rome")
NOON = int(datetime(2026, 3, 28, 12, tzinfo=ROME).timestamp() * 1000)  # the night after, clocks go forward
DAY = 24 * 3600 * 1000


@pytest.fixture
def draw() -> Callable[..., list[str]]:
    def draw(kind: str, data: Any, config: Any = None, width: int = 40, **more: Any) -> list[str]:
        return [line.strip() for line in drawn({"chartType": kind, "data": data, "config": config, **more}, width)]

    return draw


def test_tags_are_found_among_text_and_broken_ones_are_left_as_text_or_out() -> None:
    assert list(pieces("Two: <task>[a, b]</task>, see <client>[c]</client>.")) == [
        "Two: ",
        EntityTag("task", ("a", "b")),
        ", see ",
        EntityTag("client", ("c",)),
        ".",
    ]
    assert list(pieces('<chart>{"a": "<task>[x]</task>"}</chart>')) == [Chart({"a": "<task>[x]</task>"})]
    assert list(pieces("<task>[a]</note> 1 < 2 <chart>{</chart><chart>[1]</chart>")) == ["<task>[a]</note> 1 < 2 "]


def test_bars_are_as_long_as_their_numbers(draw: Callable[..., list[str]]) -> None:
    data = [{"status": "todo", "n": 8}, {"status": "done", "n": 4}, {"status": "none", "n": 0}]
    config = {"n": {"label": "Tasks"}, "todo": {"label": "To do"}}
    full, half, nothing = draw("bar", data, config)
    assert full.startswith("To do █")
    assert full.endswith("█ 8")
    assert full.count("█") == 2 * half.count("█")
    assert nothing == "none   0"
    assert len(full) <= 40 - 2


def test_pies_tell_the_share(draw: Callable[..., list[str]]) -> None:
    for kind in ("pie", "radial"):
        lines = draw(kind, [{"name": "a", "value": 3, "fill": "red"}, {"fill": "blue", "name": "b", "value": 1}])
        assert [line.split()[2:] for line in lines] == [["3", "75", "%"], ["1", "25", "%"]]
        assert [line[0] for line in lines] == ["a", "b"]


def test_lines_rise_and_fall_and_say_from_where_to_where(draw: Callable[..., list[str]]) -> None:
    data = [{"day": day, "n": n} for day, n in zip(("Mon", "Tue", "Wed", "Thu"), (0, 7, 3, 1.5), strict=True)]
    for kind in ("line", "area"):
        assert draw(kind, data, {"n": {"label": "Done"}}) == ["▁█▄▃", "Done: Mon 0 → Thu 1.50 (least 0, most 7)"]
    (curve, _) = draw("line", [{"x": str(n), "y": n} for n in range(500)], width=42)
    assert len(curve) == 40


def test_several_series_are_drawn_one_after_the_other(draw: Callable[..., list[str]]) -> None:
    data = [{"axis": "speed", "us": 1, "them": 2, "secret": 3}]
    lines = draw("radar", data, {"us": {"label": "We"}, "them": {}}, title="Both\nof us")
    assert [lines[0], lines[1], lines[3]] == ["Both of us", "We", "them"]
    assert len(lines) == 5


@pytest.mark.parametrize("data", [None, 7, [], [1], [{}], [{"a": "b"}], [{"a": True}], [{"a": float("nan")}]])
def test_a_chart_without_numbers_is_not_drawn(draw: Callable[..., list[str]], data: Any) -> None:
    assert draw("bar", data, {"a": 7}, title="T") == []


def test_numbers_of_any_kind_are_drawn(draw: Callable[..., list[str]]) -> None:
    assert draw("bar", [{"year": 2025, "n": -5}, {"year": 2026}], {"n": {}})[0].startswith("2025 ")
    assert draw("nonsense", [{"x": "a", "n": 1234567.5}])[0].endswith(" 1,234,567.50")
    assert draw("line", [{"x": "a", "n": 4}])[0] == "▁"


def test_days_are_near_or_have_a_date() -> None:
    today = date(2026, 3, 28)
    told = {-1: "yesterday", 0: "today", 1: "tomorrow", 2: "Mon 30 Mar", -90: "Sun 28 Dec 2025"}
    assert {days: in_words(NOON + days * DAY, today, ROME) for days in told} == told
    assert [in_words(ms, today, ROME) for ms in (None, 8_640_000_000_000_000)] == ["", ""]
    assert [is_past(NOON + days * DAY, today, ROME) for days in (-1, 0, 1)] == [True, False, False]


async def test_rows_are_read_from_the_devices_own_tables(tmp_path: Path) -> None:
    await fill(tmp_path, "clients", id="c", name="Casa Verde", industry="Real estate")
    await fill(tmp_path, "projects", id="p", name="Brand refresh", clientId="c")
    await fill(tmp_path, "tasks", id="t", title="Logo\ndrafts", dueDate=NOON - DAY, status="done")
    await fill(tmp_path, "tasks", id="u", title="Colours", dueDate=NOON - DAY, priority="high")
    await fill(tmp_path, "timelines", id="m", projectId="p", title="Workshop", date=NOON + DAY)
    await fill(tmp_path, "notes", id="n", title="Must stay")
    entities = Entities(Database(tmp_path), ROME, lambda: NOON)
    assert entities.lines("task", ["t", "u", "gone"], 80) == [
        "  Logo drafts  done   medium  due yesterday",
        "  Colours      to do  high    due yesterday, overdue",
        "  (1 task is not on this device any more)",
    ]
    assert entities.lines("project", ["p"], 80) == ["  Brand refresh  active  Casa Verde"]
    assert entities.lines("timeline", ["m"], 80) == ["  Workshop  tomorrow"]
    assert entities.lines("client", ["c", "x", "y"], 80)[1:] == ["  (2 clients are not on this device any more)"]
    assert entities.lines("note", ["n"], 80)[0].startswith("  Must stay  changed ")
    assert max(map(len, entities.lines("task", ["t", "u"], 40))) <= 40


async def test_changes_are_told_with_the_name_the_row_has(tmp_path: Path) -> None:
    await fill(tmp_path, "tasks", id="t", title="Buy oat milk")
    entities = Entities(Database(tmp_path), ROME, lambda: NOON)
    assert [
        line_of(Mutation(*each), entities)
        for each in (
            ("insert", "tasks", "t", {"title": "Buy milk"}),
            ("update", "tasks", "t", {}),
            ("delete", "taskComments", "k", {"content": "x" * 100}),
            ("delete", "notes", "0123456789", {}),
            ("invent", "dreams", "d", {}),
        )
    ] == [
        "✓ created task “Buy oat milk”",
        "✓ changed task “Buy oat milk”",
        f"✓ deleted task comment “{'x' * 59}…”",
        "✓ deleted note 01234567",
        "✓ invent dreams d",
    ]


def _shown(*chunks: str, styled: bool = True) -> str:
    markdown = Markdown(Screen(StringIO(), StringIO(), styled=styled))
    text = "".join(map(markdown.feed, chunks)) + markdown.finish()
    for code, word in (("\x1b[0m\x1b[1m", "["), ("\x1b[0m\x1b[36m", "{"), ("\x1b[0m", "|")):
        text = text.replace(code, word)
    return text


def test_markdown_is_readable_in_a_terminal_however_it_is_cut() -> None:
    text = "# Title\n- **bold** and `code`\n* star\n2 * 3\n```py\na **b\n```\nopen **end\nnext"
    whole = "[Title|\n- [bold| and {code|\n* star\n2 * 3\n```py\na **b\n```\nopen [end|\nnext"
    assert _shown(text) == whole
    assert _shown(*text) == whole
    assert _shown(*text, styled=False) == text
    assert _shown("a **", "*") == "a [*|"


def test_only_what_moves_or_turns_the_text_is_harmful() -> None:
    assert harmless("naïve 👩‍💻 日本\n\tתודה") == "naïve 👩‍💻 日本\n\tתודה"
    assert harmless("a\x1b[2J\r\x00\x9b\u202eb\r\nc") == "a·[2J····b\nc"
