"""What people put before a thing they want remembered: "remember that", "keep in mind", "from now on"."""

import re
from dataclasses import dataclass

_ASKED = (
    r"(?:please )?(?:(?:can|could|would|will) you (?:please |also )?|i(?: want| would like|'d like) you to |you"
    r" (?:should|must|need to|can) "
    r"|make sure (?:to |you )?|be sure to |try to |so )?(?:please |also |always )?"
)
_VERB = (
    r"(?:remember|keep in mind|bear in mind|(?:make |take )?(?:a )?(?:mental )?note(?: down)?|do not forget|don't"
    r" forget|never forget"
    r"|be aware|memori[sz]e|save to (?:your )?memory|add to (?:your )?memory)(?: for (?:me|later|next time|the"
    r" future))?"
)
_THAT = re.compile(
    rf"{_ASKED}{_VERB}(?:\s*[,:]?\s+(?:please )?that\s*:?\s+|,? the fact that |\s+this\s*:\s*|\s+the"
    rf" following\s*:\s*)(?P<rest>.+)",
    re.IGNORECASE,
)
_WITHOUT_THAT = re.compile(rf"{_ASKED}{_VERB}(?:\s*[:,]\s*|\s+)(?:please )?(?P<rest>.+)", re.IGNORECASE)
_KNOW = re.compile(
    r"(?:please )?i (?:just |really |also )*(?:want|wanted|would like|need) you to (?:know|be aware)(?: of the fact)? that"
    r" (?P<rest>.+)|i'd like you to (?:know|be aware) that (?P<liked>.+)",
    re.IGNORECASE,
)
_FOR_REFERENCE = re.compile(r"for (?:all )?future reference\s*[,:]?\s+(?:please )?(?P<rest>.+)", re.IGNORECASE)
_STANDING = re.compile(
    rf"{_ASKED}(?:remember|note|do not forget|don't forget) to (?P<rest>(?:always|never|only) .+)", re.IGNORECASE
)
# "remember the milk", "remember to call", "remember when …", "don't forget it"
_NO_STATEMENT = re.compile(
    r"(?:to|not to|me|us|about|when|what|how|why|who|where|which|if|whether|it|this|that|later|tomorrow|today"
    r"|everything|anything|nothing|him|her|them)\b",
    re.IGNORECASE,
)
_NO_THING = re.compile(r"(?:time|day|one|thing|guy|moment|evening|night)\b", re.IGNORECASE)
_STATES = re.compile(
    r"(?:i|we|i'm|i've|we're|we've|you|my|our|the|a|an|all|every|no|on|in"
    r"|[A-Z][\w'-]*)\b(?:.{0,120}?\s)?(?:\w+'(?:s|m|re|ve)|am|is|are|was|were|has|have|had|do|does|don't"
    r"|can|can't|will|won't|must|should|need|like|love|hate|prefer|live|work|use|eat|drink|speak|call|take|want|go"
    r"|start|end|never|always|\w+s|\w+ed)\b",
    re.IGNORECASE,
)
_POLITE = re.compile(r"(?:please )?(?:can|could|would|will) you\b", re.IGNORECASE)
_FROM_NOW_ON = (
    r"(?:from (?:now|today|here) on(?:wards)?|in (?:the )?future|going forward|moving forward|henceforth|starting"
    r" (?:today|now|tomorrow)"
    r"|as of (?:now|today)|for (?:all )?future answers|whenever possible|where possible|at all times"
    r"|in all your answers|by default|as a rule|every time|each time)"
)
_LASTING = re.compile(rf"{_FROM_NOW_ON}\s*[,:]?\s+(?P<rest>.+)", re.IGNORECASE)
_LASTING_AFTER = re.compile(
    rf"(?P<rest>.+?)(?:[\s,]+{_FROM_NOW_ON}|,(?: please,)? always(?:,? please)?)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Framed:
    """`is_asked`: to be remembered, whatever it is. `lasts`: from now on, always."""

    rest: str
    is_asked: bool = False
    lasts: bool = False


def framed(sentence: str) -> Framed | None:
    """What a sentence says without its frame; None for one that asks for a row ("remember to buy milk")."""
    if (match := _STANDING.fullmatch(sentence)) is not None:
        return Framed(match["rest"], is_asked=True, lasts=True)
    if (match := _KNOW.fullmatch(sentence)) is not None:
        return _lasting(match["rest"] or match["liked"], is_asked=True)
    if (match := _FOR_REFERENCE.fullmatch(sentence)) is not None:
        return _lasting(match["rest"], is_asked=True)
    if (match := _THAT.fullmatch(sentence)) is not None:
        is_any = _NO_THING.match(match["rest"]) is not None or len(match["rest"].split()) < 2
        rest = match["rest"].rstrip("? ") if _POLITE.match(sentence) else match["rest"]
        return None if is_any else _lasting(rest, is_asked=True)
    if (match := _WITHOUT_THAT.fullmatch(sentence)) is not None:
        rest = match["rest"].rstrip("? ") if _POLITE.match(sentence) else match["rest"]
        states = _NO_STATEMENT.match(rest) is None and _STATES.match(rest) is not None
        return _lasting(rest, is_asked=True) if states else None
    return _lasting(sentence, is_asked=False)


def _lasting(sentence: str, *, is_asked: bool) -> Framed:
    match = _LASTING.fullmatch(sentence) or _LASTING_AFTER.fullmatch(sentence.rstrip(" .!"))
    if match is None:
        return Framed(sentence, is_asked)
    return Framed(match["rest"], is_asked, lasts=True)
