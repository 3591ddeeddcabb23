import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.threads.tokens import PER_MESSAGE, cut, of_text, tokens

quick = settings(max_examples=100, deadline=None, database=None, derandomize=True)

# What tokenizers of current models make of these is known to lie between the two numbers.
KNOWN = [
    ("The quick brown fox jumps over the lazy dog.", 9, 12),
    ("你好，世界。今天天气很好，我们去公园散步吧。", 13, 24),
    ("Съешь же ещё этих мягких французских булок", 13, 28),
    ("🙂🙂🙂🙂", 4, 12),
    ("", 0, 0),
]


@pytest.mark.parametrize(("text", "least", "most"), KNOWN, ids=["English", "Chinese", "Russian", "emoji", "nothing"])
def test_the_estimate_holds_for_every_script(text: str, least: int, most: int) -> None:
    assert least <= of_text(text) <= most


def test_tool_calls_count() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "list_tasks", "arguments": '{"status": "todo"}'}}
    plain = {"role": "assistant", "content": "Let me see."}
    assert tokens([plain | {"tool_calls": [call]}]) > tokens([plain]) + 15
    assert tokens([{"role": "assistant", "content": None, "tool_calls": []}]) == PER_MESSAGE
    assert tokens([{"role": "user", "content": [{"type": "text", "text": "x" * 400}]}]) > 100


@quick
@given(st.text(), st.text())
def test_more_text_is_never_fewer_tokens(one: str, other: str) -> None:
    assert max(of_text(one), of_text(other)) <= of_text(one + other) <= of_text(one) + of_text(other) + 1


@quick
@given(st.text() | st.text("ab cd漢", max_size=600), st.integers(0, 100))
def test_a_cut_text_fits_and_is_the_beginning(text: str, most: int) -> None:
    kept = cut(text, most)
    assert of_text(kept) <= most
    assert kept == text or kept == "" or text.startswith(kept.removesuffix(" […]"))


def test_a_text_is_cut_between_words_and_as_little_as_possible() -> None:
    text = "twelve little words stand here, and the last of them goes " * 3
    kept = cut(text, 30)
    assert kept.endswith(" […]")
    assert text[len(kept.removesuffix(" […]"))] == " "
    assert of_text(kept) > 25
