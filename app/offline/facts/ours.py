"""What the speaker says of themself or of "us" and what lasts: habits, possessions, absences, changes."""

import re

from app.offline.facts.details import has_detail, has_name, recurs

_AT_ONCE = re.compile(
    r"i (?:now |also |still |only |no longer |currently |mostly |mainly |do not )*(?:drive|own|play|teach|study"
    r"|manage|lead|collect|earn|am (?:learning|studying|training for|expecting a|responsible|in charge|moving to"
    r"|leaving|getting married)"
    r"|grew up|graduated|studied|worked (?:at|for|as))\b.+",
    re.IGNORECASE,
)
_OURS = re.compile(
    r"(?:i|we) (?:now |always |usually |never |no longer |do not |only |currently |all |also |mostly |mainly |still |both "
    r"|often |normally |generally |sometimes |rarely )*(?P<verb>[a-zà-þ-]+) (?P<rest>.+)",
    re.IGNORECASE,
)
_IS_LASTING = re.compile(
    r"(?:now |also |still |not |no longer |only |always |usually |mostly )*(?:learning|studying|training|moving|getting"
    r"|expecting|leaving|starting|switching|taking|flying|travelling|traveling|sailing|retiring|launching|hiring|closing"
    r"|opening|using|dropping|renaming|responsible|in charge|on (?:\w+ )?leave|away|off|out|on (?:holiday|vacation)|an?|the"
    r"|in|at|based|on|open|closed|available|busy|free|offline|unavailable|reachable|part of|members?|\d)\b",
    re.IGNORECASE,
)
_IS_KIND = re.compile(
    r"(?:not )?an? (?:[\w-]+ ){1,3}(?:person|owl|bird|parent|mother|father|member|beginner|fan|native)", re.IGNORECASE
)
_ABSENCE = re.compile(
    r"(?:not )?be (?:back |away|off|out|on (?:\w+ )?(?:leave|holiday|vacation)|in |at |travelling|traveling|offline"
    r"|unavailable"
    r"|working|available|abroad|gone|moving|joining|starting|using|closed)",
    re.IGNORECASE,
)
_NO_POSSESSION = re.compile(
    r"(?:an?|some|the|no|any|another|so|too|many|much|lots|to|one more|my|your|this|that) (?:\w+ )?(?:question|questions"
    r"|meeting|call|problem|problems|headache|idea|ideas|lot|look|feeling|doubt|doubts|minute|second|moment|cold|clue|time"
    r"|bit|few|fun|favou?r|request|suggestion|thought|hangover|break|coffee|lunch|chat|talk|day|plan|plans|choice)\b"
    r"|(?:fun|trouble|to|lunch|time|lots|enough)\b",
    re.IGNORECASE,
)
_CHANGED_WORDS = (
    "switched moved raised lowered changed started stopped given quit hired joined left opened closed sold bought"
    " adopted become gone agreed decided signed promised rented renamed dropped replaced postponed booked chosen"
    " doubled reduced increased registered founded"
)
_CHANGED = frozenset(_CHANGED_WORDS.split())
_PAST_WORDS = (
    "went had got saw made did took gave said told came met spoke wrote ran ate slept bought sent found left forgot"
    " lost put heard felt thought broke paid spent began brought built kept sat stood woke drank knew meant let set"
    " hit cut won was were been done seen taken gotten read"
)
_PAST = frozenset(_PAST_WORDS.split())
_NO_HABIT_WORDS = (
    "think mean know wonder need want see hope guess feel believe suppose wish would could should must might may"
    " can agree doubt hear notice promise say ask get look like love hate prefer forget remember understand thank"
    " care appreciate apologize apologise bet swear miss owe to am do"
)
_NO_HABIT = frozenset(_NO_HABIT_WORDS.split())
_LEAST_HABIT = 3  # words after the verb of a habit that names nothing


def is_of_us(sentence: str, *, before: str = "") -> bool:
    """For a sentence that begins with "I" or "we", in its long form. `before`: what it began with ("from June on ")."""
    if _AT_ONCE.fullmatch(sentence):
        return True
    match = _OURS.fullmatch(sentence)
    if match is None:
        return False
    verb, rest = match["verb"].lower(), match["rest"]
    is_detailed = has_detail(before) or has_detail(rest) or has_name(f"x {rest}")
    if verb in ("am", "are"):
        return _IS_KIND.fullmatch(rest) is not None or (is_detailed and _IS_LASTING.match(rest) is not None)
    if verb == "will":
        return is_detailed and _ABSENCE.match(rest) is not None
    if verb == "have":
        return _has(rest, is_detailed=is_detailed)
    if verb in ("do", "get", "ask", "say", "look", "need", "want"):
        return recurs(rest) or (verb in ("do", "get") and len(rest.split()) > _LEAST_HABIT)
    if verb in _PAST or verb in _NO_HABIT or verb.endswith(("ed", "ing")):
        return False
    return is_detailed or len(rest.split()) + len(before.split()) >= _LEAST_HABIT


def _has(rest: str, *, is_detailed: bool) -> bool:
    first = rest.split(maxsplit=1)[0].lower()
    if first in ("been", "to", "just", "already", "not") or first in _PAST - _CHANGED:
        return False
    if first in _CHANGED:
        return is_detailed or len(rest.split()) > _LEAST_HABIT
    if first.endswith("ed") or _NO_POSSESSION.match(rest):
        return False
    return is_detailed or len(rest.split()) > _LEAST_HABIT
