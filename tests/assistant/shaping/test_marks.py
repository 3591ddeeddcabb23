"""The marks of data blocks, which a model is given and nobody is to see; and answers of which nothing is left."""

import pytest

from tests.assistant.shaping.shaped import CHART, SECRET, chunks, live, shaped, shaper

MARK = "data-7b417eef"


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        (f'a <{MARK} kind="x">\nAda\n</{MARK}> b', "a \nAda\n b"),
        (f"a <{MARK.upper()}> b", "a  b"),
        (f'a <{MARK} kind="x', "a "),
        (f"a </{MARK}", "a "),
        (f"a <{MARK}\nb", "a \nb"),
        (f"a <{MARK}-and-more {'b ' * 200}", f"a -and-more {'b ' * 200}"),
        (f"`<{MARK}>` \\<{MARK}>.", "` ` \\ ."),
        (f"```\n<{MARK} kind='x'>\nAda\n</{MARK}>\n```\n", "```\n\nAda\n\n```\n"),
        (f"[x](<{MARK}>) [y](<{MARK} kind=>)", "x y"),
        ("<data-7b4> <data-table> a<data", "\\<data-7b4> \\<data-table> a\\<data"),
    ],
)
def test_a_mark_is_dropped_wherever_it_stands(written: str, sent: str) -> None:
    assert shaped(written) == sent
    assert live(sent) == []
    assert all("".join(chunks([written[:at], written[at:]])) == sent for at in range(len(written)))


def test_a_mark_is_counted() -> None:
    one = shaper()
    one.feed(f'<{MARK} kind="x">Ada</{MARK}>')
    assert one.removed == {"tag": 2}


def test_a_mark_is_not_waited_for_without_end() -> None:
    one = shaper()
    assert one.feed(f"<{MARK} " + "x" * 250) == []
    assert "".join(one.feed("x" * 20)) == " " + "x" * 270


@pytest.mark.parametrize("text", [f"<!-- {SECRET} -->", "<task>[zz]</task>.", "**<img src=x>**\n\n", SECRET])
def test_a_shaper_tells_when_nothing_is_left_of_an_answer(text: str) -> None:
    one = shaper()
    one.feed(text)
    one.end()
    assert one.has_removed_all


@pytest.mark.parametrize(
    "text", ["", "\n", "...", "Ok <b></b>", "👍<b></b>", "<task>[t1,zz]</task>", f"<b></b>{CHART}"]
)
def test_an_answer_that_says_something_or_was_empty_is_not_one_of_which_nothing_is_left(text: str) -> None:
    one = shaper()
    one.feed(text)
    one.end()
    assert not one.has_removed_all


def test_a_chart_that_is_waited_for_ends_with_its_message() -> None:
    one = shaper()
    one.feed('<chart>{"title":')
    one.feed(' "a"')
    assert one.end_message() == []
    assert one.feed(CHART) == [CHART]
