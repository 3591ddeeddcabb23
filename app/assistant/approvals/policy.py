"""Which changes the assistant makes by itself, which it asks about, and which it never makes."""

from dataclasses import dataclass
from typing import Any, Literal

from app.assistant.permissions import WriteAction

Rule = Literal["ask", "allow", "deny"]
UPDATES_BEFORE_ASKING = 5  # in a turn that has read words of others


@dataclass(frozen=True)
class Policy:
    """One user's wishes; the defaults are those of somebody who never said."""

    insert: Rule = "allow"
    update: Rule = "allow"
    delete: Rule = "ask"

    def of(self, action: WriteAction) -> Rule:
        rule: Rule = getattr(self, action)
        return rule


@dataclass(frozen=True)
class Decision:
    """What came of an approval. `args` only with `edit`: the arguments to use instead."""

    kind: Literal["approve", "edit", "reject", "expired"]
    args: dict[str, Any] | None = None
    reason: str | None = None
    by: str | None = None  # a device_id, or "api"


def rule_for(policy: Policy, action: WriteAction, *, has_read_outside_text: bool, updates_so_far: int) -> Rule:
    """What holds for a change now.

    A text that others may have written can carry orders: once a turn has read one, it asks before it deletes, and
    before it changes many rows, even where the user has allowed that.
    """
    rule = policy.of(action)
    is_risky = action == "delete" or (action == "update" and updates_so_far >= UPDATES_BEFORE_ASKING)
    return "ask" if rule == "allow" and has_read_outside_text and is_risky else rule
