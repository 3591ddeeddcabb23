"""What is easily written wrong in a document, and not seen."""

import re
from pathlib import Path

import pytest

from app.assistant.turn import KEEP_FOR_S, KEEP_PAUSE_S
from tests.docs.documents import ROOT, documents
from tests.surface.routes import all_routes

each_document = pytest.mark.parametrize("document", documents(), ids=lambda document: str(document.relative_to(ROOT)))


@each_document
def test_every_table_has_a_head(document: Path) -> None:
    """A row behind an empty line begins a table of its own, which without a head is shown as text."""
    text = re.sub(r"^```.*?^```", "", document.read_text(), flags=re.MULTILINE | re.DOTALL)
    first_rows = re.findall(r"(?:^|\n)(?!\|)[^\n]*\n(\|[^\n]*)\n([^\n]*)", text)
    assert [row for row, below in first_rows if not re.fullmatch(r"\|[\s|:-]+\|", below)] == []


@each_document
def test_readiness_is_named_with_its_whole_address(document: Path) -> None:
    named = set(re.findall(r"[\w/]*/health/ready", document.read_text()))
    assert named <= {route.path for route in all_routes()}


def test_how_long_the_end_of_a_turn_waits_for_the_database() -> None:
    told = (ROOT / "docs" / "architecture.md").read_text()
    (row,) = re.findall(r"^\| the database, to keep how a turn ended \|.*$", told, re.MULTILINE)
    assert (KEEP_FOR_S, KEEP_PAUSE_S) == (20, 0.5)
    assert "20 s, a try each half second" in row
    assert "The ending itself waits twenty seconds" in told
    assert "for twenty\nseconds" in (ROOT / "docs" / "turns.md").read_text()
