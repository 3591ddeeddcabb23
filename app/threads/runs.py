"""Runs: the rows of turns. A turn opens one, may put it to wait for an approval, and finishes it; a process keeps the
leases of its own and ends what dead ones left behind.

Each verb is one short transaction; opening and finishing, which every turn pays, are one round trip each. `also` is what
the caller of a verb writes in the same transaction: exactly when the verb has its effect.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.billing.token_budget import Spent
from app.edge.problems import database_is_away
from app.keys.vault import KeysUnavailable, KeyVault
from app.kit.clock import Clock
from app.kit.crypto import KeyRing, Place
from app.kit.db import Database
from app.threads import leases
from app.threads.content import from_json
from app.threads.finishing import finished
from app.threads.interrupting import interrupted
from app.threads.models import Run
from app.threads.opening import opened
from app.threads.records import NewRun, OpenedRun, Outcome, RunRecord, WaitingRun
from app.threads.rings import ring_of

log = structlog.stdlib.get_logger()

Also = Callable[[AsyncSession], Awaitable[None]]


class Runs:
    def __init__(self, db: Database, vault: KeyVault, clock: Clock, owner: UUID) -> None:
        """`owner`: this process, by an id nobody else has, and no process before it had."""
        self._db, self._vault, self._clock, self._owner = db, vault, clock, owner
        self._held: set[UUID] = set()  # opened or claimed here, and not known to be over
        self._renewing = asyncio.Lock()

    async def open(self, new: NewRun) -> OpenedRun:
        """Begin a turn in a new thread, or in one of the user's own.

        Raises `RunExists`, `NotFound` for a thread that is not the user's, `NotAuthenticated` when the account is gone.
        """
        keys = await ring_of(self._db, self._vault, new.user_id)
        run = await opened(self._db, keys, new, self._owner, self._clock.now())
        self._held.add(run.id)
        return run

    async def finish(self, run: OpenedRun, outcome: Outcome, *, spent: Spent | None = None) -> bool:
        """End the turn, append its events, count what it has spent, and forget how it waited. False, and nothing is
        written, when it is not this process's to end: it was taken for dead, somebody else ended it, or its thread was
        deleted. Until then, and until `forget`, its lease is renewed."""
        keys = await ring_of(self._db, self._vault, run.user_id)
        is_kept = await finished(self._db, keys, run, outcome, self._owner, self._clock.now(), spent)
        self._held.discard(run.id)
        return is_kept

    def forget(self, run: OpenedRun) -> None:
        """Nothing more is done for it here: if it has not ended, its lease runs out."""
        self._held.discard(run.id)

    async def wait(self, run: OpenedRun, *, also: Also | None = None) -> bool:
        """Put the run to wait: if this process dies, another one waits on. False as for `finish`."""
        async with self._db.of(run.user_id) as session:
            if not await leases.put_to_wait(session, run, self._owner, self._clock.now()):
                return False
            if also is not None:
                await also(session)
        return True

    async def claim(self, copy: leases.Copy, *, also: Also | None = None) -> OpenedRun | None:
        """Go on with a waiting run. Of several who try, in whichever processes, one gets it; the others get None, and so
        does a copy that is older than the wait."""
        async with self._db.of(copy.user_id) as session:
            run = await leases.claimed(session, copy, self._owner, self._clock.now())
            if run is None:
                return None
            if also is not None:
                await also(session)
        self._held.add(run.id)
        return run

    async def adopt(self, copy: leases.Copy) -> OpenedRun | None:
        """Wait for a waiting run from here on, in place of a process that is gone. None when that one is alive, or
        somebody else was faster."""
        async with self._db.of(copy.user_id) as session:
            run = await leases.adopted(session, copy, self._owner, self._clock.now())
        if run is not None:
            self._held.add(run.id)
        return run

    async def release(self, waiting: Collection[UUID]) -> None:
        """Let go of these runs, which wait: this process stops, and the next one has them at once."""
        self._held.difference_update(waiting)
        # A renewal under way would set their leases again; and the statement skips what another one has locked.
        async with self._renewing, self._db.of_nobody() as session:
            await leases.released(session, self._owner, waiting)

    async def renew(self) -> list[UUID]:
        """Renew the leases of all running runs of this process; to be called every `leases.RENEW_EVERY_S` seconds.

        Returns the runs that should stop: their cancel was requested, or they are not this process's any more (deleted
        with their thread or account, ended by somebody else). The latter are told once.
        """
        async with self._renewing, self._db.of_nobody() as session:
            held = set(self._held)
            live = await leases.renewed(session, self._owner, held, self._clock.now())
        lost = (held & self._held) - live.keys()
        self._held -= lost
        return [*lost, *(run_id for run_id, is_unwanted in live.items() if is_unwanted)]

    async def interrupt_abandoned(self) -> list[tuple[UUID, UUID]]:
        """End the running runs whose lease is over, whoever held them: failed, `interrupted`. Returns (user, run).

        Any number of processes may do this at the same time; each run is ended, and told of, by one.
        """
        async with self._db.of_nobody() as session:
            found = await leases.abandoned(session, self._clock.now())
        return [(user_id, run_id) for user_id, run_id in found if await self._interrupt(user_id, run_id)]

    async def _interrupt(self, user_id: UUID, run_id: UUID) -> bool:
        """One that cannot be ended now holds up no other; the next sweep tries it again."""
        try:
            keys = await ring_of(self._db, self._vault, user_id)
            ended = await interrupted(self._db, keys, user_id, run_id, self._clock.now())
        except KeysUnavailable:  # an account that is being erased: its rows are about to go
            log.warning("run_not_interrupted", run_id=str(run_id), code=KeysUnavailable.code)
            return False
        except Exception as error:
            if database_is_away(error):
                log.warning("run_not_interrupted", run_id=str(run_id), error=type(error).__name__)
            else:
                log.exception("run_not_interrupted", run_id=str(run_id))
            return False
        if ended:
            log.warning("run_interrupted", run_id=str(run_id))
        return ended

    async def waiting(self, *, are_left: bool = False) -> list[WaitingRun]:
        """Every waiting run, oldest first. `are_left`: those only that nobody alive waits for."""
        async with self._db.of_nobody() as session:
            return await leases.waiting(session, self._clock.now() if are_left else None)

    async def request_cancel(self, user_id: UUID, request_id: str) -> bool:
        """Ask whichever process has the run to stop it; `renew` tells it there. False when nothing is under way.

        A waiting run may be nobody's: whoever takes it up is told.
        """
        async with self._db.of(user_id) as session:
            return await leases.cancel_requested(session, user_id, request_id)

    async def find(self, user_id: UUID, request_id: str) -> RunRecord | None:
        mine = select(Run).where(Run.user_id == user_id, Run.request_id == request_id)
        async with self._db.of(user_id) as session:
            row = await session.scalar(mine)
            if row is None:
                return None
            keys = await self._vault.of(session, user_id)
        return await _revealed(row, keys)


async def _revealed(row: Run, keys: KeyRing) -> RunRecord:
    response = row.response and await keys.open(Place("runs", "response", row.id), row.response)
    mutations = row.mutations and await keys.open(Place("runs", "mutations", row.id), row.mutations)
    return RunRecord(
        id=row.id,
        thread_id=row.thread_id,
        request_id=row.request_id,
        request_hash=row.request_hash,
        kind=row.kind,  # type: ignore[arg-type]  # the table's own check
        status=row.status,  # type: ignore[arg-type]  # likewise
        error_code=row.error_code,
        response=response or "",
        mutations=from_json(mutations) if mutations else [],
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        created_at=row.created_at,
        ended_at=row.ended_at,
    )
