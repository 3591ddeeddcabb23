"""When two memories say one thing."""

import pytest

from app.memory.records import Tier
from app.memory.sayings import Saying


def _saying(text: str, key: str = "") -> Saying:
    tier: Tier = "core" if key else "associative"
    return Saying(tier, key, text)


@pytest.mark.parametrize(
    ("core", "piece"),
    [
        (("home", "Rome"), "I live in Rome."),
        (("project code name", "Bluebird"), "The project code name is Bluebird."),
        (("answers", "short"), "I prefer short answers."),
    ],
)
def test_a_core_memory_and_a_sentence_say_one_thing_in_two_shapes(core: tuple[str, str], piece: str) -> None:
    by_key = _saying(core[1], core[0])
    assert by_key.is_same_as(_saying(piece))
    assert _saying(piece).is_same_as(by_key)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann reports to Bob.", "Bob reports to Ann."),
        ("Ann was my manager.", "Ann is my manager."),
        ("The launch moved from Monday to Friday.", "The launch moved from Friday to Monday."),
        ("I like fish.", "I don't like fish."),
        ("I write C++.", "I write C#."),
        ("It costs $50.", "It costs 50%."),
    ],
)
def test_the_same_words_in_another_order_or_time_say_something_else(one: str, other: str) -> None:
    assert not _saying(one).is_same_as(_saying(other))
    assert _saying(one).is_same_as(_saying(one.lower().rstrip(".")))


@pytest.mark.parametrize(
    ("core", "piece"),
    [
        (("dream car", "Tesla"), "I have a Tesla."),
        (("favorite city", "Rome"), "I am from Rome."),
        (("dog", "Rex"), "Her dog is Rex."),
        (("mood", "🙂"), "🙃"),
    ],
)
def test_a_value_alone_is_not_what_a_core_memory_says(core: tuple[str, str], piece: str) -> None:
    assert not _saying(core[1], core[0]).is_same_as(_saying(piece))
