"""Each user's policy: which changes are made without asking."""

from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from app.assistant.approvals.models import ApprovalPolicy
from app.assistant.approvals.policy import Policy
from app.kit.db import Database

_OF = "SELECT * FROM approval_policy_of($1)"


class Policies:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def of(self, user_id: UUID) -> Policy:
        """One round trip: every turn begins with it."""
        row = await self._db.hot_row(_OF, user_id)
        return Policy(row["on_insert"], row["on_update"], row["on_delete"]) if row is not None else Policy()

    async def set(self, user_id: UUID, policy: Policy) -> Policy:
        """The whole policy; of two at once the later stays. It holds for changes asked for from now on."""
        wished = {"insert": policy.insert, "update": policy.update, "delete": policy.delete}
        statement = insert(ApprovalPolicy).values(user_id=user_id, **wished)
        async with self._db.of(user_id) as session:
            await session.execute(statement.on_conflict_do_update(index_elements=["user_id"], set_=wished))
        return policy
