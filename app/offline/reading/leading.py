"""What a message states before it asks for something: “The launch is on 3 March. Show my tasks.”"""

import re
from collections.abc import Callable

from app.offline.reading.remembering import states_only
from app.offline.words import Masked

_MOST_LEADING = 4  # sentences
_MOST_CHARACTERS = 300  # of them together
_END = re.compile(r"(?<=[.!])\s+(?=\S)|\n+(?=\S)")


def leading_statements(masked: Masked, is_wish: Callable[[str], bool]) -> tuple[str, str]:
    """The facts a message begins with, as far as no wish is in them, and the rest; `("", "")` when not both are there.
    What comes after a wish is not looked at: it may belong to it, as the text of a note."""
    text = masked.text.strip()
    found = ("", "")
    for count, end in enumerate(_END.finditer(text)):
        said = text[: end.start()]
        if count == _MOST_LEADING or len(said) > _MOST_CHARACTERS:
            break
        last = said[len(found[0]) :]
        if not states_only(last, masked) or is_wish(last):
            break
        found = (said, text[end.end() :])
    return ("", "") if not found[1] or states_only(found[1], masked) else found
