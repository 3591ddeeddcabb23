import io
import json
import zipfile
from typing import Any

from tests.conftest import Service
from tests.factories.people import Person
from tests.factories.threads import a_turn


async def exported(person: Person) -> dict[str, list[dict[str, Any]]]:
    file = zipfile.ZipFile(io.BytesIO((await person.get("/account/export")).content))
    names = [name for name in file.namelist() if name.endswith(".json")]
    return {name.removesuffix(".json"): json.loads(file.read(name)) for name in names}


async def test_all_that_was_said_is_in_the_export_with_what_it_used(service: Service, ada: Person, bob: Person) -> None:
    run = await a_turn(service, ada, "What is due?", "Milk.", with_tool="1 task.", request_hash=b"\x00\xff")
    await ada.request("PATCH", f"/threads/{run.thread_id}", json={"title": "Groceries"})
    await a_turn(service, bob, "Bob's own question")
    found = await exported(ada)
    assert [(row["id"], row["title"]) for row in found["threads"]] == [(str(run.thread_id), "Groceries")]
    said = sorted(found["thread_events"], key=lambda row: row["position"])
    assert [json.loads(row["content"]) for row in said] == [
        "What is due?",
        {"call_id": "c1", "tool": "list_tasks", "args": {}},
        {"call_id": "c1", "tool": "list_tasks", "text": "1 task."},
        "Milk.",
    ]
    [turn] = found["runs"]
    assert (turn["response"], turn["input_tokens"], turn["output_tokens"]) == ("Milk.", 120, 30)
    assert json.loads(turn["transcript"])[0] == {"role": "user", "content": "What is due?"}
    assert "request_hash" not in turn
    assert "Bob's own question" not in json.dumps(found)
