"""Markdown as running text, for excerpts."""

import re

_FENCE = re.compile(r"^\s*(?:```|~~~).*$", re.MULTILINE)
_RULE = re.compile(r"^\s*(?:[-*_]\s*){3,}$|^[\s|:-]+$", re.MULTILINE)
_START = re.compile(r"^[\s>]*(?:#{1,6}\s+|[-*+]\s+(?:\[[ xX]\]\s+)?|\d{1,3}[.)](?:\s+|…?$))?", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\]\n]*)\]\([^)\n]*\)")
_MARKS = re.compile(r"\*\*|__|~~|`+|(?<!\w)[*_](?=\w)|(?<=\w)[*_](?!\w)")
_MOST = 120


def prose(text: str, title: str = "") -> str:
    """One line without marks, at most 120 characters and whole words. A beginning that only repeats the title is left
    out; lines are told apart with a semicolon where they do not end with a sign of their own."""
    bare = _MARKS.sub("", _LINK.sub(r"\1", _START.sub("", _RULE.sub("", _FENCE.sub("", text)))))
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
