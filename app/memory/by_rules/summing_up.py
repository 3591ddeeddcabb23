"""What a turn was about, and a session of turns, by rules: of the user's words and rows, never of the assistant's words."""

import re
from collections.abc import Iterator, Sequence
from uuid import UUID

from app.memory.by_rules.lengths import read
from app.memory.ports import Note, Said, Touched
from app.offline.facts import facts_of, introduces, long_form, sentences, tells_secret
from app.offline.own_words import own_words
from app.offline.words import joined

_MOST_NOTE = 300  # characters
_MOST_SUMMARY = 1_200
_MOST_NAME = 80
_MOST_NAMES = 5  # of rows of one kind; of more, how many
_NOUNS = {"timeline": "milestone"}
_MAKES = re.compile(
    r"\b(?:create|add|new|remind|make|write|note|jot|set up|register|insert|put|schedule|plan)\b", re.IGNORECASE
)
_DELETES = re.compile(r"\b(?:delete|remove|erase|drop|get rid of)\b", re.IGNORECASE)
_ASKS_WHAT = re.compile(r"(?:what|which|who|whose|when|where|why|how)\b", re.IGNORECASE)
_POLITE = re.compile(
    r"(?:please |hi,? |hey,? |hello,? |ok,? )*(?:(?:can|could|would|will) you (?:please )?)?(?:please"
    r" )?(?P<rest>.+?)(?:,? please)?[?.!]*",
    re.IGNORECASE,
)
_ORDERS = re.compile(
    r"(?:list|show|create|add|make|mark|delete|remove|rename|set|update|change|move|postpone|push|find|search|look"
    r"|open|close|complete|finish|give|tell|write|draft"
    r"|plan|remind|get|put|assign|check|help|explain|sum up|summari[sz]e|translate|proofread|rewrite|rephrase"
    r"|shorten|count|sort|cancel|start|stop|archive"
    r"|compare|suggest|note|review|prepare|generate)\b",
    re.IGNORECASE,
)
_GREETS = re.compile(
    r"(?:(?:oh|ok|okay|well|and)[, ]+)?(?:hi|hello|hey|hiya|howdy|good (?:morning|afternoon|evening|night|day)|morning"
    r"|thanks|thank you|many thanks|cheers|bye|goodbye|see you|yes|no|ok|okay|great|perfect|cool|nice|sure)"
    r"(?:[ ,]+(?:there|again|all|everyone|everybody|so much|very much|a lot|later|tomorrow|soon|adiuva))*[ .!…]*",
    re.IGNORECASE,
)
_ROWS = re.compile(r"(?P<verb>Created|Changed|Deleted) the (?P<noun>[a-z]+?)s? (?P<names>.+)\.")
_ENDS = ".!?…"


class RuleSummarizer:
    """The `Summarizer` of a service without a model."""

    async def note(self, user_id: UUID, said: Said) -> str:  # noqa: ARG002  # the port's
        return await read(said, _note)

    async def summary(self, user_id: UUID, earlier: str, notes: Sequence[Note]) -> str:  # noqa: ARG002  # the port's
        """A paragraph that is not the one of the notes before (somebody has corrected it, or notes have gone) stays, and the
        new one is added to it."""
        texts = [" ".join(note.text.split()) for note in notes if note.text.strip()]
        is_other = bool(earlier.strip()) and earlier.strip() != _bounded(list(_merged(texts[:-1])))
        told = [*sentences(earlier), *texts[-1:]] if is_other else list(_merged(texts))
        return _bounded(told)


def _note(said: Said) -> str:
    """What is asked is told even when it repeats recalled words; facts are not, nor is a secret."""
    typed = _without_secrets(own_words(said.message, ()))
    what = _of_rows(said.touched, typed) if said.touched else _of_words(typed)
    words = _without_secrets(own_words(said.message, said.recalled))
    fact = next(facts_of(words), None)
    told = f"Said: {fact.sentence}" if fact is not None else ""
    if not what or what == told:
        return _cut(told or _otherwise(words, typed, said.message), _MOST_NOTE)
    note = f"{what[:-1]}; said: {fact.sentence}" if fact is not None else what
    return note if len(note) <= _MOST_NOTE else _cut(what, _MOST_NOTE)


def _without_secrets(words: str) -> str:
    return "\n".join(each for each in sentences(words) if not tells_secret(long_form(each)))


def _of_rows(touched: Sequence[Touched], words: str) -> str:
    """ "Created the tasks Buy milk and Call Ann and changed the project Acme." """
    verb = "Deleted" if _DELETES.search(words) else "Created" if _MAKES.search(words) else "Changed"
    by_noun: dict[str, list[str]] = {}
    for row in touched:
        noun = _NOUNS.get(row.entity_type, row.entity_type)
        by_noun.setdefault(noun, []).append(" ".join(row.name.split())[:_MOST_NAME])
    return f"{verb} {joined([_rows(noun, names) for noun, names in by_noun.items()])}."


def _rows(noun: str, names: Sequence[str]) -> str:
    known = list(dict.fromkeys(name for name in names if name))
    if not known:
        return f"a {noun}" if len(names) == 1 else f"{len(names)} {noun}s"
    if len(known) > _MOST_NAMES:
        return f"{len(known)} {noun}s, {known[0]} the first"
    return f"the {noun}{'s' if len(known) > 1 else ''} {joined(known)}"


def _of_words(words: str) -> str:
    """The first question, else the first order; empty when there is neither."""
    asked = [_asked(sentence) for sentence in sentences(words)[:20]]
    return next((each for each in asked if each), "")


def _asked(sentence: str) -> str:
    line = " ".join(sentence.split())[: 2 * _MOST_NOTE]
    match = _POLITE.fullmatch(line)
    rest = match["rest"] if match is not None else line
    if _ASKS_WHAT.match(rest) and (line.endswith("?") or len(rest.split()) > 2):
        return f"Asked {_small(rest)}."
    if _ORDERS.match(rest):
        return f"Asked to {_small(rest)}."
    return f"Asked: {line}" if line.endswith("?") else ""


def _small(words: str) -> str:
    """As it stands in the middle of a sentence."""
    words = words.rstrip(" .?!")
    return words[:1].lower() + words[1:]


def _otherwise(words: str, typed: str, message: str) -> str:
    """Of a turn without a question, an order and a fact."""
    if not message.strip():
        return "Said nothing."
    first = next(iter(sentences(words)), "")
    if not first and any(tells_secret(long_form(each)) for each in sentences(own_words(message, ()))):
        return "Told a secret, which is not kept."
    if not first:
        return "Repeated what is remembered." if typed else "Shared a text."
    if _is_introduction(words, message):
        return "Shared a text."
    line = " ".join(first.split())
    return f"Said {_small(line)}." if _GREETS.fullmatch(line) else f"Said: {line}"


def _is_introduction(words: str, message: str) -> bool:
    """Is all that the user wrote a line that announces a text, which then followed?"""
    line = words.strip()
    return "\n" not in line and introduces(line) and len(message.strip().splitlines()) > 1


def _merged(notes: Sequence[str]) -> Iterator[str]:
    """Notes that say the same as one, where the last of them stood; rows of one kind in one sentence."""
    counts: dict[str, int] = {}
    rows: dict[tuple[str, str], list[str]] = {}
    order: dict[str | tuple[str, str], None] = {}
    for note in notes:
        match = _ROWS.fullmatch(note)
        key: str | tuple[str, str] = (match["verb"], match["noun"]) if match is not None else note
        order.pop(key, None)
        order[key] = None
        if match is not None and isinstance(key, tuple):
            names = rows.setdefault(key, [])
            names.extend(name for name in _names(match["names"]) if name not in names)
        else:
            counts[note] = counts.get(note, 0) + 1
    for key in order:
        yield f"{key[0]} {_rows(key[1], rows[key])}." if isinstance(key, tuple) else _often(key, counts[key])


def _names(words: str) -> list[str]:
    """Names with "and" or a comma in them are taken apart and put together again: the sentence reads the same."""
    return [name for name in re.split(r", | and ", words) if name]


def _often(note: str, count: int) -> str:
    times = {1: "", 2: "twice"}.get(count, f"{count} times")
    if not times:
        return note
    if note.startswith(("Asked ", "Asked:")):
        return f"Asked {times}{note.removeprefix('Asked')}"
    return f"{note.rstrip(_ENDS)} ({times})."


def _bounded(told: Sequence[str]) -> str:
    """The newest sentences, as many as there is room for; the very newest is cut when it alone is too long."""
    kept: list[str] = []
    room = _MOST_SUMMARY
    for sentence in reversed(told):
        whole = sentence if sentence.endswith(tuple(_ENDS)) else f"{sentence}."
        if len(whole) > room:
            break
        kept.append(whole)
        room -= len(whole) + 1
    if not kept and told:
        return _cut(told[-1], _MOST_SUMMARY)
    return " ".join(reversed(kept))


def _cut(text: str, most: int) -> str:
    """At a word, with a mark where something is missing."""
    if len(text) <= most:
        return text
    return f"{text[: most - 1].rsplit(maxsplit=1)[0]}…"
