import asyncio
import random
import socket as sockets
import statistics
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from device import Device, Ending
from device.backoff import Backoff
from device.retry_after import seconds_in
from tests.device.service import Peer, closing, socket, stay

Make = Callable[..., Device]


@pytest.mark.parametrize("code", [1000, 1001, 1011, 1012, 4408, 4429, 4999])
async def test_after_these_close_codes_a_device_comes_back(device: Make, code: int) -> None:
    async with socket(closing(code), stay) as service:
        async with device(service.url).online() as made, asyncio.timeout(20):
            while made.connections < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert service.connections == 2


@pytest.mark.parametrize(
    ("code", "reason", "word"),
    [
        (1008, "protocol_errors", "1008"),
        (1009, "too_large", "1009"),
        (4400, "unsupported", "update"),
        (4403, "revoked", "Sign in again"),
        (4409, "replaced", "elsewhere"),
    ],
)
async def test_after_these_close_codes_a_device_stops_and_says_why(
    device: Make, code: int, reason: str, word: str
) -> None:
    async with socket(closing(code)) as service, asyncio.timeout(20):
        ending = await device(service.url).run()
        assert ending.reason == reason
        assert word in ending.sentence
        await asyncio.sleep(0.1)
        assert service.connections == 1


async def test_a_cut_cable_is_a_reason_to_come_back(device: Make) -> None:
    async with socket(stay) as service, device(service.url).online() as made:
        made.cut()
        async with asyncio.timeout(20):
            while made.connections < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.01)


async def test_a_service_that_is_not_there_yet_is_waited_for(device: Make) -> None:
    with sockets.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        states: list[str] = []
        made = device(f"http://127.0.0.1:{port}", on_state=lambda _word, sentence: states.append(sentence))
        running = asyncio.create_task(made.run())
        await asyncio.sleep(0.1)
        await made.stop()
        assert (await running).reason == "asked"
    assert any("cannot be reached" in each for each in states)


async def test_too_many_makes_a_device_wait_longer(device: Make) -> None:
    waits: list[str] = []
    async with socket(closing(4429), stay) as service:
        made = device(service.url, crowded_s=0.4, on_state=lambda word, _sentence: waits.append(word))
        async with made.online():
            await asyncio.sleep(0.2)
            assert service.connections == 1
            async with asyncio.timeout(20):
                while made.connections < 2:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)


async def test_a_refused_upgrade_is_tried_again_when_the_service_says(device: Make) -> None:
    refusals: list[Any] = [(503, {"Retry-After": "1"}), (429, {}), (502, {})]
    async with socket(stay, refuse=lambda: refusals.pop() if refusals else None) as service:
        began = asyncio.get_running_loop().time()
        async with device(service.url).online():
            assert asyncio.get_running_loop().time() - began >= 1.0


@pytest.mark.parametrize(("status", "reason"), [(403, "forbidden"), (404, "no_socket"), (401, "sign_in_again")])
async def test_an_upgrade_refused_for_good_stops_the_device(device: Make, status: int, reason: str) -> None:
    async with socket(refuse=lambda: (status, {})) as service, asyncio.timeout(20):
        assert (await device(service.url).run()).reason == reason


async def test_a_token_that_cannot_be_renewed_stops_the_device_with_advice(device: Make) -> None:
    async with socket(closing(4401)) as service, asyncio.timeout(20):
        ending = await device(service.url, tokens="api-key").run()
    assert ending.reason == "sign_in_again"
    assert "Sign in again" in ending.sentence


async def test_waiting_can_be_stopped(device: Make) -> None:
    async with socket(closing(4429)) as service:
        made = device(service.url, crowded_s=60)
        running = asyncio.create_task(made.run())
        await made.ready()
        await asyncio.sleep(0.1)
        async with asyncio.timeout(20):
            await made.stop()
            assert await running == Ending("asked", "Stopped.")


async def test_a_silent_service_is_given_up(device: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("device.connection._READY_WITHIN_S", 0.1)

    async def silent(peer: Peer) -> None:
        await peer.receive()
        await peer.gone()

    async with socket(silent, stay) as service, device(service.url).online():
        assert service.connections == 2


def test_waits_double_up_to_the_cap_and_begin_anew_after_a_success() -> None:
    class Top(random.Random):
        def uniform(self, a: float, b: float) -> float:
            return max(a, b)

    backoff = Backoff(0.5, 30, Top())
    assert [backoff.next() for _ in range(9)] == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    assert backoff.next(at_least_s=5) == 35
    backoff.reset()
    assert backoff.next() == 0.5


def test_the_jitter_is_full() -> None:
    waits = [Backoff(8, 30, random.Random(seed)).next() for seed in range(500)]
    assert 0 <= min(waits) < 0.5
    assert 7.5 < max(waits) <= 8
    assert 3.5 < statistics.mean(waits) < 4.5


def test_backing_off_for_days_does_not_overflow() -> None:
    backoff = Backoff()
    assert all(0 <= backoff.next() <= 30 for _ in range(3000))


def test_retry_after_is_seconds_or_a_date() -> None:
    assert seconds_in("7") == 7
    assert 55 < seconds_in(format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)) <= 60
    assert [seconds_in(each) for each in ("", "soon", "-3", "Thu, 01 Jan 1970 00:00:00 GMT")] == [0, 0, 0, 0]


async def test_the_devices_own_id_is_made_once_for_a_home(device: Make, tmp_path: Path) -> None:
    assert device("http://127.0.0.1:1").device_id == device("http://127.0.0.1:1").device_id
    assert device("http://127.0.0.1:1", home=tmp_path / "other").device_id != device("http://127.0.0.1:1").device_id
