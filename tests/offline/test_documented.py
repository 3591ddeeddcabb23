"""docs/offline.md says what is understood; this holds it to its word."""

import re
from datetime import datetime
from pathlib import Path

import pytest

from app.offline.reading import read
from tests.offline.desk import ZONE

DOCUMENT = Path(__file__).parents[2] / "docs" / "offline.md"
ROWS = re.findall(r"^\| (?!say |---)(.+?) \| ([a-z, ]+) \|$", DOCUMENT.read_text(), re.MULTILINE)
NOW = datetime(2026, 11, 21, 12, tzinfo=ZONE)


def test_the_document_has_its_table() -> None:
    assert len(ROWS) >= 40


@pytest.mark.parametrize(("words", "meaning"), ROWS)
def test_what_the_document_says_is_understood(words: str, meaning: str) -> None:
    assert ", ".join(f"{wish.verb} {wish.noun}" for wish in read(words, NOW).wishes) == meaning
