from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from device import DeviceError
from device.clock import machine_timezone
from device.seed import seed
from tests.device.conftest import Tables

ROME = ZoneInfo("Europe/Rome")


async def test_sample_data_is_of_every_kind(tables: Tables) -> None:
    assert (await seed(tables.database, "Europe/Rome"))["tasks"] == 40
    database = tables.database
    assert [database.count(table) for table in ("clients", "projects")] == [3, 6]
    tasks = database.rows("tasks")
    assert {task["status"] for task in tasks} == {"todo", "in_progress", "done"}
    assert {task["priority"] for task in tasks} == {"high", "medium", "low"}
    assert {project["status"] for project in database.rows("projects")} == {"active", "archived"}
    today = datetime.now(ROME).date()
    due_today = [
        task
        for task in tasks
        if task["dueDate"] and datetime.fromtimestamp(task["dueDate"] / 1000, ROME).date() == today
    ]
    assert len(due_today) >= 5
    assert sum("deploy" in note["title"].lower() for note in database.rows("notes")) >= 3
    assert all(database.count(table) > 4 for table in ("timelines", "taskComments"))


async def test_sample_data_is_not_added_twice_unless_asked(tables: Tables) -> None:
    await seed(tables.database, "UTC")
    with pytest.raises(DeviceError, match="--again"):
        await seed(tables.database, "UTC")
    await seed(tables.database, "UTC", again=True)
    assert tables.database.count("tasks") == 80


async def test_sample_data_is_added_whole_or_not_at_all(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("device.seed_texts.TIMELINES", (("Nowhere", "x", 1),))
    with pytest.raises(KeyError):
        await seed(tables.database, "UTC")
    assert tables.database.count("clients") == 0


@pytest.mark.parametrize(("tz", "name"), [("Europe/Rome", "Europe/Rome"), (":Asia/Tokyo", "Asia/Tokyo")])
def test_the_machines_time_zone_is_an_iana_name(monkeypatch: pytest.MonkeyPatch, tz: str, name: str) -> None:
    monkeypatch.setenv("TZ", tz)
    assert machine_timezone() == name


@pytest.mark.parametrize("tz", ["", "CEST-2:nonsense", "/etc/localtime", "../../etc/passwd", "Europe"])
def test_a_time_zone_that_is_no_iana_name_is_passed_over(monkeypatch: pytest.MonkeyPatch, tz: str) -> None:
    monkeypatch.setenv("TZ", tz)
    assert ZoneInfo(machine_timezone()).key
    assert machine_timezone() != tz
