"""Whoever leaves takes their conversations along: rows, turns under way, sockets."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.accounts.erase import owned_tables
from app.assistant.assistant import Assistant
from app.assistant.turn import Turn
from app.keys.vault import KeysUnavailable
from tests.conftest import Service, make_settings
from tests.devices.asking import asked_of_device, heard, until_type
from tests.devices.live import LiveService, live
from tests.devices.sockets import connected
from tests.factories.approvals import an_approval
from tests.factories.budgets import used
from tests.factories.devices import a_device, a_written_call
from tests.factories.memories import memories_of_every_kind
from tests.factories.people import PASSWORD, Person
from tests.factories.rows import dump, of_user
from tests.factories.threads import a_run, a_thread, a_turn, threads_of
from tests.factories.waiting import until

TASK = {"id": "t1", "title": "Buy milk", "status": "todo", "priority": "medium", "createdAt": 0}
# Gone with the request itself, or within a minute of being made.
NOT_MADE_HERE = {"one_time_tokens", "api_keys", "kept_answers", "socket_tickets"}
OF_CONVERSATIONS = {"threads", "thread_events", "runs", "approvals", "paused_turns", "approval_policies", "token_usage"}
OF_CONVERSATIONS |= {table.name for table in owned_tables() if table.name.startswith("memor")}


async def talked(service: Service, person: Person) -> None:
    """Threads, a turn under way, one that waits for an approval, a policy, tokens, a device with its ledger, memories."""
    await a_thread(service, person)
    await a_run(service, person)
    await an_approval(service, person)
    await used(service, person, 1000)
    await memories_of_every_kind(service, person)
    await a_written_call(service, person, await a_device(service, person))
    body = {"insert": "ask", "update": "ask", "delete": "ask"}
    assert (await person.request("PUT", "/chat/approval-policy", json=body)).status_code == 200


async def erase(person: Person) -> None:
    answer = await person.request("DELETE", "/account", json={"password": PASSWORD})
    assert answer.status_code == 202


async def until_only_the_record_is_left(superuser_url: str, user_id: str) -> None:
    await until(lambda: of_user(dump(superuser_url), user_id).keys() == {"audit_entries"})


async def test_every_row_of_every_conversation_goes(
    service: Service, ada: Person, bob: Person, superuser_url: str
) -> None:
    user_id = await ada.id()
    await talked(service, ada)
    await talked(service, bob)
    his = of_user(dump(superuser_url), await bob.id())
    before = of_user(dump(superuser_url), user_id)
    assert before.keys() >= {table.name for table in owned_tables()} - NOT_MADE_HERE
    await erase(ada)
    await until_only_the_record_is_left(superuser_url, user_id)
    [erased] = [row for row in of_user(dump(superuser_url), user_id)["audit_entries"] if row["kind"] == "erased"]
    assert {name: erased["facts"][name] for name in OF_CONVERSATIONS} == {
        name: len(before[name]) for name in OF_CONVERSATIONS
    }
    left = of_user(dump(superuser_url), await bob.id())
    assert {name: at_rest(left[name]) for name in OF_CONVERSATIONS} == {
        name: at_rest(his[name]) for name in OF_CONVERSATIONS
    }


def at_rest(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without what the service renews every few seconds, and in an order that such an update does not change."""
    kept = [{name: value for name, value in row.items() if name != "lease_until"} for row in rows]
    return sorted(kept, key=repr)


async def test_what_was_said_cannot_be_read_from_the_moment_of_the_answer(
    own_service_at_rest: Service, fresh_superuser_url: str
) -> None:
    """With no background work: the rows are still there, and no key opens them."""
    ada = await own_service_at_rest.person()
    user_id = await ada.id()
    await talked(own_service_at_rest, ada)
    run = await a_turn(own_service_at_rest, ada, "A question", "An answer")
    found = await threads_of(own_service_at_rest).runs.find(run.user_id, run.request_id)
    assert found is not None
    assert found.response == "An answer"
    await erase(ada)
    left = of_user(dump(fresh_superuser_url), user_id)
    assert left.keys() >= OF_CONVERSATIONS
    assert "user_keys" not in left
    with pytest.raises(KeysUnavailable):
        await threads_of(own_service_at_rest).runs.find(run.user_id, run.request_id)


@pytest.fixture
async def live_service(fresh_database_url: str, tmp_path: Path) -> AsyncIterator[LiveService]:
    """With its worker, and leases that are looked at often."""
    settings = make_settings(fresh_database_url, tmp_path)
    async with live(settings, with_worker=True) as service:
        yield service


async def test_turns_under_way_and_sockets_end_with_the_account(
    live_service: LiveService, fresh_superuser_url: str
) -> None:
    """A turn from a device, one over HTTP and one that waits for an approval; somebody else's goes on."""
    ada, bob = await live_service.person(), await live_service.person()
    user_id = await ada.id()
    async with connected(live_service, ada) as hers, connected(live_service, bob) as his:
        call = await asked_of_device(hers, "deleting", "Delete the task Buy milk")
        while call["type"] == "tool_call":
            result = {"row": TASK} if call["action"] == "get" else {"rows": [TASK]}
            await hers.send({"type": "tool_result", "id": call["id"], **result})
            call = await until_type(hers, "tool_call", "approval_request")
        await asked_of_device(hers, "listing")
        over_http = asyncio.create_task(ada.post("/chat", json={"message": "List my tasks"}))
        await until_type(hers, "tool_call")
        his_call = await asked_of_device(his, "listing")
        assert len(turns_of(live_service, user_id)) == 3
        await erase(ada)
        assert await hers.closed() == 4401
        assert (await over_http).status_code == 401
        await until(lambda: not turns_of(live_service, user_id))
        await until_only_the_record_is_left(fresh_superuser_url, user_id)
        await his.send({"type": "tool_result", "id": his_call["id"], "rows": []})
        assert (await heard(his))[-1]["status"] == "completed"


def turns_of(service: LiveService, user_id: str) -> list[Turn]:
    """Those under way."""
    assistant: Assistant = service.app.state.assistant.assistant
    return [turn for turn in assistant.live if turn.run.user_id == UUID(user_id)]
