"""Prose that a model wrote, as it is kept."""

from app.memory.telling import one_line

_AROUND = "\"'`“”‘’„‚«»‹›「」『』*_#>- "


def sentence(text: str) -> str:
    """One line without control characters, and without the quotes, list marks and emphasis that models put around it."""
    printable = "".join(each if each.isprintable() else " " for each in text)
    return one_line(printable).strip(_AROUND)


def shortened(text: str, most: int) -> str:
    """At most so many characters: whole sentences if there is one, else whole words."""
    if len(text) <= most:
        return text
    sentences, end, _ = text[: most + 1].rpartition(". ")
    if end:
        return f"{sentences}."
    words, space, _ = text[:most].rpartition(" ")
    return (words if space else text[: most - 1]).rstrip(" ,;:–—-") + "…"
