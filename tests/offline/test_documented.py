"""docs/offline.md says what is understood; this holds it to its word."""

import re
from datetime import datetime
from pathlib import Path

import pytest

from app.offline.reading import read
from tests.offline.desk import ZONE

DOCUMENT = Path(__file__).parents[2] / "docs" / "offline.md"
ROWS = re.findall(r"^\| (?!say |---)([^|]+?) \| ([a-z, ]+) \|$", DOCUMENT.read_text(), re.MULTILINE)
PLACES = re.findall(r"^\| … ([^|]+) \| ([^|]+) \| ([^|]+) \|$", DOCUMENT.read_text(), re.MULTILINE)
NOW = datetime(2026, 11, 21, 12, tzinfo=ZONE)


def test_the_document_has_its_table() -> None:
    assert len(ROWS) >= 40
    assert len(PLACES) == 5


@pytest.mark.parametrize(("words", "key", "value"), PLACES)
def test_what_is_to_be_remembered_goes_where_the_document_says(words: str, key: str, value: str) -> None:
    (wish,) = read(f"Remember that {words}", NOW).wishes

    kept = f"{words[:1].upper()}{words[1:]}." if value == "the sentence" else value
    assert (wish.text("key"), wish.text("content")) == (key, kept)


@pytest.mark.parametrize(("words", "meaning"), ROWS)
def test_what_the_document_says_is_understood(words: str, meaning: str) -> None:
    assert ", ".join(f"{wish.verb} {wish.noun}" for wish in read(words, NOW).wishes) == meaning
