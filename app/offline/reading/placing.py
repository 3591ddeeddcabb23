"""Where something new belongs: `a task to project Rocket called Alpha`; and where it may belong, when there is such a
project: `a task called Alpha for Rocket`."""

import re

_INTO = r"(?:in|to|for|under|on|into)"
_CALLED = r"(?:\s+(?:(?:called|named|titled|entitled|with (?:the )?(?:title|name))\s*:?\s+)|(?P<colon>\s*:\s+))"
_NAMED = re.compile(
    rf"(?:{_INTO}\s+)(?:the\s+|my\s+)?(?:project:?\s+(?P<place>.+?)|(?P<before>.+?)\s+project){_CALLED}(?P<rest>.+)",
    re.IGNORECASE | re.DOTALL,
)
_FIRST = re.compile(rf"{_INTO}\s+(?:the\s+|my\s+)?(?P<place>.+?){_CALLED}(?P<rest>.+)", re.IGNORECASE | re.DOTALL)
_LAST = re.compile(rf"[\s,]+{_INTO}\s+(?:the\s+|my\s+)?", re.IGNORECASE)
_LINK = re.compile(r"(?:to|for)\s*", re.IGNORECASE)
_MOST = 4  # places that may be meant by one title


def named_place(rest: str, link: str) -> tuple[str, str, bool] | None:
    """The project that is named before the title, what follows, and whether a colon leads into it. `link`: the words
    between the kind of row and `rest`."""
    match = _NAMED.fullmatch(_whole(rest, link))
    return None if match is None else (match["place"] or match["before"], match["rest"], match["colon"] is not None)


def possible_places(title: str, link: str) -> list[tuple[str, str]]:
    """Names of what may be projects, and the title without each."""
    found: list[tuple[str, str]] = []
    if (first := _FIRST.fullmatch(_whole(title, link))) is not None:
        found.append((first["place"], first["rest"].strip(" ,;")))
    for into in list(_LAST.finditer(title))[-_MOST:]:
        bare, place = title[: into.start()].strip(" ,;"), title[into.end() :].strip(" ,;")
        if bare and place:
            found.append((place, bare))
    return found


def _whole(rest: str, link: str) -> str:
    return f"{link.strip()} {rest}" if _LINK.fullmatch(link.strip()) else rest
