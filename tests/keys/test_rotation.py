import asyncio
import os
import secrets
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from app.keys.master_keys import MasterKeys, WrappedKey
from app.keys.rotate import BATCH, KeyRotation, MasterKeyMissing, Rotated
from app.kit.system_db import SystemDatabase
from tests.factories.people import Person
from tests.factories.waiting import until

ROOT = Path(__file__).parent.parent.parent
K1, K2 = MasterKeys.make("k1"), MasterKeys.make("k2")
OLD, BOTH, NEW = MasterKeys.parse(K1), MasterKeys.parse(f"{K2},{K1}"), MasterKeys.parse(K2)


def fill(url: str, people: int, *, versions: int = 1) -> dict[tuple[UUID, int], bytes]:
    """People with data keys wrapped by the old master key; what each key is."""
    keys = {(uuid4(), v): secrets.token_bytes(32) for _ in range(people) for v in (1,)}
    keys |= {(user, v): secrets.token_bytes(32) for user, _ in list(keys) for v in range(2, versions + 1)}
    now = datetime.now(UTC)
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        with cursor.copy("COPY users (id, email, password_hash, created_at) FROM STDIN") as copy:
            for user in {user for user, _ in keys}:
                copy.write_row((user, f"{user}@example.com", "x", now))
        with cursor.copy(
            "COPY user_keys (user_id, version, master_key_id, wrapped_key, created_at) FROM STDIN"
        ) as copy:
            for (user, version), key in keys.items():
                copy.write_row((user, version, "k1", OLD.wrap(user, version, key).wrapped, now))
    return keys


def stored(url: str) -> dict[tuple[UUID, int], WrappedKey]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT user_id, version, master_key_id, wrapped_key FROM user_keys").fetchall()
    return {(user, version): WrappedKey(key_id, bytes(wrapped)) for user, version, key_id, wrapped in rows}


def wrapped_by(url: str) -> Counter[str]:
    return Counter(key.master_key_id for key in stored(url).values())


def unwrapped(url: str, master_keys: MasterKeys) -> dict[tuple[UUID, int], bytes]:
    return {(user, v): master_keys.unwrap(user, v, key) for (user, v), key in stored(url).items()}


@asynccontextmanager
async def rotation(url: str, master_keys: MasterKeys) -> AsyncIterator[KeyRotation]:
    system = SystemDatabase(url)
    try:
        yield KeyRotation(system, master_keys)
    finally:
        await system.close()


async def test_every_key_is_wrapped_anew_and_stays_the_same(fresh_database_url: str, fresh_superuser_url: str) -> None:
    keys = fill(fresh_superuser_url, 30, versions=2)
    shown: list[tuple[int, int]] = []
    async with rotation(fresh_database_url, BOTH) as rotate:
        assert await rotate.run(lambda done, total: shown.append((done, total))) == Rotated(60, 0)
        assert await rotate.run(lambda *_: None) == Rotated(0, 0)
    assert unwrapped(fresh_superuser_url, NEW) == keys
    assert shown[-1] == (60, 60)


@pytest.mark.faults
async def test_ten_thousand_people_take_less_than_a_minute(fresh_database_url: str, fresh_superuser_url: str) -> None:
    keys = fill(fresh_superuser_url, 10_000)
    started = time.perf_counter()
    async with rotation(fresh_database_url, BOTH) as rotate:
        assert await rotate.run(lambda *_: None) == Rotated(10_000, 0)
    seconds = time.perf_counter() - started
    sys.stdout.write(f"\n10,000 data keys re-wrapped in {seconds:.1f} s\n")
    assert seconds < 60
    assert unwrapped(fresh_superuser_url, NEW) == keys


async def test_cut_half_way_everything_opens_and_the_next_run_goes_on(
    fresh_database_url: str, fresh_superuser_url: str
) -> None:
    keys = fill(fresh_superuser_url, 3 * BATCH)

    class PowerCut(Exception): ...

    def cut(done: int, total: int) -> None:
        raise PowerCut

    async with rotation(fresh_database_url, BOTH) as rotate:
        with pytest.raises(PowerCut):
            await rotate.run(cut)
    assert wrapped_by(fresh_superuser_url) == {"k2": BATCH, "k1": 2 * BATCH}
    assert unwrapped(fresh_superuser_url, BOTH) == keys
    async with rotation(fresh_database_url, BOTH) as rotate:
        assert await rotate.run(lambda *_: None) == Rotated(2 * BATCH, 0)
    assert unwrapped(fresh_superuser_url, NEW) == keys


async def test_a_damaged_data_key_is_left_alone_and_told(fresh_database_url: str, fresh_superuser_url: str) -> None:
    fill(fresh_superuser_url, BATCH + 10)
    with psycopg.connect(fresh_superuser_url) as connection:
        connection.execute(
            "UPDATE user_keys SET wrapped_key = decode('00', 'hex')"
            " WHERE user_id = (SELECT min(user_id::text)::uuid FROM user_keys)"
        )
    async with rotation(fresh_database_url, BOTH) as rotate:
        assert await rotate.run(lambda *_: None) == Rotated(BATCH + 9, 1)
    assert wrapped_by(fresh_superuser_url) == {"k2": BATCH + 9, "k1": 1}


@pytest.mark.faults
async def test_killed_outright_it_goes_on_where_it_was(
    fresh_database_url: str, fresh_superuser_url: str, tmp_path: Path
) -> None:
    keys = fill(fresh_superuser_url, 8 * BATCH)
    environment = {
        **os.environ,
        "ENV": "test",
        "DATABASE_URL": fresh_database_url,
        "DATA_DIR": str(tmp_path),
        "JWT_SECRET": secrets.token_urlsafe(48),
        "MASTER_KEYS": f"{K2},{K1}",
    }
    command = [sys.executable, "-m", "app", "keys", "rotate"]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    await until(lambda: wrapped_by(fresh_superuser_url)["k2"], within_s=60)
    if process.returncode is None:
        process.kill()
    await process.wait()
    assert unwrapped(fresh_superuser_url, BOTH) == keys
    again = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    told, _ = await again.communicate()
    assert again.returncode == 0
    assert b"all are wrapped by k2 now" in told
    assert unwrapped(fresh_superuser_url, NEW) == keys


async def test_two_at_once_wrap_each_key_once(fresh_database_url: str, fresh_superuser_url: str) -> None:
    keys = fill(fresh_superuser_url, 2 * BATCH)
    async with rotation(fresh_database_url, BOTH) as one, rotation(fresh_database_url, BOTH) as other:
        done = await asyncio.gather(one.run(lambda *_: None), other.run(lambda *_: None))
    assert sum(each.rewrapped for each in done) == 2 * BATCH
    assert unwrapped(fresh_superuser_url, NEW) == keys


async def test_people_come_and_go_and_read_while_it_runs(
    own_service: Callable[..., Any], fresh_superuser_url: str
) -> None:
    """The service that runs has the new key first already, as the README tells to do it."""
    async with own_service(master_keys=K1) as service:
        early = [await service.person() for _ in range(5)]
        for person in early:
            await person.post("/auth/api-keys", json={"name": "nightly", "scopes": ["read"]})
    fill(fresh_superuser_url, 5 * BATCH)
    async with (
        own_service(master_keys=f"{K2},{K1}") as service,
        rotation(service.settings.database_url, BOTH) as rotate,
    ):
        for person in early:
            person.http = service.http
        running = asyncio.create_task(rotate.run(lambda *_: None))
        leaver = early.pop()
        assert (await leaver.request("DELETE", "/account", json={"password": leaver.password})).status_code == 202
        newcomers: list[Person] = []
        while not running.done() or len(newcomers) < 3:
            newcomers.append(await service.person())
            for person in (*early, newcomers[-1]):
                answer = await person.get("/auth/api-keys")
                assert answer.status_code == 200
                assert [key["name"] for key in answer.json()["items"]] in (["nightly"], [])
        await running
    assert set(wrapped_by(fresh_superuser_url)) == {"k2"}
    async with own_service(master_keys=K2) as service:
        for person in early:
            person.http = service.http
            assert (await person.get("/auth/api-keys")).json()["items"][0]["name"] == "nightly"


async def test_without_an_old_key_that_is_in_use_nothing_is_begun(
    fresh_database_url: str, fresh_superuser_url: str
) -> None:
    fill(fresh_superuser_url, 3)
    async with rotation(fresh_database_url, NEW) as rotate:
        with pytest.raises(MasterKeyMissing, match="k1"):
            await rotate.run(lambda *_: None)
        assert await rotate.in_use() == {"k1": 3}
    assert wrapped_by(fresh_superuser_url) == {"k1": 3}
