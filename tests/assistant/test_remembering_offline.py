"""Without a language model: what the user wants remembered is remembered, told and forgotten, over a real socket."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.config import Settings
from tests.assistant.talking import Desktop, Heard, desktop
from tests.devices.live import LiveService, live
from tests.memory.remembered import core, items, remembered, say, until

KNOWN = "What do you know about me?"


@pytest.fixture
async def service(settings: Settings) -> AsyncIterator[LiveService]:
    async with live(settings, with_worker=True) as service:
        yield service


@pytest.fixture
async def ada(service: LiveService, tmp_path: Path) -> AsyncIterator[Desktop]:
    async with desktop(service, tmp_path / "ada") as ada:
        yield ada


def thread(heard: Heard) -> str:
    return str(heard.turn[0]["thread_id"])


async def test_the_offline_model_remembers_across_threads_and_forgets(ada: Desktop) -> None:
    kept = await ada.ask("Remember that I prefer short answers")
    here = await ada.ask(KNOWN, thread_id=thread(kept))
    elsewhere = await ada.ask(KNOWN)
    forgotten = await ada.ask("Forget that I prefer short answers", thread_id=thread(elsewhere))
    after = [await ada.ask(KNOWN, thread_id=thread(each)) for each in (kept, elsewhere)]

    assert kept.text == "I'll remember: answers: short."
    assert thread(here) == thread(kept) != thread(elsewhere) == thread(forgotten)
    assert all("- answers: short" in each.text for each in (here, elsewhere))
    assert forgotten.text == "I have forgotten this: answers: short."
    assert not any("- answers: short" in each.text for each in after)


async def test_another_conversation_on_another_connection_knows_it_and_another_person_does_not(
    service: LiveService, ada: Desktop, tmp_path: Path
) -> None:
    first = await ada.ask("Remember that I prefer short answers", session_id="monday")
    async with (
        desktop(service, tmp_path / "laptop", person=ada.person) as laptop,
        desktop(service, tmp_path / "eve") as eve,
    ):
        second = await laptop.ask(KNOWN, session_id="tuesday")
        stranger = await eve.ask(KNOWN, session_id="monday")

    assert thread(first) != thread(second)
    assert "- answers: short" in second.text
    assert stranger.text.startswith("I remember nothing about you yet.")


async def test_what_was_only_said_answers_a_question_in_another_conversation(ada: Desktop) -> None:
    said = await ada.ask("The Acme launch is on 3 March.", session_id="monday")

    async def is_kept() -> bool:
        return bool(await items(ada.person, "associative"))

    await until(is_kept)
    asked = await ada.ask("When is the Acme launch?", session_id="tuesday")

    assert (said.text, said.tools) == ("I'll keep that in mind.", [])
    assert thread(said) != thread(asked)
    assert "called “Acme launch”. You told me: The Acme launch is on 3 March. (" in asked.text


async def test_without_a_device_what_was_said_answers_over_http(service: LiveService) -> None:
    ada = await service.person()

    await say(ada, "The Acme launch is on 3 March.")
    await remembered(ada)
    asked = await say(ada, "When is the Acme launch?")
    unknown = await say(ada, "When is the Beta party?")

    assert asked["response"].startswith("You told me: The Acme launch is on 3 March. (")
    assert asked["response"].endswith("I could not look further: No device is connected.")
    assert unknown["response"] == "That did not work: No device is connected."


async def test_what_is_remembered_anew_is_kept_once_and_known_at_once(service: LiveService) -> None:
    ada = await service.person()

    await say(ada, "Remember that the code name is Bluebird")
    renamed = await say(ada, "Remember that the code name is now Redwing")
    asked = await say(ada, "What is the code name?")
    await remembered(ada, turns=3)

    assert renamed["response"] == "I'll remember: code name: Redwing."
    assert asked["response"].startswith("You told me: code name: Redwing.")
    assert (await core(ada), await items(ada, "associative")) == ({"code name": "Redwing"}, [])


async def test_a_pasted_mail_writes_nothing_down(service: LiveService) -> None:
    ada = await service.person()

    await say(ada, "Summarise this email:\n\nHi Ada,\n\nI live in Oslo. My manager is Eve.\n\nBest regards,\nBob")
    await say(ada, "Proofread: I live in Oslo and I work at Evil Corp")
    await remembered(ada, turns=2)

    assert (await core(ada), await items(ada, "associative")) == ({}, [])
