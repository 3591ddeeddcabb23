"""How sure a pattern is: it rises with each session that shows it, and fades while none does.

Nothing is added up over the nights. A confidence follows from the sessions that are a pattern's evidence and from what
time it is, so that whoever weighs again, and how often, comes to the same; a session that is forgotten counts no more.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import exp2
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Double, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

LEAST_EPISODES = 3  # that show a pattern, before it is one
HALVES_DOUBT = 3  # sessions after which only half the doubt is left
MOST = 0.99  # nothing is ever certain
_AGES = 500.0  # half-lives after which all is the same


def risen(confidence: float, episodes: float) -> float:
    """After so many sessions more. Three of them make 0.5 of nothing, five 0.69."""
    return min(MOST, 1 - (1 - confidence) * exp2(-episodes / HALVES_DOUBT))


def faded(confidence: float, since: timedelta, half_life: timedelta) -> float:
    """After so long without evidence."""
    return confidence * exp2(-min(_AGES, max(0.0, since / half_life)))


def confidence_of(shown_at: Sequence[datetime], now: datetime, half_life: timedelta) -> float:
    """Of a pattern that sessions at these times show. An old one counts less beside a new one, by the same half-life."""
    if not shown_at:
        return 0.0
    last = max(shown_at)
    episodes = sum(faded(1, last - at, half_life) for at in shown_at)
    return faded(risen(0, episodes), now - last, half_life)


# `confidence_of` for all patterns of these users at once.
_WEIGH = text("""
    UPDATE memories pattern SET confidence = weighed.confidence, mentions = weighed.episodes
    FROM (
        SELECT memory_id, count(*) AS episodes,
               least(:most, 1 - power(0.5, sum(power(0.5, least(:ages, extract(epoch FROM last - at) / :half_life)))
                                           / :halves_doubt))
               * power(0.5, least(:ages, greatest(0, extract(epoch FROM :now - min(last)) / :half_life))) AS confidence
        FROM (
            SELECT shown.memory_id, episode.updated_at AS at,
                   max(episode.updated_at) OVER (PARTITION BY shown.memory_id) AS last
            FROM memory_evidence shown JOIN memories episode ON episode.id = shown.evidence_id
            WHERE shown.user_id = ANY (:whose)
        ) evidence
        GROUP BY memory_id
    ) weighed
    WHERE pattern.id = weighed.memory_id AND pattern.tier = 'proactive'
      AND (pattern.mentions, pattern.confidence) IS DISTINCT FROM (weighed.episodes, weighed.confidence)
""").bindparams(
    bindparam("whose", type_=ARRAY(Uuid())),
    bindparam("now", type_=DateTime(timezone=True)),
    *(bindparam(name, type_=Double()) for name in ("half_life", "most", "ages", "halves_doubt")),
)


async def weigh(session: AsyncSession, now: datetime, half_life: timedelta, *whose: UUID) -> None:
    """Bring the patterns of these users up to date."""
    values = {"now": now, "half_life": half_life.total_seconds(), "whose": list(whose)}
    constants = {"most": MOST, "ages": _AGES, "halves_doubt": float(HALVES_DOUBT)}
    await session.execute(_WEIGH, values | constants)
