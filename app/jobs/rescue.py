"""Taking back the jobs of workers that died, and the claims whose answer was lost on the way."""

from collections.abc import Iterable
from typing import Any

from app.jobs.claims import Claim, Claims
from app.jobs.statements import MINE, STALLED
from app.jobs.tasks import Failure

WORKER_LOST = Failure("WorkerLost")


class Rescue:
    """Every worker runs one; any number may look at the same time.

    An attempt that ended with its worker counts as failed, so that a job which kills its worker each time ends as
    failed instead of going round for ever. It is taken again without a pause: most of the time it is not to blame.
    """

    def __init__(self, claims: Claims, *, stalled_after_s: float) -> None:
        self._claims, self._stalled_after_s = claims, stalled_after_s
        self._suspects: set[int] = set()

    async def run(self) -> None:
        if self._claims.worker_id is None:
            return
        for claim in [*await self._stalled(), *await self._mine_by_mistake()]:
            await self._claims.fail(claim, WORKER_LOST, rescued=True)

    async def _stalled(self) -> list[Claim]:
        return await self._ask(STALLED, stalled_after_s=self._stalled_after_s)

    async def _mine_by_mistake(self) -> list[Claim]:
        """Jobs that are this worker's in the table but not in its memory: the claim was committed, and the connection
        died before the answer. Twice in a row, since an answer may be on its way right now."""
        forgotten = {claim.id: claim for claim in await self._ask(MINE) if claim.id not in self._claims.running}
        again, self._suspects = self._suspects & forgotten.keys(), set(forgotten)
        return [forgotten[job_id] for job_id in again]

    async def _ask(self, statement: Any, **values: float) -> list[Claim]:
        me = self._claims.worker_id
        question = self._claims.connector.execute_query_all_async
        return _claims(await self._claims.attempt(lambda: question(statement, me=me, **values)) or [])


def _claims(rows: Iterable[dict[str, Any]]) -> list[Claim]:
    return [Claim(row["id"], row["task_name"], row["attempts"], row["worker_id"]) for row in rows]
