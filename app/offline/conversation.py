"""A model request as the planner sees it: the words, the time, what the user looks at, and what was said and done before."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from app.llm.port import Message, ModelRequest
from app.offline.nouns import NOUNS
from app.offline.recollection import NOTHING, Recollection, recollection_of
from app.offline.told import id_of, read_told, title_of

_CONTEXT = "<context>"
_NOW = re.compile(r"^Now: .*, (?P<zone>\S+) \((?P<ms>-?\d+) ms\)$", re.MULTILINE)
_LOOKING = re.compile(rf"^Looking at: (?P<noun>{'|'.join(NOUNS)}) (?P<id>\S+)\s*$", re.MULTILINE)
_TAG = re.compile(r"<(?P<noun>task|project|note|timeline|client)>\[(?P<ids>[^\]\[<]{0,4000})\]</(?P=noun)>")
_TAGS = re.compile(r"(?:<(task|project|note|timeline|client)>\[[^\]\[<]{0,4000}\]</\1>\s{0,100})+")
_MOST_RECALLED = 20_000  # characters at the end of an earlier answer
_BOLD = re.compile(r"\*\*(.+?)\*\*")
_SPOKEN = re.compile(r"\b(task|project|milestone|note|client)s?\b")


@dataclass(frozen=True, slots=True)
class Mention:
    """A row that was spoken of. `title` may be unknown."""

    noun: str
    id: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Scene:
    """`results`: of this turn's calls so far, a list for each step. `is_inner`: it is a sub-agent that is asked.
    `remembers`: there are tools for what is remembered of the user; without them nothing is recalled either."""

    words: str
    now: datetime | None
    looking_at: Mention | None
    history: Sequence[Message]
    results: list[list[str]]
    is_inner: bool
    remembers: bool = True
    recollection: Recollection = NOTHING

    @property
    def zone(self) -> ZoneInfo:
        zone = self.now.tzinfo if self.now is not None else None
        return zone if isinstance(zone, ZoneInfo) else ZoneInfo("UTC")

    def mentions(self) -> list[Mention]:
        """The rows of the last message of earlier turns that speaks of any, in its order."""
        for message in reversed(self.history):
            found = list(_mentioned(message))
            if found:
                return found
        return []

    def last_answer(self) -> str:
        return next(
            (_end(each) for each in reversed(self.history) if each.get("role") == "assistant" and _end(each)), ""
        )

    def words_before(self) -> str:
        asked = (_text(each) for each in reversed(self.history) if each.get("role") == "user")
        return next((text for text in asked if not text.startswith(_CONTEXT)), "")


def scene_of(request: ModelRequest) -> Scene:
    messages = list(request.messages)
    last = max((place for place, each in enumerate(messages) if each.get("role") == "user"), default=-1)
    before, after = messages[: max(last, 0)], messages[last + 1 :]
    context = next(
        (_text(each) for each in reversed(before) if each.get("role") == "user" and _text(each).startswith(_CONTEXT)),
        "",
    )
    told = context.partition("</context>")[0]  # what stands after it is data, and may say anything
    names = {str(each.get("function", {}).get("name")) for each in request.tools}
    remembers = (
        not names or {"update_core_memory", "recall_memory"} <= names
    )  # a last answer is asked for without tools
    history = [each for each in before if each.get("role") in ("user", "assistant", "tool")]
    return Scene(
        words=_text(messages[last]) if last >= 0 else "",
        now=_now(told),
        looking_at=_looking_at(told),
        history=history,
        results=list(_results(after)),
        is_inner=bool(names) and "task" not in names,
        remembers=remembers,
        recollection=recollection_of(context) if remembers else NOTHING,
    )


def _text(message: Message) -> str:
    """The text of a message: a string, or the text parts of a list."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return ""


def _end(message: Message) -> str:
    """What is recalled of an earlier answer, however long it was: questions and tags stand at its end."""
    return _text(message)[-_MOST_RECALLED:]


def _now(told: str) -> datetime | None:
    match = _NOW.search(told)
    try:
        return datetime.fromtimestamp(int(match["ms"]) / 1000, ZoneInfo(match["zone"])) if match else None
    except (ValueError, OSError, OverflowError, KeyError):
        return None


def _looking_at(told: str) -> Mention | None:
    match = _LOOKING.search(told)
    return Mention(match["noun"], match["id"]) if match else None


def _results(messages: Sequence[Message]) -> Iterator[list[str]]:
    """For each step of calls, the results in the order of the calls; a call that was not answered has an empty one."""
    by_id = {str(each.get("tool_call_id")): _text(each) for each in messages if each.get("role") == "tool"}
    for message in messages:
        calls = message.get("tool_calls")
        if message.get("role") == "assistant" and isinstance(calls, list) and calls:
            yield [by_id.get(str(call.get("id")), "") if isinstance(call, dict) else "" for call in calls]


def _mentioned(message: Message) -> Iterator[Mention]:
    text = _text(message)
    if message.get("role") == "assistant":
        yield from _tagged(_end(message))
    elif message.get("role") == "tool":
        told = read_told(text)
        spoken = _SPOKEN.search(told.sentence)
        noun = {"milestone": "timeline"}.get(spoken[1], spoken[1]) if spoken else ""
        if noun and told.kind in ("found", "stored", "ambiguous"):
            yield from (Mention(noun, id_of(row), title_of(row, noun)) for row in told.rows if id_of(row))


def _tagged(text: str) -> Iterator[Mention]:
    """The rows of an answer's tags. The names before a tag are those of its first rows, in order."""
    before = 0
    for tags in _TAGS.finditer(text):
        rows = [(tag["noun"], each) for tag in _TAG.finditer(tags[0]) for each in _ids(tag["ids"])]
        titles = _BOLD.findall(text, before, tags.start())
        before = tags.end()
        if len(titles) > len(rows):
            titles = []
        for number, (noun, each) in enumerate(rows):
            yield Mention(noun, each, titles[number] if number < len(titles) else "")


def _ids(inside: str) -> list[str]:
    return [each.strip(" \"'") for each in inside.split(",") if each.strip(" \"'")]
