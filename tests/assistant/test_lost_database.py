"""The database goes away, and comes back, under a turn that waits for its user."""

import asyncio
from pathlib import Path

import pytest

from app.config import Settings
from tests.assistant.serving import served
from tests.assistant.talking import ScriptedModel, call, delegated, desktop
from tests.conftest import make_settings
from tests.jobs.test_outages import Cable

LOOKED = 2.5  # seconds in which a turn that waits has looked at least once


@pytest.fixture
def base(fresh_database_url: str, tmp_path: Path) -> Settings:
    return make_settings(fresh_database_url, tmp_path / "own")


@pytest.mark.faults
async def test_a_turn_that_waits_outlives_the_database(base: Settings, model: ScriptedModel, tmp_path: Path) -> None:
    assert base.database_url is not None
    async with (
        Cable(str(base.database_url)).plugged() as cable,
        served(base, model, database_url=cable.url) as service,
        desktop(service, tmp_path / "ada") as ada,
    ):
        task_id = (await ada.insert("tasks", {"title": "Milk"}))["id"]
        model.script(*delegated("task_agent", call("delete_task", task_id=task_id), answer="It is gone."))
        turn = ada.device.ask("Delete it")
        asked = await ada.heard(lambda frame: frame["type"] == "approval_request")
        cable.pull()
        await asyncio.sleep(LOOKED)
        cable.put_back()
        assert not turn.is_over
        await ada.device.send({"type": "approval_response", "id": asked["id"], "decision": "approve"})
        await turn.ended()
        heard = ada.of(turn.request_id)
        heard.check()
        assert (heard.text, ada.rows("tasks")) == ("It is gone.", [])
