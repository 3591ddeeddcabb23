"""Markdown as running text, for excerpts."""

import re

_FENCE = re.compile(r"^\s*(?:```|~~~).*$", re.MULTILINE)
_RULE = re.compile(r"^\s*(?:[-*_]\s*){3,}$|^[\s|:-]+$", re.MULTILINE)
_START = re.compile(r"^[\s>]*(?:#{1,6}\s+|[-*+]\s+(?:\[[ xX]\]\s+)?|\d{1,3}[.)](?:\s+|…?$))?", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\[\]\n]{0,300})\]\([^)\n]{0,2000}\)")
_MARKS = re.compile(r"\*\*|__|~~|`+|(?<!\w)[*_](?=\w)|(?<=\w)[*_](?!\w)")
_MOST = 120
_MOST_READ = 2_000  # characters that may hold so much text


def prose(text: str, title: str = "") -> str:
    """One line without marks, at most 120 characters and whole words. A beginning that only repeats the title is left
    out; lines are told apart with a semicolon where they do not end with a sign of their own."""
    # without blank lines: at each of them the patterns below would look through all that follow
    bare = "\n".join(line.strip() for line in text[:_MOST_READ].splitlines() if line.strip())
    bare = _MARKS.sub("", _LINK.sub(r"\1", _START.sub("", _RULE.sub("", _FENCE.sub("", bare)))))
    lines = [" ".join(line.replace("|", " ").split()) for line in bare.splitlines()]
    lines = [line for line in lines if line]
    if lines and lines[0].casefold() == title.strip().casefold():
        lines = lines[1:]
    joined = " ".join(line if line[-1] in ".,;:!?…" else f"{line};" for line in lines).rstrip(";")
    return _cut(joined)


def _cut(text: str) -> str:
    if len(text) <= _MOST:
        return text
    return text[:_MOST].rsplit(" ", 1)[0].rstrip(" ,;:.") + "…"
