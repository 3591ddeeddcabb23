"""A client that keeps the protocol passes; one that breaks a rule fails that rule, with a sentence that says how."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from device.conformance.report import Result
from tests.conformance.honest import HonestClient
from tests.conformance.runs import Run, checked

ALWAYS = ("handshake", "heartbeat", "actions", "select", "vectors", "discipline")
"""Tried on every broken client, beside the group of its fault: nothing else may be found wrong."""


# For clients that leave things out: each of them is waited for.
IMPATIENT = {"patience": 1.0, "reconnect_within": 2.0}
PATIENT = {"patience": 5.0, "reconnect_within": 10.0}


async def _checked(*faults: str, only: Sequence[str] = (), **options: Any) -> tuple[Run, HonestClient]:
    clients: list[HonestClient] = []

    async def run(port: int) -> None:
        clients.append(HonestClient(port, *faults))
        await clients[0].run()

    return await checked(run, *only, **options), clients[0]


async def test_an_honest_client_passes_every_rule_and_is_left_as_it_was() -> None:
    run, client = await _checked()
    assert run.ids(Result.FAIL) | run.ids(Result.WARNING) == set()
    assert run.ids(Result.SKIPPED) == {
        "idempotency.after-restart",
        "stops.revoked",
        "stops.protocol",
        "asking.request-id",  # nobody asks without --ask
        "asking.again",
        "asking.refused",
    }
    assert run.status == 0
    assert not any(client.tables.values())


async def test_a_client_without_a_journal_is_given_ids_and_passes() -> None:
    run, client = await _checked("no journal")
    assert run.ids(Result.FAIL) == set()
    assert run.ids(Result.WARNING) == {"handshake.journal"}
    assert run.status == 0
    assert not any(client.tables.values())


async def test_a_client_that_says_nothing_of_its_journal_is_taken_to_keep_one() -> None:
    run, _ = await _checked("says nothing of a journal", only=("handshake", "idempotency"))
    assert run.ids(Result.FAIL) == set()
    assert run.ids(Result.WARNING) == {"handshake.journal"}


async def test_null_is_the_same_as_leaving_a_field_out() -> None:
    run, _ = await _checked("nulls for what it leaves out", only=("handshake", "discipline"))
    assert run.ids(Result.FAIL) | run.ids(Result.WARNING) == set()


@pytest.mark.parametrize("way", ["subprotocol", "query", "ticket"])
async def test_each_way_to_present_a_token_is_known(way: str) -> None:
    run, _ = await _checked(way, only=("handshake", "reconnect.cut", "discipline"))
    assert run.ids(Result.FAIL) == set()
    assert run.of("handshake.token").note == f"by {way.replace('query', 'token')}"


async def test_a_client_that_cannot_sign_in_here_is_not_blamed_for_it() -> None:
    run, _ = await _checked("a fixed token", only=("auth.fresh-token", "reconnect.token"))
    assert run.ids(Result.SKIPPED) == {"auth.fresh-token", "reconnect.token"}


@dataclass(frozen=True)
class Broken:
    fault: str
    fails: str
    expected: str
    got: str
    warns: str = ""
    also: str = ""
    """Further rules or groups to try."""


ERRORS = "action table column order-column types required"
JOURNAL = "insert in-flight update delete vector after-cut"
BROKEN = [
    Broken("no token", "handshake.token", "a token as", "none of them"),
    Broken("timezone", "handshake.hello-fields discipline.fields", "IANA", "Moon/Sea"),
    Broken("talks before ready", "handshake.waits", "silence", "cancel"),
    Broken("never pongs", "heartbeat.pong heartbeat.pong-in-flight", "`pong` within", "none"),
    Broken("createdAt is text", "actions.types", "integer milliseconds", '"2026-01-01T00:00:00Z"'),
    Broken("no aiSummary", "actions.columns", "every column of `projects`", "no aiSummary"),
    Broken("null for false", "actions.delete", "`deleted`, true or false", "null"),
    Broken("updatedAt stands still", "actions.updated-at", "`updatedAt` later than", ""),
    Broken("search is case-sensitive", "select.search-case", "Buy MILK", "0: []", "select.search-case-unicode"),
    Broken("ends are open", "select.due-dates", "both ends of the range (2 in all)", "1: ", "select.dates-ends"),
    Broken("shows archived", "select.archived", "the active project (1 in all)", "2: "),
    Broken("order only rises", "select.order select.order-numbers", "titles c, b, a", ' a","'),
    Broken("no limit", "select.limit", "the first two by title (2 in all)", "3: "),
    Broken(
        "farthest first", "vectors.search vectors.limit vectors.replace", "near, middle, far", "far", "vectors.score"
    ),
    Broken("no vector filters", "vectors.filters", "only the note of the project", "2: "),
    Broken("keeps vectors", "", "nothing of a deleted note", "the note", "vectors.forget"),
    Broken("takes unknown columns", "errors.column", "there is no such column", "row"),
    Broken(
        "errors are objects",
        " ".join(f"errors.{each}" for each in ERRORS.split()),
        "`error` with",
        '{"text"',
        "errors.column-types",
    ),
    Broken("too large", "errors.too-large discipline.size", "1,048,576 bytes", "frame beyond it"),
    Broken("refuses past deadlines", "errors.past-deadline", "`row`, an object", "too late"),
    Broken(
        "forgets its journal", " ".join(f"idempotency.{each}" for each in JOURNAL.split()), "one row after", "2 rows"
    ),
    Broken(
        "forgets its journal + says nothing of a journal",
        " ".join(f"idempotency.{each}" for each in JOURNAL.split()),
        "one row after",
        "2 rows; a client that keeps no journal of calls has to say `journal: false` in its hello",
        "handshake.journal",
    ),
    Broken("answers twice", "", "one `tool_result` for each time", "2 for a call of", "discipline.answers-once"),
    Broken("talks too much", "", "`type`, `id` and `row`", "also `took_ms`", "discipline.exact-results"),
    Broken("pongs twice", "", "only as the answer to a `ping`", "nobody asked for", "discipline.pongs"),
    Broken("binary frames", "discipline.text-frames", "text frames only", "a binary frame of"),
    Broken("ticket + one ticket", "discipline.tickets", "a fresh ticket", "used before", also="reconnect.cut"),
    Broken(
        "closes on unknown frames",
        "unknown.type unknown.not-an-object discipline.stays",
        "the connection to last after a frame of an unknown type",
        "the client closed the connection with 1003",
    ),
    Broken(
        "closes on bad JSON",
        "unknown.bad-json unknown.not-an-object discipline.stays",
        "the connection to last after frames that are not JSON",
        "the client closed the connection with 1003",
    ),
    Broken(
        "answers unknown frames with error",
        "unknown.type unknown.not-an-object discipline.vocabulary",
        "nothing in reply to a frame of an unknown type",
        '"type":"error"',
    ),
    Broken(
        "closes when asked for approval",
        "approvals.asked approvals.again discipline.stays",
        "the connection to last while the user is asked",
        "the client closed the connection with 1003",
    ),
    Broken("approves what nobody asked", "discipline.known-approvals", "only for an id", "reject", also="approvals"),
    Broken("edits without arguments", "discipline.fields", "changed `args`", "edit", also="approvals"),
    Broken("no auth refresh", "auth.refresh", "`auth_refresh` within", "none"),
    Broken("the same token", "", "a new token", "connected with", "auth.fresh-token", "auth"),
    Broken(
        "no resume",
        "resume.offers resume.continues resume.missed resume.several resume.lost",
        "`resume` with {'conformance-",
        "resume: {} (the turn was the checker's own",
    ),
    Broken("set back by repeats", "resume.continues", ": 4}", ": 3}"),
    Broken("keeps ended turns", "resume.ended resume.continues", "without the turn that ended", ": 3}"),
    Broken("keeps lost turns", "resume.lost", "without the turn that was in `lost`", ": 3}"),
    Broken("no back-off", "", "waits that grow on the whole", " s", "reconnect.back-off", "reconnect"),
    Broken("a new device each time", "reconnect.same-device", "`device_id`", ""),
    Broken("keeps its token", "reconnect.token", "a token that was refreshed", "the same token again"),
    Broken("reconnects after 4409", "stops.replaced", "no new connection after close code 4409", "one after 0"),
    Broken("reconnects after 4403", "stops.revoked", "no new connection after close code 4403", "one after 0"),
    Broken("reconnects after 4400", "stops.protocol", "no new connection after close code 4400", "one after 0"),
]


async def test_a_broken_client_fails_its_rule_and_no_other(subtests: pytest.Subtests) -> None:
    """Several at a time: a run is mostly waiting."""
    few = asyncio.Semaphore(6)

    async def run(broken: Broken, **waits: float) -> Run:
        slow = {rule_id.partition(".")[0] for rule_id in broken.fails.split()} - set(ALWAYS)
        # Of the rules that stop a client only its own: a client that keeps one of them is gone for the next.
        groups = broken.fails.split() if "stops" in slow else [*slow, *broken.also.split()]
        async with few:
            return (await _checked(*broken.fault.split(" + "), only=[*ALWAYS, *groups], **waits))[0]

    runs = await asyncio.gather(*(run(broken, **IMPATIENT) for broken in BROKEN))
    for broken, found in zip(BROKEN, runs, strict=True):
        with subtests.test(broken.fault):
            # A machine that stands still for a second looks like a client that does.
            again = found if _is_judged(broken, found) else await run(broken, **PATIENT)
            _as_expected(broken, again)


def _is_judged(broken: Broken, run: Run) -> bool:
    verdicts = (run.ids(Result.FAIL), run.ids(Result.WARNING))
    return verdicts == (set(broken.fails.split()), set(broken.warns.split()))


def _as_expected(broken: Broken, run: Run) -> None:
    fails, warns = broken.fails.split(), broken.warns.split()
    assert run.ids(Result.FAIL) == set(fails), run.text
    assert run.ids(Result.WARNING) == set(warns), run.text
    assert run.status == (1 if fails else 0)
    verdict = run.of([*fails, *warns][0])
    assert broken.expected in verdict.expected
    assert broken.got in verdict.got
    assert f"expected {verdict.expected}" in run.text
    assert f"got      {verdict.got}" in run.text


async def test_what_a_forgetful_client_did_twice_is_tidied_up_too() -> None:
    run, client = await _checked("forgets its journal", only=("idempotency.insert", "idempotency.after-cut"))
    assert run.status == 1
    assert not any(client.tables.values())
