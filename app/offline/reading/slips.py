"""Slips of the keyboard. What is corrected here is never acted on beyond showing rows: for a change the user is asked."""

import re

_SHORT = {
    r"tmrw?|tmw|tmrrw|2morrow|tom+or+ow": "tomorrow",
    r"2day|tdy": "today",
    r"wk": "week",
    r"taks|taskss|tsks?|tastks?|tasls?": "tasks",
    r"prio": "priority",
    r"wat|waht|whta": "what",
}
_COMMON = (
    "list show create delete remove rename finish complete archive postpone tasks task projects project notes note"
    " clients client milestones milestone today tomorrow overdue status priority urgent count chart assign remind"
    " comment monday tuesday wednesday thursday friday saturday sunday week month what which mark move done find open"
    " add many with title called"
)
_WORDS = _COMMON.split(" ")
_KNOWN = frozenset(_WORDS) | frozenset({"lists", "shows", "noted", "closed", "ask", "asks", "made", "more", "work"})
_WHATS = re.compile(r"^((?:\W*\w+,? )?(?:what|who|where|when))s\b(?= \w)", re.IGNORECASE)
_LEAST = 4  # letters; shorter words are too near to each other


def expanded(text: str) -> str:
    """Dates as people shorten them (`tmrw`), and `whats`. Quotations are marks by now, and stay."""
    for short, word in list(_SHORT.items())[:2]:
        text = re.sub(rf"\b(?:{short})\b", word, text, flags=re.IGNORECASE)
    return _WHATS.sub(r"\1's", text)


def corrected(text: str) -> str:
    """The text with words that are one slip away from a word of commands; as it is when there are none."""
    for short, word in _SHORT.items():
        text = re.sub(rf"\b(?:{short})\b", word, text, flags=re.IGNORECASE)
    return re.sub(r"[a-z]+", lambda found: _corrected(found[0]), text, flags=re.IGNORECASE)


def _corrected(word: str) -> str:
    plain = word.lower()
    if len(plain) < _LEAST or plain in _KNOWN:
        return word
    return next((each for each in _WORDS if len(each) >= _LEAST and _is_one_slip(plain, each)), word)


def _is_one_slip(one: str, other: str) -> bool:
    """One letter too many, too few, another, or two in the wrong order."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    a, b = one[start:], other[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[:2][::-1] and a[2:] == b[2:])
