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
    requests_per_minute: int  # per user; REST requests


ALLOWANCES: dict[Tier, Allowance] = {
    Tier.FREE: Allowance(requests_per_minute=20),
    Tier.PRO: Allowance(requests_per_minute=60),
    Tier.POWER: Allowance(requests_per_minute=120),
    Tier.TEAM: Allowance(requests_per_minute=200),
}
