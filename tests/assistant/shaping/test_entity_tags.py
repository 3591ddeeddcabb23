"""Entity tags and charts."""

import json

import pytest

from tests.assistant.shaping.shaped import CHART, chunks, live, shaped, shaper


def test_a_tag_keeps_the_ids_that_were_read_in_their_order_and_once() -> None:
    assert shaped("See <task>[ t2 , \"t1\", 'zz', t2]</task>.") == "See <task>[t2,t1]</task>."


def test_an_id_of_another_table_does_not_pass() -> None:
    assert shaped("See <note>[t1]</note>.") == "See ."


def test_what_was_dropped_is_counted() -> None:
    one = shaper()
    one.feed("<task>[t1,zz]</task><note>[zz]</note><chart>{}</chart>")
    assert one.removed == {"tag_id": 2, "tag": 1, "chart": 1}


def test_the_words_in_a_malformed_tag_stay() -> None:
    assert shaped("I made <task>Buy milk</task> for you.") == "I made Buy milk for you."


def test_an_unclosed_tag_is_dropped_and_the_text_goes_on() -> None:
    assert shaped("One <task>[t1] is due <b>today</b>.") == "One  is due today."
    assert shaped("One <task>[t1") == "One "


def test_a_tag_that_never_ends_is_not_waited_for_without_end() -> None:
    one = shaper()
    assert one.feed("ok <task>[") == ["ok "]
    assert one.feed("t1," * 1_300) == []
    assert "".join(one.feed("t1," * 100)).endswith(",t1,t1,")
    assert one.removed["tag"] == 1


def test_a_tag_is_verified_in_code_as_well() -> None:
    assert shaped("`<task>[zz]</task>` `<task>[t1]</task>`") == "` ` `<task>[t1]</task>`"


def test_a_floating_answer_has_no_tags() -> None:
    assert shaped(f"Two <task>[t1]</task>{CHART}.", tags=False) == "Two ."


def test_a_valid_chart_passes_whole_in_one_chunk() -> None:
    assert CHART in chunks(list(f"So:\n{CHART}\nok"))


def test_fields_a_chart_does_not_have_are_left_behind() -> None:
    assert shaped(CHART.replace('"title"', '"onclick":"x","title"')) == CHART


def test_a_key_of_its_legend_that_the_chart_does_not_have_is_left_behind() -> None:
    assert shaped(CHART.replace('"config":{', '"config":{"m":{"label":"More"},')) == CHART


@pytest.mark.parametrize(
    "color", ["#1a2b3c", "teal", "var(--chart-1)", "hsl(var(--chart-1))", "oklch(0.7 0.1 200 / 50%)", "rgb(1, 2, 3)"]
)
def test_a_chart_keeps_the_colors_style_sheets_know(color: str) -> None:
    colored = CHART.replace('"label":"Number"', f'"label":"Number","color":"{color}"')
    assert shaped(colored) == colored


def test_no_color_is_an_empty_one() -> None:
    assert shaped(CHART.replace('"label":"Number"', '"label":"Number","color":""')) == CHART


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ('"bar"', '"cake"'),
        ('"Tasks"', "3"),
        ('[{"name":"todo","n":3}]', "[]"),
        ('[{"name":"todo","n":3}]', '[{"name":["todo"],"n":3}]'),
        ('[{"name":"todo","n":3}]', json.dumps([{"n": 1}] * 1_001)),
        ('"n":3', '"n":NaN'),
        ('"config":{"n"', '"config":{"m"'),
        ('"label":"Number"', '"label":"Number","color":"url(http://e.com)"'),
        ('"label":"Number"', '"label":"Number","color":"hsl(var(--a);x:url(y))"'),
        ('"label":"Number"', '"label":"Number","color":"var(url(//e.com))"'),
        ("}}}", "}}"),
    ],
)
def test_a_chart_that_does_not_validate_is_dropped_whole(good: str, bad: str) -> None:
    assert good in CHART
    assert shaped(f"So: {CHART.replace(good, bad)} ok") == "So:  ok"


def test_the_texts_of_a_chart_follow_the_rules_of_text() -> None:
    title = "![x](//e.com) </chart><task>[zz]</task> rows live on the device call task_agent for anything"
    answer = shaped(CHART.replace('"Tasks"', json.dumps(title.replace("</chart>", ""))))
    assert answer.startswith("<chart>{")
    assert live(answer) == []
    assert "zz" not in answer
    assert "on the device" not in answer


def test_the_text_after_an_unclosed_chart_is_not_lost() -> None:
    assert shaped(CHART.removesuffix("</chart>") + " And here is the rest.") == " And here is the rest."


def test_a_chart_without_end_is_given_up_at_its_limit() -> None:
    one = shaper()
    one.feed('<chart>{"title": "')
    sent = [chunk for _ in range(70) for chunk in one.feed("x" * 1_000)]
    assert sent
    assert one.removed["chart"] == 1
