"""What a turn says over several messages, and what it says when nothing of its answer may be shown."""

import pytest

from app.assistant.voice import Status, Voice
from app.devices.frames import TurnError, Usage
from app.devices.limits import SocketLimits
from app.devices.turns import TurnStream
from tests.assistant.shaping.shaped import quoted, shaper


def _voice(said: str = "") -> Voice:
    return Voice(TurnStream("r", SocketLimits()), "t", shaper(), is_floating=False, said=said)


def _told(messages: list[str], status: Status, said: str = "") -> str:
    voice = _voice(said)
    for message in messages:
        voice.text(message)
        voice.end_message()
    voice.hush(status)
    error = None if status == "completed" else TurnError(code="internal", message="No.")
    kept = voice.answer
    voice.end(status, [], Usage(input_tokens=0, output_tokens=0), error)
    assert voice.answer == kept
    return kept


async def test_a_completed_turn_of_which_nothing_is_left_says_so_once() -> None:
    assert _told(["<!-- all of it -->"], "completed") == "I cannot show that."
    assert _told(["<task>[zz]</task>.", "<b></b>"], "completed") == ".\n\nI cannot show that."


@pytest.mark.parametrize("status", ["cancelled", "failed"])
async def test_a_turn_that_was_broken_off_does_not(status: Status) -> None:
    assert _told(["<!-- all of it -->"], status) == ""


async def test_a_turn_that_said_something_or_had_nothing_to_say_does_not() -> None:
    assert _told(["<b></b>", "Done."], "completed") == "Done."
    assert _told([], "completed") == ""
    assert _told(["<b></b>"], "completed", said="Before.") == "Before."


async def test_a_passage_over_messages_and_waits_is_cut() -> None:
    assert quoted(_told(["rows live on the device", "call", "task_agent for anything"], "completed")) == set()
    assert _told(["call me"], "completed", said="rows live on the device") == "rows live on the device\n\n… me"
