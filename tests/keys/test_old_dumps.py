"""What a copy of the database opens, before and after an account is erased.

Sealed values open with data keys; data keys are stored wrapped; the master keys that unwrap them are never in the
database. So a dump alone opens nothing, ever. A dump from *before* an erasure still holds the wrapped data key: whoever
has that dump and the master key could open it, until the master key itself has been replaced and thrown away.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from app.keys.master_keys import MasterKeys, WrappedKey
from app.keys.models import Sealed
from app.keys.rotate import KeyRotation
from app.kit.crypto import KEY_BYTES, CannotOpen, KeyRing, Place, unwrap
from app.kit.system_db import SystemDatabase
from app.tables import metadata
from tests.conftest import Service
from tests.factories.approvals import an_approval
from tests.factories.devices import a_device, a_written_call
from tests.factories.memories import LAUNCH, PATTERN, SESSION, memories_of_every_kind
from tests.factories.people import PASSWORD, Person
from tests.factories.rows import Dump, dump, of_user, values
from tests.factories.threads import a_turn

NAMED_BY = {
    "paused_turns": "run_id",
    "memory_inbox": "run_id",
}  # what stands in the place of a sealed value where a row has no id of its own
OF_ACCOUNTS = ["nightly backup", "Adiuva/1.4 (macOS 15)"]
OF_TURNS = ["What does Acme owe us?", "Acme owes 40,000.", "Delete the client “Acme”", "Acme's debts", "Ada's laptop"]
OF_MEMORY = ["Milan", LAUNCH, SESSION, PATTERN, "I live in Rome."]
SECRETS = OF_ACCOUNTS + OF_TURNS + OF_MEMORY


async def furnished(service: Service) -> Person:
    person = await service.person()
    again = await person.sign_in_again("Adiuva/1.4 (macOS 15)")
    await again.post("/auth/api-keys", json={"name": "nightly backup", "scopes": ["read"]})
    await again.post("/auth/email", json={"email": f"new-{person.email}", "password": PASSWORD})
    turn = await a_turn(service, person, "What does Acme owe us?", "Acme owes 40,000.", with_tool="1 client: Acme")
    await person.request("PATCH", f"/threads/{turn.thread_id}", json={"title": "Acme's debts"})
    await an_approval(service, person, summary="Delete the client “Acme”")
    await a_written_call(service, person, await a_device(service, person, name="Ada's laptop"))
    await memories_of_every_kind(service, person)
    return again


async def erased(person: Person) -> None:
    answer = await person.request("DELETE", "/account", json={"password": PASSWORD})
    assert answer.status_code == 202


def sealed_values(rows: Dump) -> Iterator[tuple[Place, bytes]]:
    """Everything sealed in these rows, and where it was sealed."""
    for table in metadata.tables.values():
        for column in table.c:
            name = NAMED_BY.get(table.name, "id")
            if isinstance(column.type, Sealed) and name in table.c:
                for row in rows.get(table.name, []):
                    if row[column.name] is not None:
                        yield Place(table.name, column.name, row[name]), bytes(row[column.name])


def data_keys(rows: Dump, master_keys: MasterKeys) -> dict[int, bytes]:
    """What a holder of the master keys gets out of the wrapped keys in these rows."""
    found: dict[int, bytes] = {}
    for row in rows.get("user_keys", []):
        try:
            wrapped = WrappedKey(row["master_key_id"], bytes(row["wrapped_key"]))
            found[row["version"]] = master_keys.unwrap(UUID(str(row["user_id"])), row["version"], wrapped)
        except CannotOpen:
            continue
    return found


async def opened(sealed: list[tuple[Place, bytes]], keys: dict[int, bytes]) -> list[str]:
    if not keys:
        return []
    ring, texts = KeyRing(keys), []
    for place, value in sealed:
        try:
            texts.append((await ring.open_bytes(place, value)).decode(errors="replace"))
        except CannotOpen:
            continue
    return texts


def every_key_there_could_be(rows: Dump) -> set[bytes]:
    """Each 32 bytes in a row of anything stored as bytes."""
    windows: set[bytes] = set()
    for column, value in values(rows):
        if column.startswith(("user_keys.", "refresh_tokens.", "api_keys.key_hash", "one_time_tokens.token_hash")):
            windows |= {value[at : at + KEY_BYTES] for at in range(len(value) - KEY_BYTES + 1)}
    return windows


def configured(service: Service) -> MasterKeys:
    assert service.settings.master_keys is not None
    return MasterKeys.parse(service.settings.master_keys.get_secret_value())


@pytest.fixture
def url(fresh_superuser_url: str) -> str:
    return fresh_superuser_url


async def test_the_tools_of_these_tests_open_what_can_be_opened(own_service_at_rest: Service, url: str) -> None:
    service = own_service_at_rest
    ada = await furnished(service)
    before = of_user(dump(url), await ada.id())
    sealed = list(sealed_values(before))
    texts = await opened(sealed, data_keys(before, configured(service)))
    assert len(texts) == len(sealed) >= 16
    assert {place.table for place, _ in sealed} >= {
        "threads",
        "thread_events",
        "runs",
        "approvals",
        "paused_turns",
        "memories",
        "memory_versions",
        "memory_inbox",
    }
    assert [secret for secret in (*SECRETS, f"new-{ada.email}") if secret not in "\n".join(texts)] == []


async def test_a_dump_without_the_master_keys_opens_nothing(own_service_at_rest: Service, url: str) -> None:
    """Not with its own bytes as keys, and not with somebody else's master key of the same name."""
    ada = await furnished(own_service_at_rest)
    before = of_user(dump(url), await ada.id())
    await erased(ada)
    both = {**before, "after": [row for rows in dump(url).values() for row in rows]}
    sealed = list(sealed_values(before))
    for key in every_key_there_could_be(both):
        assert await opened(sealed, {1: key}) == []
        for row in before["user_keys"]:
            with pytest.raises(CannotOpen):
                unwrap(key, bytes(row["wrapped_key"]), UUID(str(row["user_id"])).bytes + b"\x00\x00\x00\x01")
    assert data_keys(before, MasterKeys.parse(MasterKeys.make())) == {}


async def test_no_content_stands_in_a_dump_in_clear(own_service_at_rest: Service, url: str) -> None:
    ada = await furnished(own_service_at_rest)
    for _, value in values(dump(url)):
        for secret in (*SECRETS, f"new-{ada.email}", PASSWORD):
            assert secret.encode() not in value


async def test_ciphertext_from_before_and_all_that_is_left_after_open_nothing_even_with_the_master_keys(
    own_service_at_rest: Service, url: str
) -> None:
    """Replicas, write-ahead logs, files forgotten somewhere: ciphertext without a key, from the very answer on."""
    service = own_service_at_rest
    ada = await furnished(service)
    sealed = list(sealed_values(of_user(dump(url), await ada.id())))
    await erased(ada)
    after = dump(url)
    assert await opened(sealed, data_keys(after, configured(service))) == []
    for key in every_key_there_could_be(after):
        assert await opened(sealed, {1: key}) == []


async def test_only_with_the_master_key_of_its_time_does_a_dump_from_before_open(
    own_service_at_rest: Service, url: str
) -> None:
    """The limit of what an erasure can do to copies made before it, and how to go further: a rotation, after which the
    old master key is thrown away, closes older dumps for everybody."""
    service = own_service_at_rest
    ada = await furnished(service)
    before = of_user(dump(url), await ada.id())
    await erased(ada)
    assert await opened(list(sealed_values(before)), data_keys(before, configured(service))) != []

    old = configured_text(service)
    rotated = f"{MasterKeys.make('k2')},{old}"
    assert service.settings.database_url is not None
    system = SystemDatabase(service.settings.database_url)
    await KeyRotation(system, MasterKeys.parse(rotated)).run(lambda *_: None)
    await system.close()
    without_the_old = MasterKeys.parse(rotated.partition(",")[0])
    assert data_keys(before, without_the_old) == {}
    assert await opened(list(sealed_values(before)), data_keys(before, without_the_old)) == []


def configured_text(service: Service) -> str:
    assert service.settings.master_keys is not None
    return service.settings.master_keys.get_secret_value()


def test_every_sealed_column_is_looked_at() -> None:
    """`kept_answers` has no id of its own; its rows are sealed by their key's hash, and go with the account."""
    tables: list[Any] = [t for t in metadata.tables.values() if any(isinstance(c.type, Sealed) for c in t.c)]
    assert {table.name for table in tables if NAMED_BY.get(table.name, "id") not in table.c} == {"kept_answers"}
