"""What the sentences of a session's summary are about, as a habit would be told."""

import re

from app.offline.facts import sentences
from app.offline.words import folded, stem

_KINDS = tuple(
    (re.compile(pattern, re.IGNORECASE), told)
    for pattern, told in (
        (
            r"\bplan(?:s|ned|ning)? (?:for )?(?:the|my|our|this|next) (?P<what>week|day|month|sprint|year|weekend)\b",
            "plans the {what}",
        ),
        (r"\b(?:over)?due\b|\bdeadlines?\b|\bagenda\b|\bon my plate\b", "looks at what is due"),
        (r"\binvoic\w*", "deals with invoices"),
        (r"\b(?:status|progress) of\b|\bhow (?:is|are) .{1,80} (?:going|doing|coming along)\b", "checks on progress"),
        (r"\b(?:charts?|by status|by priority|graphs?)\b", "asks for charts"),
        (r"\breports?\b", "works on reports"),
        (r"\b(?:e-?mails?|newsletter)\b", "works on mails"),
        (r"^Created (?:the|a|\d+) (?P<what>task|project|note|milestone|client)", "creates {what}s"),
        (
            (
                r"^Asked (?:to |twice to |\d+ times to )?(?:list|show|see|how many|which|what)\b.{0,40}\b(?P<what>task"
                r"|project|note|milestone|client)s?\b"
            ),
            "looks through {what}s",
        ),
    )
)
_TIMES = re.compile(r"^Asked (?:twice|\d+ times)\b|\s\((?:twice|\d+ times)\)")
_SAYS_NOTHING = (
    "a an the my our me i we to of in on at for and or is are was were do did asked said what which how please"
)
_EMPTY = frozenset(_SAYS_NOTHING.split())
_LEAST_WORDS = 2  # that a topic of its own has
_MOST_TOPIC = 120  # characters


def topics_of(summary: str) -> dict[str, str]:
    """What is the same for the same topic → how it is told ("looks at what is due")."""
    topics: dict[str, str] = {}
    for sentence in sentences(summary[:10_000]):
        kinds = [
            told.format(**match.groupdict())
            for pattern, told in _KINDS
            if (match := pattern.search(sentence)) is not None
        ]
        if kinds:
            topics.setdefault(kinds[0], kinds[0])
        elif sentence.startswith("Asked"):
            topics.update(_own_topic(sentence))
    return topics


def _own_topic(sentence: str) -> dict[str, str]:
    """A question that is asked in nearly the same words."""
    plain = _TIMES.sub(lambda match: "Asked" if match[0].startswith("Asked") else "", sentence).rstrip(" .")
    stems = sorted({stem(word) for word in folded(plain).split() if word not in _EMPTY})
    if len(stems) < _LEAST_WORDS or len(plain) > _MOST_TOPIC:
        return {}
    return {" ".join(stems): f"asks{plain.removeprefix('Asked')}"}
