"""Wishes for something new."""

import re
from collections.abc import Callable
from datetime import datetime
from functools import partial

from app.offline.dates import whole
from app.offline.reading.clauses import take_clauses
from app.offline.reading.placing import named_place, possible_places
from app.offline.reading.targets import NOUN_WORDS, noun_of
from app.offline.reading.templates import PRIORITIES, choice, fits, phrasings
from app.offline.wishes import Value, Wish
from app.offline.words import Masked, is_quoted

TASK = phrasings("""
    remind|remember me to {title}
    remind|remember me about|of {title}
    remember to {title}
    add {title} to my|the|our tasks|task_list|list|todos|todo_list|to-do_list|to-dos
    add|put {title} to|on my|the|our tasks|task_list|list|todos|todo_list|to-do_list|to-dos {more}
    put {title} on my|the|our tasks|task_list|list|todo_list|to-do_list
    add {title} as a [new] task|todo|to-do
    don't_let_me_forget|do_not_let_me_forget to {title}
""")
CLIENT = phrasings("""
    add {title} as a [new] client|customer
    add {title} to my|the|our clients|customers
""")
NOTE = phrasings("""
    note|write_down|jot_down|make_a_note|take_a_note|add_a_note that {content}
    note to self : {content}
    note down|that {content}
    jot_down|write_down {content}
""")
_IN_PROJECTS = ("task", "timeline", "note")
# A new task called so, a high-priority task: so, three tasks: so and so
# some verbs make something only of what is new: `make a task …`, but `make the task Buy milk high priority`, `open tasks`
_MAKE = (
    r"(?:create|add|new|set up|insert|register|write|jot down|"
    r"(?:make|start|take|save|open|schedule|plan|enter)(?=\s+(?:me\s+)?(?:an?|another|new|\d+)\b|\s+notes?\s*:))"
)
_MOVES = re.compile(r"(?:add|put) the \w+ .+ (?:to|into|under) ", re.IGNORECASE | re.DOTALL)  # what is there already
_CREATE = re.compile(
    rf"(?:{_MAKE}\s+)?(?:me\s+|for me\s+)?(?:a\s+|an\s+|another\s+|the\s+|\d+\s+)?(?:new\s+)?"
    rf"(?:(?P<priority>{'|'.join(PRIORITIES.values())})(?:[ -]priority)?\s+)?"
    rf"(?P<noun>{'|'.join(NOUN_WORDS[each] for each in ('task', 'project', 'timeline', 'note', 'client'))})"
    r"(?P<link>\s*[:–—-]\s*|"
    r"\s+(?:called|named|titled|entitled|with (?:the )?(?:title|name)|to|about|for|saying|that says)\s*:?\s+|\s+)"
    r"(?P<rest>.+)",
    re.IGNORECASE | re.DOTALL,
)
# remind me tomorrow at 9 to call Ann; a new task, and nothing more
_REMIND_LATER = re.compile(r"(?:remind|remember)(?: me)? (?P<when>.+?) to (?P<what>.+)", re.IGNORECASE | re.DOTALL)
_BARE = re.compile(
    rf"(?:{_MAKE}\s+(?:a |an |another )?(?:new )?|(?:a )?new )(?P<noun>task|to-?do|project|milestone|note|client|customer)",
    re.IGNORECASE,
)
_CONTENT = re.compile(
    r"(?P<title>.+?)(?:\s*:\s+|[\s,]+(?:with|and) (?:the )?(?:content|text|body)s?:?\s+|"
    r"[\s,]+(?:saying|that says|which says)(?: that)?:?\s+)"
    r"(?P<content>.+)",
    re.IGNORECASE | re.DOTALL,
)


def read_creation(text: str, masked: Masked, now: datetime | None) -> list[Wish]:
    """The new rows asked for; empty when the text is about something else."""
    for noun, table in (("task", TASK), ("client", CLIENT)):
        for _, slots in fits(text, table):
            wish = _new(" ".join(slots.values()), noun, masked, now)
            title = wish.text("title")
            # what one is reminded of begins in the middle of a sentence
            return [wish.but(title=title[:1].upper() + title[1:]) if text.lower().startswith("rem") else wish]
    if (
        (later := _REMIND_LATER.fullmatch(text)) is not None
        and now is not None
        and whole(later["when"], now) is not None
    ):
        wish = _new(f"{later['what']} {later['when']}", "task", masked, now)
        title = wish.text("title")
        return [wish.but(title=title[:1].upper() + title[1:])]
    if (bare := _BARE.fullmatch(text)) is not None:
        return [Wish("create", noun_of(bare["noun"]), {"title": ""})]
    for _, slots in fits(text, NOTE):
        return [_note_of(slots["content"], masked)]
    match = _CREATE.fullmatch(text)
    if match is None or not _asks(text, match) or _MOVES.match(text):
        return []
    noun, rest = noun_of(match["noun"]), match["rest"]
    extra: dict[str, Value] = {}
    if noun == "task" and match["priority"]:
        extra["priority"] = choice(match["priority"], PRIORITIES)
    titles = _several(rest) if match["noun"].lower().endswith("s") else [rest]
    make: Callable[..., Wish] = _note if noun == "note" else partial(_new, noun=noun, now=now)
    if len(titles) == 1 and noun in _IN_PROJECTS and (placed := named_place(titles[0], match["link"])) is not None:
        place, rest, is_text = placed
        extra["project"] = masked.plain(place)
        return [make(rest, link=":" if is_text else "", masked=masked).but(**extra)]
    wishes = (make(each, link=match["link"], masked=masked) for each in titles)
    return [wish.but(**(extra | dict(wish.details))) for wish in wishes]


def _asks(text: str, match: re.Match[str]) -> bool:
    """Without a verb, only `task: …` and `a task called …` ask for something new."""
    has_verb = re.match(rf"{_MAKE}\b", text, re.IGNORECASE)
    return bool(has_verb) or ":" in match["link"] or bool(re.match(r"an?\b|another\b", text, re.IGNORECASE))


def _several(rest: str) -> list[str]:
    parts = re.split(r"\s*[,;\n]\s*(?:and\s+)?|\s+and\s+", rest.strip())
    return [part for part in parts if part]


def _new(rest: str, noun: str, masked: Masked, now: datetime | None, link: str = "") -> Wish:
    title, details = take_clauses(_named(rest), noun, masked, now)
    found = _with_people(Wish("create", noun, {"title": _titled(title, masked)} | details))
    if noun != "task" or found.has("project"):
        return found
    places: list[str] = []
    for place, part in possible_places(title, link):
        bare, more = take_clauses(part, noun, masked, now)
        placed = _with_people(Wish("create", noun, {"title": _titled(bare, masked)} | more | details))
        places += [masked.plain(place), placed.sentence()]
    return found.but(places=places) if places else found


def _with_people(wish: Wish) -> Wish:
    people = [each for each in re.split(r"\s*(?:,|&|\band\b)\s*", wish.text("assignee")) if each]
    return wish.without("assignee").but(assignees=people) if people else wish


def _named(rest: str) -> str:
    return re.sub(r"^(?:called|named|titled|to|:|-)\s*:?\s+", "", rest.strip(), flags=re.IGNORECASE)


def _titled(part: str, masked: Masked) -> str:
    """The title as the user wrote it; a quotation followed by nothing loses its marks."""
    return masked.plain(part.strip(" ,;") if not is_quoted(part) else part)


def _note(rest: str, link: str, masked: Masked) -> Wish:
    """`titled X: content`, `about X saying content`, or `note: content`."""
    rest = _named(rest)
    if link.strip() in (":", "-", "–", "—") or re.search(r"saying|says", link):
        return _note_of(rest, masked)
    match = _CONTENT.fullmatch(rest)
    head, content = (match["title"], match["content"]) if match else (rest, "")
    title, details = take_clauses(head, "note", masked, None)
    places = [] if "project" in details else possible_places(title, link)
    if not content:
        return _perhaps_in(places, Wish("create", "note", {"title": masked.plain(title)} | details), masked)
    content, more = (
        take_clauses(content, "note", masked, None) if is_quoted(content.split(" in ")[0]) else (content, {})
    )
    details = {"title": masked.plain(title), "content": masked.plain(content)} | details | more
    return _perhaps_in(places, Wish("create", "note", details), masked)


def _perhaps_in(places: list[tuple[str, str]], wish: Wish, masked: Masked) -> Wish:
    named = [(masked.plain(place), wish.but(title=masked.plain(title)).sentence()) for place, title in places]
    return wish.but(places=[text for pair in named for text in pair]) if named else wish


def _note_of(content: str, masked: Masked) -> Wish:
    """A note without a title is called by its first words."""
    text = masked.plain(content)
    words = text.split()
    title = " ".join(words[:6]).rstrip(".,:;") + ("…" if len(words) > 6 else "")
    return Wish("create", "note", {"title": title[:1].upper() + title[1:], "content": text})
