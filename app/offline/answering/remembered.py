"""What is remembered of the user, told to them, and what came of changing it: only what tools and the turn's block say."""

import re
from collections.abc import Sequence

from app.offline.answering.lines import plain
from app.offline.facts import is_told_by
from app.offline.recollection import Recollection, about
from app.offline.told import read_told
from app.offline.wishes import Wish
from app.offline.words import folded

_WHERE = "in the memory page"
NOTHING = "I remember nothing about you yet. Tell me, for example “Remember that I prefer short answers”."
ALL_AT_ONCE = (
    "I forget one thing at a time, so I have forgotten nothing. "
    f"You can delete all of it at once {_WHERE} (`DELETE /api/v1/memory`)."
)
NO_SECRETS = (
    "I keep no passwords, PINs, keys or card numbers, so I will not remember this: what I remember is told to the model "
    "in every conversation. A password manager is the place for it."
)
TOO_LONG = "That is too long for me to remember as one thing. Please say it in a sentence or two."
KEPT_IN_MIND = "I'll keep that in mind."
_REST = "The rest I'll keep in mind."
_MORE = (
    "Ask me about something in particular, and I may find more. "
    f"All that I remember is {_WHERE}, where you can correct and delete it."
)
_NO_SUCH = "I remember nothing about that."
_NOTHING_FOUND = re.compile(r"nothing\b", re.IGNORECASE)
_OFF = "memory is switched off"
_A_SENTENCE = 8  # words of a value that does not fit into “Your … is …”
_MOST_FOUND = 8
_MOST_ANSWERS = 3
_MOST_SESSIONS = 3  # beside everything else
_IS = re.compile(r"\b(are|were)\b", re.IGNORECASE)
_MINE = re.compile(
    r"(?:(?:what|who|when|where)(?:'s|'re| is| are| was| were) )?(?:my|our) .+", re.IGNORECASE | re.DOTALL
)


def switched_off(verb: str) -> str:
    not_kept = ", so I will not remember this"
    so = {"remember": not_kept, "keep": not_kept, "forget": ", so I have changed nothing in it"}
    return f"My memory is switched off{so.get(verb, ', so I can recall nothing')}. You can switch it on {_WHERE}."


def kept(result: str, key: str, value: str, *, has_rest: bool = False) -> str:
    """`value`: what was to be kept. A key that is made of its value's words is not repeated. `has_rest`: more was said that
    has no key."""
    if not result.startswith("Remembered:"):
        return _trouble(result, "So I have not remembered it.")
    text = result.removeprefix("Remembered:").strip()
    told = _full_stop(f"I'll remember: {_shown(value if is_told_by(key, value) else text)}")
    return f"{told} {_REST}" if has_rest else told


def forgotten(result: str, key: str, value: str) -> str:
    if not result.startswith("Forgotten:"):
        return _trouble(result, "So I have not forgotten it.")
    return _full_stop(f"I have forgotten this: {_fact(key, value)}")


def not_mine_to_forget(lines: Sequence[str]) -> str:
    """`lines`: what else is remembered and may have been meant."""
    start = "That is not among the facts I can forget for you, so I have forgotten nothing."
    shown = [f"- {_shown(each)}" for each in lines[:3]]
    if not shown:
        return f"{start} What else I remember you can see and delete {_WHERE}."
    return "\n".join([f"{start} I do remember this, which you can delete {_WHERE}:", "", *shown])


def says_otherwise(key: str, value: str) -> str:
    start = f"What I remember is another thing, so I have forgotten nothing: {_fact(key, value)}."
    return f"{start} Say “forget my {_shown(key)}” if you mean it."


def which_one(keys: Sequence[str], recollection: Recollection) -> str:
    lines = [f"- {_fact(key, recollection.value(key))}" for key in keys]
    return "\n".join(["I remember several such things, so I have forgotten none. Name the one you mean:", "", *lines])


def fact(asked: str, key: str, value: str) -> str:
    """`asked`: the question; `what is my name` is answered with a sentence."""
    if _MINE.fullmatch(asked) and len(value.split()) <= _A_SENTENCE and folded(key) in folded(asked):
        verb = _IS.search(asked)
        return _full_stop(f"Your {_shown(key)} {verb[1].lower() if verb else 'is'} {_shown(value)}")
    return _full_stop(f"I remember: {_fact(key, value)}")


def found(result: str, topic: str) -> str:
    """`result`: of the tool, a line for each memory, the nearest first. Of those that share no word with the topic none is
    told, when others do."""
    lines = [line[2:].strip() for line in result.splitlines() if line.startswith("- ")]
    if not lines:
        return _NO_SUCH if _NOTHING_FOUND.match(result) else _trouble(result, "So I cannot tell you what I remember.")
    telling = about(tuple(lines), topic) or lines
    if len(telling) == 1:
        return _full_stop(f"I remember: {_shown(telling[0])}")
    return "\n".join(["This is what I remember about it:", "", *_bullets(telling[:_MOST_FOUND])])


def told(wish: Wish, recollection: Recollection) -> str:
    """All that the turn was told, the newest three of its sessions, or its sessions only. They come newest first."""
    if wish.text("what") == "sessions":
        return _sessions(wish, recollection.sessions)
    name = recollection.value("name") if wish.text("what") == "who" else ""
    core = [_fact(key, value) for key, value in recollection.core if not name or folded(key) != "name"]
    sections = [
        _section("This is what I remember about you:", core),
        _section("You have also told me:", recollection.said),
        _section("What I have noticed, and may be wrong about:", recollection.habits),
        _section("What we were busy with:", recollection.sessions[:_MOST_SESSIONS]),
    ]
    told = [*([_full_stop(f"You are {_shown(name)}")] if name else []), *(each for each in sections if each)]
    if not told:
        return NOTHING
    return "\n\n".join(told if recollection.likes_short_answers() else [*told, _MORE])


def told_before(lines: Sequence[str]) -> str:
    """`lines`: what the user has said that may answer their question; empty when there are none."""
    if len(lines) == 1:
        return f"You told me: {_dated(_shown(lines[0]))}"
    return _section("You told me:", lines[:_MOST_ANSWERS])


def not_looked_further(reason: str) -> str:
    """After what was told from memory: the rows could not be looked at."""
    return _full_stop(f"I could not look further: {plain(reason)}")


def told_nothing(wish: Wish, result: str) -> str:
    """When the turn was told nothing. `result`: of the tool that looks again, and knows whether memory is on."""
    lines = [line[2:].strip() for line in result.splitlines() if line.startswith("- ")]
    if result.startswith("Error:") or read_told(result).is_trouble:
        return _trouble(result, "So I cannot tell you what I remember.")
    if wish.text("what") == "sessions":
        return "I remember no earlier session."
    return _section("This is what I remember:", lines[:_MOST_FOUND]) or NOTHING


def _sessions(wish: Wish, sessions: Sequence[str]) -> str:
    if wish.has("first"):
        sessions = [each for each in sessions if wish.text("first") <= each[:10] <= wish.text("last")]
        if not sessions:
            return f"Among the last sessions I remember there is none of {_shown(wish.text('when'))}."
    if not sessions:
        return "I remember no earlier session."
    return _section("What we were busy with:", sessions)


def _section(heading: str, lines: Sequence[str]) -> str:
    return "\n".join([heading, "", *_bullets(lines)]) if lines else ""


def _bullets(lines: Sequence[str]) -> list[str]:
    return [f"- {_shown(each)}" for each in lines]


def _fact(key: str, value: str) -> str:
    """A key that is made of its value's words is not repeated."""
    return _shown(value) if is_told_by(key, value) else f"{_shown(key)}: {_shown(value)}"


def _trouble(result: str, so: str) -> str:
    if _OFF in result.lower():
        return f"My memory is switched off. {so} You can switch it on {_WHERE}."
    told = read_told(result)
    if told.kind == "rejected":
        return f"You rejected this{f' (“{_shown(told.sentence)}”)' if told.sentence else ''}. {so}"
    reason = plain(told.sentence) or "nothing came back"
    return f"{_full_stop(f'That did not work: {reason}')} {so}"


def _shown(text: str) -> str:
    """On one line, with nothing in it that a later turn could take for a question of the assistant's own."""
    line = plain(re.sub(r"[“”„]", '"', text))
    return f"“{line}”" if line.endswith("?") else line


def _dated(line: str) -> str:
    return line if line.endswith((")", "”")) else _full_stop(line)


def _full_stop(text: str) -> str:
    return text if text[-1:] in ".!…" else f"{text}."
