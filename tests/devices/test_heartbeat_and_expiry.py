"""How a socket that is open shows that it lives, and that it may."""

import asyncio
import json
import time
from contextlib import suppress

from websockets.exceptions import ConnectionClosed

from app.devices.limits import SocketLimits
from tests.auth.tokens import claims_of
from tests.devices.conftest import OwnLive
from tests.devices.live import LiveService
from tests.devices.sockets import RawDevice, connected, opened
from tests.factories.people import Person

QUICK = SocketLimits(ping_every_s=0.2, pong_s=20)
IMPATIENT = SocketLimits(ping_every_s=0.2, pong_s=0.3)


async def raw(device: RawDevice) -> str:
    async with asyncio.timeout(20):
        return str(json.loads(await device.connection.recv())["type"])


async def refreshed(person: Person) -> str:
    answer = await person.http.post("/auth/refresh", json={"refresh_token": person.refresh_token})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


# Heartbeat


async def test_the_hello_is_answered_with_the_beat(tuned_live: OwnLive) -> None:
    async with tuned_live(QUICK) as service, connected(service, await service.person()) as device:
        assert device.ready["heartbeat_s"] == 0.2


async def test_pings_come_as_long_as_pongs_do(tuned_live: OwnLive) -> None:
    async with tuned_live(QUICK) as service, connected(service, await service.person()) as device:
        started = time.monotonic()
        for _ in range(5):
            assert await raw(device) == "ping"
            await device.send({"type": "pong"})
        assert 0.9 < time.monotonic() - started < 15
        await device.still_there()


async def test_a_device_that_does_not_answer_a_ping_is_sent_away(tuned_live: OwnLive) -> None:
    async with tuned_live(IMPATIENT) as service, connected(service, await service.person()) as device:
        started = time.monotonic()
        assert await device.closed() == 4408
        assert 0.4 < time.monotonic() - started < 15


async def test_other_frames_are_no_pong(tuned_live: OwnLive) -> None:
    async with tuned_live(IMPATIENT) as service, connected(service, await service.person()) as device:
        device.answers_pings = False
        for _ in range(4):
            await asyncio.sleep(0.1)
            with suppress(ConnectionClosed):  # a busy machine is late with the last
                await device.send({"type": "tool_result", "id": "unknown"})
        assert await device.closed() == 4408


async def test_a_pong_nobody_asked_for_is_no_harm(service: LiveService, ada: Person) -> None:
    async with connected(service, ada) as device:
        for _ in range(3):
            await device.send({"type": "pong"})
        await device.still_there()


async def test_a_silent_device_is_offline_afterwards(tuned_live: OwnLive) -> None:
    async with tuned_live(SocketLimits(ping_every_s=0.5, pong_s=1)) as service:
        ada = await service.person()
        async with connected(service, ada, "d") as device:
            assert (await ada.get("/devices/d")).json()["online"] is True
            await device.closed()
        assert (await ada.get("/devices/d")).json()["online"] is False


# The token's end


async def test_the_end_of_the_token_is_announced_and_then_comes(service: LiveService, ada: Person) -> None:
    service.clock.move(minutes=14, seconds=58)
    async with connected(service, ada) as device:
        warning = await device.next()
        assert warning == {"type": "auth_expiring", "expires_at": claims_of(ada.access_token)["exp"] * 1000}
        assert await device.closed() == 4401
        assert service.clock.now().timestamp() * 1000 >= warning["expires_at"]


async def test_the_warning_comes_a_while_before_the_end(tuned_live: OwnLive) -> None:
    async with tuned_live(SocketLimits(auth_warning_s=5)) as service:
        ada = await service.person()
        service.clock.move(minutes=14, seconds=53)
        async with connected(service, ada) as device:
            warning = await device.next()
            left = warning["expires_at"] / 1000 - service.clock.now().timestamp()
            assert 1 < left <= 5.1


async def test_a_new_token_keeps_the_socket_open(service: LiveService, ada: Person) -> None:
    service.clock.move(minutes=14, seconds=58)
    async with connected(service, ada) as device:
        await device.next()
        await device.send({"type": "auth_refresh", "token": await refreshed(ada)})
        await device.nothing_for(2.5)
        await device.still_there()


async def test_a_new_token_may_come_before_it_is_asked_for(service: LiveService, ada: Person) -> None:
    async with connected(service, ada) as device:
        await device.send({"type": "auth_refresh", "token": await refreshed(ada)})
        await device.still_there()


async def test_the_new_tokens_own_end_is_announced_too(service: LiveService, ada: Person) -> None:
    async with connected(service, ada) as device:
        service.clock.move(minutes=14, seconds=30)
        await device.send({"type": "auth_refresh", "token": ada.access_token})
        assert (await device.next())["expires_at"] == claims_of(ada.access_token)["exp"] * 1000


async def test_another_session_of_the_same_person_may_take_over(service: LiveService, ada: Person) -> None:
    elsewhere = await ada.sign_in_again()
    async with connected(service, ada) as device:
        await device.send({"type": "auth_refresh", "token": elsewhere.access_token})
        await device.still_there()
        await ada.post("/auth/logout", json={"refresh_token": ada.refresh_token})
        await device.nothing_for(0.5)
        await elsewhere.post("/auth/logout", json={"refresh_token": elsewhere.refresh_token})
        assert await device.closed() == 4401


async def test_somebody_elses_token_ends_the_socket(service: LiveService, ada: Person, bob: Person) -> None:
    async with connected(service, ada) as device:
        await device.send({"type": "auth_refresh", "token": bob.access_token})
        assert await device.closed() == 4401


async def test_nonsense_for_a_token_ends_the_socket(service: LiveService, ada: Person) -> None:
    for nonsense in ("nonsense", "", "adiuva_nonsense", "ÿ" * 40):
        async with connected(service, ada) as device:
            await device.send({"type": "auth_refresh", "token": nonsense})
            assert await device.closed() == 4401


async def test_an_expired_token_renews_nothing(service: LiveService, ada: Person) -> None:
    elsewhere = await ada.sign_in_again()
    service.clock.move(minutes=16)
    async with opened(service, await ada.sign_in_again()) as device:
        await device.hello()
        await device.send({"type": "auth_refresh", "token": elsewhere.access_token})
        assert await device.closed() == 4401


async def test_an_api_key_without_the_scope_renews_nothing(service: LiveService, ada: Person) -> None:
    key = (await ada.post("/auth/api-keys", json={"name": "k", "scopes": ["read"]})).json()["key"]
    async with connected(service, ada) as device:
        await device.send({"type": "auth_refresh", "token": key})
        assert await device.closed() == 4401


async def test_a_key_that_never_expires_is_never_warned(service: LiveService, ada: Person) -> None:
    answer = (await ada.post("/auth/api-keys", json={"name": "k", "scopes": ["device"]})).json()
    script = Person(ada.http, ada.email, ada.password, answer["key"], "")
    async with connected(service, script) as device:
        await device.nothing_for(0.5)
