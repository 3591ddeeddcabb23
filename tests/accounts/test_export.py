import io
import json
import zipfile
from typing import Any

import psycopg

from tests.conftest import Service
from tests.factories.administrators import audited
from tests.factories.approvals import an_approval
from tests.factories.budgets import used
from tests.factories.mailbox import mail_to, secret_in
from tests.factories.people import PASSWORD, Person
from tests.factories.rows import dump, of_user, values


async def archive(person: Person) -> zipfile.ZipFile:
    answer = await person.get("/account/export")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert "attachment" in answer.headers["content-disposition"]
    return zipfile.ZipFile(io.BytesIO(answer.content))


async def exported(person: Person) -> dict[str, list[dict[str, Any]]]:
    """The records of each file."""
    file = await archive(person)
    assert file.testzip() is None
    contents = {name.removesuffix(".json"): json.loads(file.read(name)) for name in file.namelist()}
    assert "live on your own device" in contents.pop("about")["about"]
    return contents


async def test_everything_stored_is_in_it_decrypted(service: Service, ada: Person) -> None:
    await ada.sign_in_again("Adiuva/1.4 (macOS 15)")
    await ada.post("/auth/api-keys", json={"name": "nightly backup", "scopes": ["read"]})
    await ada.post("/auth/email", json={"email": f"new-{ada.email}", "password": PASSWORD})
    records = await exported(ada)
    [user] = records["users"]
    assert (user["email"], user["tier"], user["id"]) == (ada.email, "free", await ada.id())
    assert user["created_at"] == (await ada.get("/auth/me")).json()["created_at"]
    assert "Adiuva/1.4 (macOS 15)" in [session["client"] for session in records["user_sessions"]]
    assert {session["address"] for session in records["user_sessions"]} == {"127.0.0.1"}
    assert [key["name"] for key in records["api_keys"]] == ["nightly backup"]
    assert f"new-{ada.email}" in [token["new_email"] for token in records["one_time_tokens"]]
    kinds = {entry["kind"] for entry in records["audit_entries"]}
    assert {"registered", "signed_in", "api_key_created", "exported"} <= kinds


async def test_every_table_with_rows_of_the_user_is_in_it_or_left_out_for_a_reason(
    ada: Person, superuser_url: str
) -> None:
    await ada.post("/auth/api-keys", json={"name": "a script", "scopes": ["read"]})
    records = await exported(ada)
    held = of_user(dump(superuser_url), await ada.id()).keys() - {"procrastinate_jobs", "procrastinate_events"}
    assert held - records.keys() == {"refresh_tokens", "user_keys"}
    assert "users" in records


async def test_what_was_asked_decided_and_used_is_in_it(service: Service, ada: Person) -> None:
    policy = {"insert": "ask", "update": "allow", "delete": "deny"}
    await ada.request("PUT", "/chat/approval-policy", json=policy)
    approval = await an_approval(service, ada, summary="Create the task “Buy milk”", args={"title": "Buy milk"})
    body = {"decision": "reject", "reason": "I have milk"}
    assert (await ada.post(f"/approvals/{approval.id}", json=body)).status_code == 200
    await used(service, ada, 1000)
    records = await exported(ada)
    [asked] = records["approvals"]
    assert (asked["summary"], json.loads(asked["args"])) == ("Create the task “Buy milk”", {"title": "Buy milk"})
    assert (asked["decision"], asked["reason"], asked["decided_by"]) == ("reject", "I have milk", "api")
    [decided] = records["approval_policies"]
    assert {name: decided[name] for name in policy} == policy
    assert [(month["input_tokens"], month["turns"]) for month in records["token_usage"]] == [(1000, 1)]
    assert "paused_turns" not in records


async def test_no_hash_or_secret_is_in_it(service: Service, ada: Person, superuser_url: str) -> None:
    key = (await ada.post("/auth/api-keys", json={"name": "a script", "scopes": ["read"]})).json()["key"]
    link = secret_in(await mail_to(service, ada.email, "Confirm your e-mail address"))
    file = await archive(ada)
    text = "".join(file.read(name).decode() for name in file.namelist())
    for secret in (key, link, ada.password, ada.refresh_token, ada.access_token):
        assert secret not in text
    rows = of_user(dump(superuser_url), await ada.id())
    hashes = [value for column, value in values(rows) if column.endswith(("_hash", ".wrapped_key"))]
    assert len(hashes) >= 4
    for value in hashes:
        assert value.hex() not in text
        assert repr(value) not in text
        assert value.decode("latin-1") not in text


async def test_nothing_of_anybody_else_is_in_it(ada: Person, bob: Person) -> None:
    await bob.sign_in_again("Bob's own client")
    await bob.post("/auth/api-keys", json={"name": "Bob's key", "scopes": ["read"]})
    file = await archive(ada)
    text = "".join(file.read(name).decode() for name in file.namelist())
    for theirs in (bob.email, await bob.id(), "Bob's"):
        assert theirs not in text


async def test_an_export_is_on_record(ada: Person, admin: Person) -> None:
    await archive(ada)
    [entry] = await audited(admin, await ada.id(), "exported")
    assert entry["actor_id"] == await ada.id()


async def test_one_unreadable_value_is_told_and_not_guessed(ada: Person, superuser_url: str) -> None:
    """A value from another row, as a mistake in a restore would leave it."""
    for name in ("first", "second"):
        await ada.post("/auth/api-keys", json={"name": name, "scopes": ["read"]})
    with psycopg.connect(superuser_url) as connection:
        connection.execute(
            "UPDATE api_keys SET name = (SELECT name FROM api_keys k WHERE k.user_id = %(user)s"
            " ORDER BY created_at LIMIT 1) WHERE user_id = %(user)s",
            {"user": await ada.id()},
        )
    answer = await ada.get("/account/export")
    assert (answer.status_code, answer.json()["code"]) == (500, "data_unreadable")
