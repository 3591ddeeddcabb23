"""From a stranger at the door to a device that is ready: what is shown, what is asked, who is sent away."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import psycopg
import pytest
from structlog.testing import capture_logs
from websockets.exceptions import ConnectionClosed, InvalidStatus

from app.devices.credentials import Credential
from app.devices.frames import DeviceHello, ToolCall
from app.devices.limits import SocketLimits
from tests.auth.tokens import claims_of, signed
from tests.devices.calling import SELECT, calling
from tests.devices.conftest import OwnLive
from tests.devices.live import LiveService
from tests.devices.sockets import RawDevice, connected, opened
from tests.factories.people import Person
from tests.factories.waiting import until


async def ticket_for(person: Person, device_id: str) -> str:
    answer = await person.post("/ws/ticket", json={"device_id": device_id})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["ticket"])


async def script(person: Person, *scopes: str) -> Person:
    """A script with an API key of the person's."""
    answer = await person.post("/auth/api-keys", json={"name": "a script", "scopes": scopes})
    return Person(person.http, person.email, person.password, answer.json()["key"], answer.json()["id"])


async def way_in(service: LiveService, **options: Any) -> str | int:
    """`device_ready`, or the code of the refusal."""
    async with opened(service, None, **options) as device:
        with suppress(ConnectionClosed):
            await device.send({"type": "device_hello", "device_id": device.device_id, "journal": True})
        return await outcome(device)


async def outcome(device: RawDevice) -> str | int:
    """Of a hello: the type of the answer, or the code of the refusal."""
    try:
        return str((await device.next())["type"])
    except ConnectionClosed:
        return await device.closed()


# The four ways to show a token


async def test_a_token_in_the_authorization_header(service: LiveService, ada: Person) -> None:
    assert await way_in(service, headers=ada.auth) == "device_ready"


async def test_a_token_among_the_subprotocols(service: LiveService, ada: Person) -> None:
    assert await way_in(service, subprotocols=["adiuva.v1", f"bearer.{ada.access_token}"]) == "device_ready"


async def test_a_ticket_in_the_query(service: LiveService, ada: Person) -> None:
    assert await way_in(service, device_id="d", query=f"?ticket={await ticket_for(ada, 'd')}") == "device_ready"


async def test_a_token_in_the_query(service: LiveService, ada: Person) -> None:
    assert await way_in(service, query=f"?token={ada.access_token}") == "device_ready"


async def test_the_subprotocol_of_ours_is_selected_and_the_token_is_not_repeated(
    service: LiveService, ada: Person
) -> None:
    async with opened(service, None, subprotocols=["adiuva.v1", f"bearer.{ada.access_token}"]) as device:
        assert device.connection.subprotocol == "adiuva.v1"


async def test_without_our_subprotocol_none_is_selected(service: LiveService, ada: Person) -> None:
    async with opened(service, ada) as device:
        assert device.connection.subprotocol is None


@pytest.mark.parametrize("first", ["header", "subprotocol", "ticket"])
async def test_the_first_place_that_has_a_token_decides(service: LiveService, ada: Person, first: str) -> None:
    ways: dict[str, dict[str, Any]] = {
        "header": {"headers": {"Authorization": "Bearer nonsense"}},
        "subprotocol": {"subprotocols": ["adiuva.v1", "bearer.nonsense"]},
        "ticket": {"query": "?ticket=nonsense"},
    }
    later = list(ways)[list(ways).index(first) + 1 :]
    good = {"subprotocol": {"subprotocols": ["adiuva.v1", f"bearer.{ada.access_token}"]}, "ticket": {}}
    options = ways[first] | {name: value for each in later for name, value in good[each].items()}
    options["query"] = options.get("query", "?") + f"&token={ada.access_token}"
    assert await way_in(service, **options) == 4401


async def test_another_scheme_of_authorization_is_not_ours_to_read(service: LiveService, ada: Person) -> None:
    basic = {"Authorization": "Basic YTpi"}
    assert await way_in(service, headers=basic, query=f"?token={ada.access_token}") == "device_ready"


async def test_a_token_in_the_query_can_be_switched_off(tuned_live: OwnLive) -> None:
    async with tuned_live(ws_allow_query_token=False) as service:
        ada = await service.person()
        assert await way_in(service, query=f"?token={ada.access_token}") == 4401
        assert await way_in(service, device_id="d", query=f"?ticket={await ticket_for(ada, 'd')}") == "device_ready"


# Tokens that open nothing


async def test_nothing_shown(service: LiveService) -> None:
    assert await way_in(service) == 4401


@pytest.mark.parametrize("token", ["nonsense", "a.b.c", "adiuva_nonsense", "", "x" * 5000, "ÿ"])
async def test_a_token_that_is_none(service: LiveService, token: str) -> None:
    assert await way_in(service, query=f"?token={token if token.isascii() else '%C3%BF'}") == 4401


async def test_an_expired_token(service: LiveService, ada: Person) -> None:
    service.clock.move(minutes=16)
    assert await way_in(service, headers=ada.auth) == 4401


async def test_a_token_signed_by_somebody_else(service: LiveService, ada: Person) -> None:
    forged = signed(claims_of(ada.access_token), "another secret of thirty-two bytes!!")
    assert await way_in(service, headers={"Authorization": f"Bearer {forged}"}) == 4401


async def test_an_api_key_with_the_scope_opens_the_socket(service: LiveService, ada: Person) -> None:
    assert await way_in(service, headers=(await script(ada, "device")).auth) == "device_ready"


async def test_an_api_key_without_the_scope_does_not(service: LiveService, ada: Person) -> None:
    every_other = ("agents", "chat", "memory", "read", "storage")
    assert await way_in(service, headers=(await script(ada, *every_other)).auth) == 4401


@pytest.mark.parametrize("query", ["?" + "a=1&" * 40, "?token=%FF%FE", "?ticket", "?&&&==", "?ticket=" + "x" * 4000])
async def test_a_strange_query_is_refused_and_breaks_nothing(service: LiveService, query: str) -> None:
    with capture_logs() as lines:
        assert await way_in(service, query=query) == 4401
    assert [line for line in lines if line["log_level"] == "error"] == []


# Tickets


async def test_a_ticket_works_once(service: LiveService, ada: Person) -> None:
    query = f"?ticket={await ticket_for(ada, 'd')}"
    assert [await way_in(service, device_id="d", query=query) for _ in range(2)] == ["device_ready", 4401]


async def test_a_ticket_shown_many_times_at_once_works_once(service: LiveService, ada: Person) -> None:
    query = f"?ticket={await ticket_for(ada, 'd')}"
    codes = await asyncio.gather(*(way_in(service, device_id="d", query=query) for _ in range(5)))
    assert sorted(map(str, codes)) == ["4401"] * 4 + ["device_ready"]


async def test_a_ticket_lives_half_a_minute(service: LiveService, ada: Person) -> None:
    early, late = await ticket_for(ada, "d"), await ticket_for(ada, "d")
    service.clock.move(seconds=25)
    assert await way_in(service, device_id="d", query=f"?ticket={early}") == "device_ready"
    service.clock.move(seconds=6)
    assert await way_in(service, device_id="d", query=f"?ticket={late}") == 4401


async def test_a_ticket_says_when_it_expires(service: LiveService, ada: Person) -> None:
    answer = (await ada.post("/ws/ticket", json={"device_id": "d"})).json()
    assert abs(answer["expires_at"] / 1000 - service.clock.now().timestamp() - 30) < 5


async def test_a_ticket_is_for_its_device(service: LiveService, ada: Person) -> None:
    assert await way_in(service, device_id="other", query=f"?ticket={await ticket_for(ada, 'd')}") == 4401


async def test_a_ticket_of_a_session_that_ended_meanwhile(service: LiveService, ada: Person) -> None:
    ticket = await ticket_for(ada, "d")
    await ada.post("/auth/logout", json={"refresh_token": ada.refresh_token})
    assert await way_in(service, device_id="d", query=f"?ticket={ticket}") == 4401


async def test_a_ticket_of_an_api_key_that_was_deleted_meanwhile(service: LiveService, ada: Person) -> None:
    key = await script(ada, "device")
    ticket = await ticket_for(key, "d")
    await ada.delete(f"/auth/api-keys/{key.refresh_token}")
    assert await way_in(service, device_id="d", query=f"?ticket={ticket}") == 4401


async def test_a_ticket_is_not_for_a_key_without_the_scope(service: LiveService, ada: Person) -> None:
    assert (await (await script(ada, "read")).post("/ws/ticket", json={"device_id": "d"})).status_code == 403


async def test_the_socket_a_ticket_opens_ends_with_the_token_that_bought_it(service: LiveService, ada: Person) -> None:
    service.clock.move(minutes=14, seconds=58)
    async with opened(service, None, "d", query=f"?ticket={await ticket_for(ada, 'd')}") as device:
        await device.hello()
        assert (await device.next())["type"] == "auth_expiring"
        assert await device.closed() == 4401


async def test_a_ticket_is_stored_as_a_hash(service: LiveService, ada: Person, superuser_url: str) -> None:
    ticket = await ticket_for(ada, "d")
    with psycopg.connect(superuser_url) as connection:
        rows = connection.execute("SELECT * FROM socket_tickets").fetchall()
    assert rows
    assert not any(ticket.encode() in (bytes(v) if isinstance(v, bytes) else str(v).encode()) for r in rows for v in r)


# Origins


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost:5173.evil.example", "null"])
async def test_a_page_of_another_origin_is_refused_before_the_upgrade(
    service: LiveService, ada: Person, origin: str
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with opened(service, ada, origin=origin):
            pass
    assert refused.value.response.status_code == 403
    assert json.loads(refused.value.response.body or b"")["code"] == "origin_not_allowed"


@pytest.mark.parametrize(
    ("changes", "origin", "code", "status"),
    [
        ({}, "https://evil.example", "origin_not_allowed", 403),
        ({"trusted_hosts": "api.example.com"}, None, "unknown_host", 400),
    ],
)
async def test_a_refused_upgrade_is_one_line_of_information_and_no_error(
    tuned_live: OwnLive,
    caplog: pytest.LogCaptureFixture,
    changes: dict[str, str],
    origin: str | None,
    code: str,
    status: int,
) -> None:
    async with tuned_live(**changes) as service:
        with capture_logs() as lines, pytest.raises(InvalidStatus):
            async with opened(service, None, origin=origin):
                pass
    refusals = [line for line in lines if line["event"] == "socket_refused"]
    assert refusals == [{"event": "socket_refused", "log_level": "info", "code": code, "status": status}]
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.parametrize("origin", [None, "app://adiuva", "http://localhost:5173"])
async def test_native_clients_and_our_own_pages_may_connect(
    service: LiveService, ada: Person, origin: str | None
) -> None:
    async with opened(service, ada, origin=origin) as device:
        assert (await device.hello())["type"] == "device_ready"


# The hello


async def test_device_ready_says_who_where_and_how_often_it_beats(service: LiveService, ada: Person) -> None:
    async with connected(service, ada, "laptop") as device:
        assert device.ready.pop("connection_id")
        assert device.ready.pop("server")["version"]
        assert device.ready == {
            "type": "device_ready",
            "device_id": "laptop",
            "heartbeat_s": 30,
            "resumed": [],
            "lost": [],
        }


async def test_a_device_that_says_nothing_is_sent_away(tuned_live: OwnLive) -> None:
    async with tuned_live(SocketLimits(hello_s=0.2)) as service, opened(service, await service.person()) as device:
        assert await device.closed() == 4408


async def test_frames_that_are_no_hello_do_not_prolong_the_wait(tuned_live: OwnLive) -> None:
    async with tuned_live(SocketLimits(hello_s=2)) as service, opened(service, await service.person()) as device:
        for _ in range(3):
            await asyncio.sleep(0.6)
            with suppress(ConnectionClosed):  # a busy machine is late with the last
                await device.send({"type": "pong"})
        assert await device.closed(1.7) == 4408


@pytest.mark.parametrize(
    "frame", [{"type": "pong"}, {"type": "auth_refresh", "token": "t"}, {"type": "tool_result", "id": "x"}]
)
async def test_another_first_frame_is_answered_and_the_hello_may_still_come(
    service: LiveService, ada: Person, frame: dict[str, Any]
) -> None:
    async with opened(service, ada) as device:
        await device.send(frame)
        await device.refused("not_ready")
        assert (await device.hello())["type"] == "device_ready"


@pytest.mark.parametrize(
    "wrong",
    [
        {"device_id": ""},
        {"device_id": "x" * 129},
        {"device_id": 7},
        {"device_id": None},
        {"device_id": "bell\u0007"},
        {"device_id": "line\nbreak"},
        {"agent_ids": "a"},
        {"agent_ids": [""]},
        {"resume": {"r": -1}},
        {"resume": {"r": "1"}},
        {"resume": {"": 1}},
        {"client": []},
        {"client": {"name": 1}},
        {"journal": "yes"},
        {"protocol": "1"},
    ],
    ids=lambda wrong: f"{next(iter(wrong))} {str(next(iter(wrong.values())))[:12]!r}",
)
async def test_a_malformed_hello_is_told_and_may_be_said_again(
    service: LiveService, ada: Person, wrong: dict[str, Any]
) -> None:
    async with opened(service, ada) as device:
        assert (await device.hello(**wrong))["code"] == "invalid_frame"
        assert (await device.hello())["type"] == "device_ready"


OPTIONAL = ["name", "protocol", "agent_ids", "timezone", "client", "journal", "resume"]


async def test_null_is_the_same_as_leaving_a_field_out(service: LiveService, ada: Person) -> None:
    nothing = dict.fromkeys(OPTIONAL) | {"client": {"name": None, "version": None, "platform": None}}
    for said in [{name: None} for name in OPTIONAL] + [nothing]:
        async with connected(service, ada, **said) as device:
            assert (device.ready["resumed"], device.ready["lost"]) == ([], [])


async def test_what_a_device_says_of_itself_at_too_great_length_is_cut(service: LiveService, ada: Person) -> None:
    client = {"name": "n" * 129, "version": "v" * 65, "platform": "p" * 129}
    hello = {"name": "x" * 257, "timezone": "t" * 65, "client": client, "agent_ids": ["a"] * 101}
    async with connected(service, ada, "d", **hello):
        known = (await ada.get("/devices/d")).json()
    assert (known["name"], known["timezone"]) == ("x" * 256, None)
    assert known["client"] == {"name": "n" * 128, "version": "v" * 64, "platform": "p" * 128}


async def test_strangers_may_not_try_for_ever_either(tuned_live: OwnLive) -> None:
    limits = SocketLimits(protocol_errors_a_minute=3)
    async with tuned_live(limits) as service, opened(service, await service.person()) as device:
        for _ in range(4):
            await device.send_text("nonsense")
        assert await device.closed() == 1008


@pytest.mark.parametrize("version", [0, 2, -1, 10**30])
async def test_a_protocol_this_service_does_not_speak(service: LiveService, ada: Person, version: int) -> None:
    async with opened(service, ada) as device:
        await device.send({"type": "device_hello", "device_id": "d", "protocol": version})
        assert await device.closed() == 4400


async def test_a_second_hello_is_refused_and_the_socket_stays(service: LiveService, ada: Person) -> None:
    async with connected(service, ada) as device:
        await device.send({"type": "device_hello", "device_id": "another"})
        assert "hello" in (await device.refused())["message"]
        await device.still_there()
        assert (await ada.get("/devices")).json()["total"] == 1


async def test_a_client_that_leaves_before_its_hello_leaves_nothing(service: LiveService, ada: Person) -> None:
    with capture_logs() as lines:
        async with opened(service, ada) as device:
            await device.cut()
        await asyncio.sleep(0.1)
    assert [line for line in lines if line["log_level"] in ("error", "critical")] == []
    assert (await ada.get("/devices")).json()["total"] == 0


# How many


async def test_too_many_sockets_of_one_address_that_have_not_shown_who_they_are(
    own_live: OwnLive, fresh_superuser_url: str
) -> None:
    async with own_live(SocketLimits(unauthenticated_per_address=3, place_s=0.1)) as service:
        ada = await service.person()
        with psycopg.connect(fresh_superuser_url) as lock:
            # While the database thinks, nobody is known yet.
            lock.execute("LOCK TABLE user_sessions IN ACCESS EXCLUSIVE MODE")
            waiting = [asyncio.ensure_future(way_in(service, headers=ada.auth)) for _ in range(3)]
            await until(
                lambda: lock.execute("SELECT count(*) = 3 FROM pg_locks WHERE NOT granted").fetchone() == (True,)
            )
            assert await way_in(service, headers=ada.auth) == 4429
        assert await asyncio.gather(*waiting) == ["device_ready"] * 3
        assert await way_in(service, headers=ada.auth) == "device_ready"


async def test_devices_of_one_address_that_all_come_at_once_find_a_place_one_after_another(tuned_live: OwnLive) -> None:
    async with tuned_live(SocketLimits(unauthenticated_per_address=1, devices_per_user=30)) as service:
        ada = await service.person()
        ways = [way_in(service, device_id=f"device-{number}", headers=ada.auth) for number in range(30)]
        assert await asyncio.gather(*ways) == ["device_ready"] * 30


async def test_no_more_than_so_many_wait_for_a_place(own_live: OwnLive, fresh_superuser_url: str) -> None:
    limits = SocketLimits(unauthenticated_per_address=1, waiting_per_address=1, place_s=20)
    async with own_live(limits) as service:
        ada = await service.person()
        with psycopg.connect(fresh_superuser_url) as lock:
            lock.execute("LOCK TABLE user_sessions IN ACCESS EXCLUSIVE MODE")
            ways = [asyncio.ensure_future(way_in(service, headers=ada.auth)) for _ in range(3)]
            done, waiting = await asyncio.wait(ways, timeout=10, return_when=asyncio.FIRST_COMPLETED)
            assert [way.result() for way in done] == [4429]
        assert await asyncio.gather(*waiting) == ["device_ready"] * 2


async def test_too_many_devices_of_one_user(tuned_live: OwnLive) -> None:
    async with tuned_live(SocketLimits(devices_per_user=2)) as service:
        ada, bob = await service.person(), await service.person()
        async with connected(service, ada, "one"), connected(service, ada, "two"):
            assert await way_in(service, device_id="three", headers=ada.auth) == 4429
            assert await way_in(service, device_id="two", headers=ada.auth) == "device_ready", "it takes its own place"
            assert await way_in(service, device_id="three", headers=bob.auth) == "device_ready"


async def test_of_many_devices_that_come_at_once_no_more_than_the_limit_stay(tuned_live: OwnLive) -> None:
    async with tuned_live(SocketLimits(devices_per_user=2)) as service:
        ada = await service.person()
        devices: list[RawDevice] = []
        async with (
            opened(service, ada) as one,
            opened(service, ada) as two,
            opened(service, ada) as three,
            opened(service, ada) as four,
        ):
            devices = [one, two, three, four]
            for device in devices:
                with suppress(ConnectionClosed):  # more than the limit wait at the door: some are sent away already
                    await device.send({"type": "device_hello", "device_id": device.device_id})
            outcomes = await asyncio.gather(*map(outcome, devices))
            assert sorted(outcomes, key=str) == [4429, 4429, "device_ready", "device_ready"]
            listed = (await ada.get("/devices")).json()["items"]
            assert len([each for each in listed if each["online"]]) == 2


async def test_a_device_that_left_makes_room(tuned_live: OwnLive) -> None:
    async with tuned_live(SocketLimits(devices_per_user=1)) as service:
        ada = await service.person()
        for _ in range(3):
            async with connected(service, ada) as device:
                await device.close()


async def test_the_newer_connection_of_a_device_wins(service: LiveService, ada: Person) -> None:
    async with connected(service, ada, "d") as old, connected(service, ada, "d") as new:
        assert await old.closed() == 4409
        await new.still_there()


async def test_a_result_under_way_on_the_replaced_socket_is_taken(service: LiveService, ada: Person) -> None:
    async with connected(service, ada, "d") as old:
        answer = calling(ada, old, SELECT)
        call = await old.next()
        async with connected(service, ada, "d") as new:
            await old.send({"type": "tool_result", "id": call["id"], "rows": [{"id": "1"}]})
            assert (await answer).json() == {"rows": [{"id": "1"}]}
            again = await new.next()
            assert (again["id"], again["attempt"]) == (call["id"], 2)


async def test_the_same_device_id_of_another_user_is_another_device(
    service: LiveService, ada: Person, bob: Person
) -> None:
    async with connected(service, ada, "d") as hers, connected(service, bob, "d") as his:
        await hers.still_there()
        await his.still_there()


async def test_a_greeting_that_is_overtaken_by_a_newer_one_does_not_replace_it(
    service: LiveService, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A device that lost its socket while it was being greeted, and came again: the newer one is the living one."""
    known, overtaken = service.devices.known, asyncio.Event()
    in_time = known.greet

    async def first_is_slow(credential: Credential, hello: DeviceHello) -> Sequence[ToolCall]:
        monkeypatch.setattr(known, "greet", in_time)
        await overtaken.wait()
        return await in_time(credential, hello)

    monkeypatch.setattr(known, "greet", first_is_slow)
    async with opened(service, ada, "d") as first:
        await first.send({"type": "device_hello", "device_id": "d", "journal": True})
        await asyncio.sleep(0.1)
        async with connected(service, ada, "d") as second:
            overtaken.set()
            assert await first.closed() == 4409
            await second.still_there()
