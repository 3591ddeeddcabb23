"""What each billing tier may do: the one table; no feature asks for a tier by name."""

from dataclasses import dataclass
from enum import StrEnum


class Tier(StrEnum):
    FREE = "free"
    PRO = "pro"
    POWER = "power"
    TEAM = "team"


@dataclass(frozen=True)
class Allowance:
    """Per user. Requests and turns are counted apart, each up to its own figure."""

    requests_per_minute: int
    turns_per_minute: int  # over the socket and over HTTP together
    tokens_per_month: int  # in and out; a model that costs nobody anything is not counted


ALLOWANCES: dict[Tier, Allowance] = {
    Tier.FREE: Allowance(requests_per_minute=20, turns_per_minute=20, tokens_per_month=500_000),
    Tier.PRO: Allowance(requests_per_minute=60, turns_per_minute=60, tokens_per_month=10_000_000),
    Tier.POWER: Allowance(requests_per_minute=120, turns_per_minute=120, tokens_per_month=40_000_000),
    Tier.TEAM: Allowance(requests_per_minute=200, turns_per_minute=200, tokens_per_month=40_000_000),
}
