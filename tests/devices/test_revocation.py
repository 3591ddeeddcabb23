"""Whatever ends a session, a key, an account or a device's permission closes its sockets within seconds, and no others."""

import asyncio
from uuid import UUID

import psycopg
import pytest
from structlog.testing import capture_logs

from app.devices.limits import MIB, SocketLimits
from tests.auth.tokens import claims_of
from tests.devices.calling import INSERT, SELECT, calling, refusal
from tests.devices.conftest import OwnLive
from tests.devices.live import LiveService
from tests.devices.sockets import connected, opened
from tests.devices.turning import follow_more_than_fits
from tests.factories.administrators import administrator
from tests.factories.people import PASSWORD, Person
from tests.factories.waiting import until

WITHIN_S = 5


async def log_out(person: Person) -> None:
    answer = await person.post("/auth/logout", json={"refresh_token": person.refresh_token})
    assert answer.status_code == 204, answer.text


async def end_from_elsewhere(person: Person, other: Person) -> None:
    sessions = (await other.get("/auth/sessions")).json()["items"]
    for each in sessions:
        if not each["current"]:
            await other.delete(f"/auth/sessions/{each['id']}")


async def refused_code(service: LiveService, person: Person, device_id: str) -> int | str:
    async with opened(service, person, device_id) as device:
        await device.send({"type": "device_hello", "device_id": device_id})
        try:
            return str((await device.next())["type"])
        except Exception:  # noqa: BLE001 - closed
            return await device.closed()


async def test_logging_out_closes_the_sessions_socket_and_no_other(
    service: LiveService, ada: Person, bob: Person
) -> None:
    elsewhere = await ada.sign_in_again()
    async with connected(service, ada) as one, connected(service, elsewhere) as two, connected(service, bob) as his:
        await log_out(ada)
        assert await one.closed(WITHIN_S) == 4401
        await two.nothing_for(0.3)
        await two.still_there()
        await his.still_there()


async def test_all_sockets_of_a_session_are_closed(service: LiveService, ada: Person) -> None:
    async with connected(service, ada) as one, connected(service, ada) as two:
        await log_out(ada)
        assert [await one.closed(WITHIN_S), await two.closed(WITHIN_S)] == [4401, 4401]


async def test_ending_one_session_from_another(service: LiveService, ada: Person) -> None:
    elsewhere = await ada.sign_in_again()
    async with connected(service, ada) as one, connected(service, elsewhere) as two:
        await end_from_elsewhere(ada, elsewhere)
        assert await one.closed(WITHIN_S) == 4401
        await two.still_there()


async def test_a_new_password_ends_every_other_session(service: LiveService, ada: Person) -> None:
    elsewhere = await ada.sign_in_again()
    async with connected(service, ada) as one, connected(service, elsewhere) as two:
        answer = await elsewhere.post("/auth/password", json={"current": PASSWORD, "new": f"{PASSWORD}, changed"})
        assert answer.status_code == 204, answer.text
        assert await one.closed(WITHIN_S) == 4401
        await two.still_there()


async def test_a_spent_refresh_token_closes_the_familys_sockets(service: LiveService, ada: Person) -> None:
    first = ada.refresh_token
    answer = (await ada.http.post("/auth/refresh", json={"refresh_token": first})).json()
    second = Person(ada.http, ada.email, ada.password, answer["access_token"], answer["refresh_token"])
    await ada.http.post("/auth/refresh", json={"refresh_token": second.refresh_token})  # its successor is used
    elsewhere = await ada.sign_in_again()
    async with connected(service, second) as stolen, connected(service, elsewhere) as other:
        assert (await ada.http.post("/auth/refresh", json={"refresh_token": first})).status_code == 401
        assert await stolen.closed(WITHIN_S) == 4401
        await other.still_there()


async def test_disabling_an_account_closes_all_its_sockets(service: LiveService, ada: Person, bob: Person) -> None:
    admin, elsewhere = await administrator(service), await ada.sign_in_again()
    async with connected(service, ada) as one, connected(service, elsewhere) as two, connected(service, bob) as his:
        answer = await admin.request("PATCH", f"/admin/users/{await ada.id()}", json={"disabled": True})
        assert answer.status_code == 200, answer.text
        assert [await one.closed(WITHIN_S), await two.closed(WITHIN_S)] == [4401, 4401]
        await his.still_there()


async def test_an_account_that_is_enabled_again_may_connect_after_a_new_sign_in(
    service: LiveService, ada: Person
) -> None:
    admin, user_id = await administrator(service), await ada.id()
    for disabled in (True, False):
        await admin.request("PATCH", f"/admin/users/{user_id}", json={"disabled": disabled})
    async with connected(service, await ada.sign_in_again()) as device:
        await device.still_there()


async def test_deleting_an_account_closes_all_its_sockets(service: LiveService, ada: Person, bob: Person) -> None:
    async with connected(service, ada) as hers, connected(service, bob) as his:
        answer = await ada.request("DELETE", "/account", json={"password": PASSWORD})
        assert answer.status_code == 202, answer.text
        assert await hers.closed(WITHIN_S) == 4401
        await his.still_there()


async def test_an_account_deleted_while_a_socket_waits_to_say_hello(service: LiveService, ada: Person) -> None:
    with capture_logs() as lines:
        async with opened(service, ada) as device:
            await asyncio.sleep(0.1)
            await ada.request("DELETE", "/account", json={"password": PASSWORD})
            await device.send({"type": "device_hello", "device_id": "d"})
            assert await device.closed() == 4401
    assert [line for line in lines if line["log_level"] == "error"] == []


@pytest.mark.parametrize("is_connected", [True, False], ids=["connected", "away"])
async def test_nobody_waits_for_a_revoked_device_to_come_back(
    service: LiveService, ada: Person, *, is_connected: bool
) -> None:
    async with connected(service, ada, "d") as device:
        read, write = calling(ada, device, SELECT), calling(ada, device, INSERT)
        await device.next(), await device.next()
        if not is_connected:
            await device.cut()
            await until(lambda: not service.devices.hub.online(UUID(claims_of(ada.access_token)["sub"])))
        await ada.delete("/devices/d")
        async with asyncio.timeout(WITHIN_S):
            assert refusal(await read) == (409, "device_offline")
            assert (await write).json()["may_have_happened"] is True


async def test_deleting_an_api_key_closes_its_sockets(service: LiveService, ada: Person) -> None:
    keys = [(await ada.post("/auth/api-keys", json={"name": "k", "scopes": ["device"]})).json() for _ in range(2)]
    scripts = [Person(ada.http, ada.email, ada.password, key["key"], "") for key in keys]
    async with connected(service, scripts[0]) as one, connected(service, scripts[1]) as two:
        await ada.delete(f"/auth/api-keys/{keys[0]['id']}")
        assert await one.closed(WITHIN_S) == 4401
        await two.still_there()


async def test_a_session_that_ends_while_its_socket_waits_to_say_hello(service: LiveService, ada: Person) -> None:
    async with opened(service, ada) as device:
        await asyncio.sleep(0.1)
        await log_out(ada)
        await asyncio.sleep(0.1)
        await device.send({"type": "device_hello", "device_id": "d"})
        assert await device.closed() == 4401


async def test_a_call_that_waits_for_a_socket_that_is_closed_is_told_in_the_end(own_live: OwnLive) -> None:
    async with own_live(SocketLimits(absence_s=0.3)) as service:
        ada = await service.person()
        elsewhere = await ada.sign_in_again()
        async with connected(service, ada) as device:
            answer = calling(elsewhere, device, SELECT)
            await device.next()
            await log_out(ada)
            assert await device.closed(WITHIN_S) == 4401
            assert (await answer).json()["code"] == "device_offline"


# One device


async def test_a_revoked_device_is_closed_and_no_other(service: LiveService, ada: Person, bob: Person) -> None:
    async with (
        connected(service, ada, "lost") as lost,
        connected(service, ada, "kept") as kept,
        connected(service, bob, "lost") as his,
    ):
        assert (await ada.delete("/devices/lost")).status_code == 204
        assert await lost.closed(WITHIN_S) == 4403
        await kept.still_there()
        await his.still_there()


async def test_a_revoked_device_stays_out_with_every_session_there_was(service: LiveService, ada: Person) -> None:
    elsewhere = await ada.sign_in_again()
    async with connected(service, ada, "d"):
        await ada.delete("/devices/d")
    assert [await refused_code(service, each, "d") for each in (ada, elsewhere)] == [4403, 4403]


async def test_a_refreshed_token_is_no_new_sign_in(service: LiveService, ada: Person) -> None:
    async with connected(service, ada, "d"):
        await ada.delete("/devices/d")
    answer = (await ada.http.post("/auth/refresh", json={"refresh_token": ada.refresh_token})).json()
    renewed = Person(ada.http, ada.email, ada.password, answer["access_token"], answer["refresh_token"])
    assert await refused_code(service, renewed, "d") == 4403


async def test_a_ticket_of_an_old_session_does_not_let_a_revoked_device_in(service: LiveService, ada: Person) -> None:
    async with connected(service, ada, "d"):
        await ada.delete("/devices/d")
    ticket = (await ada.post("/ws/ticket", json={"device_id": "d"})).json()["ticket"]
    async with opened(service, None, "d", query=f"?ticket={ticket}") as device:
        await device.send({"type": "device_hello", "device_id": "d"})
        assert await device.closed() == 4403


async def test_an_api_key_from_before_does_not_let_a_revoked_device_in(service: LiveService, ada: Person) -> None:
    key = (await ada.post("/auth/api-keys", json={"name": "k", "scopes": ["device"]})).json()["key"]
    script = Person(ada.http, ada.email, ada.password, key, "")
    async with connected(service, ada, "d"):
        await ada.delete("/devices/d")
    assert await refused_code(service, script, "d") == 4403


async def test_after_a_new_sign_in_a_revoked_device_may_come_back(service: LiveService, ada: Person) -> None:
    async with connected(service, ada, "d"):
        await ada.delete("/devices/d")
    again = await ada.sign_in_again()
    async with connected(service, again, "d") as device:
        await device.nothing_for(0.3)
        await device.still_there()
    assert (await ada.get("/devices/d")).status_code == 200


async def test_the_old_sessions_other_devices_are_not_refused(service: LiveService, ada: Person) -> None:
    async with connected(service, ada, "lost"):
        await ada.delete("/devices/lost")
    async with connected(service, ada, "other") as other:
        await other.still_there()


@pytest.mark.faults
async def test_a_revoked_device_that_does_not_read_is_gone_in_time_too(own_live: OwnLive) -> None:
    """What is queued for it must not keep the door open: what it still says would be acted upon."""
    async with own_live(SocketLimits(turn_bytes=64 * MIB)) as service:
        ada = await service.person()
        async with connected(service, ada, "d") as device:
            device.connection.transport.pause_reading()
            follow_more_than_fits(service, UUID(await ada.id()))
            await asyncio.sleep(0.5)
            await ada.delete("/devices/d")
            await until(lambda: not list(service.devices.hub.connections()), within_s=WITHIN_S)


# While nobody listens


def cut_the_listener(url: str) -> None:
    """Its last statement was to listen, or one of the checks it makes every two seconds."""
    with psycopg.connect(url, autocommit=True) as connection:
        [(cut,)] = connection.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND (query LIKE 'LISTEN%' OR query = 'SELECT 1')"
        ).fetchall()
    assert cut


@pytest.mark.parametrize("what", ["session", "device"])
async def test_word_that_nobody_heard_is_still_noticed(own_live: OwnLive, fresh_superuser_url: str, what: str) -> None:
    async with own_live() as service:
        ada = await service.person()
        elsewhere = await ada.sign_in_again()
        async with connected(service, ada, "one") as one, connected(service, elsewhere, "two") as two:
            await asyncio.sleep(0.3)
            cut_the_listener(fresh_superuser_url)
            with psycopg.connect(fresh_superuser_url) as connection:  # as another process would
                if what == "session":
                    ended = session_of(service, "one")
                    connection.execute("UPDATE user_sessions SET ended_at = now() WHERE id = %s", [ended])
                else:
                    connection.execute("UPDATE devices SET revoked_at = now() WHERE device_id = 'one'")
            assert await one.closed(WITHIN_S) == (4401 if what == "session" else 4403)
            await two.nothing_for(0.3)
            await two.still_there()


def session_of(service: LiveService, device_id: str) -> object:
    return next(each.credential.session_id for each in service.devices.hub.connections() if each.device_id == device_id)


async def test_word_lost_while_a_socket_waits_to_say_hello_is_still_noticed(
    own_live: OwnLive, fresh_superuser_url: str
) -> None:
    async with own_live() as service:
        ada = await service.person()
        async with opened(service, ada, "d") as device:
            await asyncio.sleep(0.3)
            cut_the_listener(fresh_superuser_url)
            await log_out(ada)
            await asyncio.sleep(3)  # it listens again, and has looked around
            await device.send({"type": "device_hello", "device_id": "d"})
            assert await device.closed(WITHIN_S) in (4401, 1012), "sent away, or told to ask again"


@pytest.mark.faults
async def test_listening_goes_on_after_the_database_was_restarted(own_live: OwnLive, fresh_superuser_url: str) -> None:
    async with own_live() as service:
        ada = await service.person()
        async with connected(service, ada) as device:
            for _ in range(2):  # the second time, pooled connections are dead too
                with psycopg.connect(fresh_superuser_url, autocommit=True) as connection:
                    connection.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
                await asyncio.sleep(3)
            while (await ada.post("/auth/logout", json={"refresh_token": ada.refresh_token})).status_code == 503:
                pass  # pools find their dead connections one by one
            assert await device.closed(WITHIN_S) == 4401
