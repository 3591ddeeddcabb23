"""Reads Markdown as it comes, verifies our tags and takes out what would load, link or run something.

Text goes through at once. What may be the beginning of syntax waits, within bounds, until it is clear what it is; the
same text gives the same result in chunks of any size, because no decision is taken before all it depends on is there.
"""

import re
from collections import Counter
from collections.abc import Callable

from app.assistant.shaping import urls
from app.assistant.shaping.angles import Bracketed, Markup, Ours, Text, angle, ours
from app.assistant.shaping.brackets import Brackets
from app.assistant.shaping.code import Code
from app.assistant.shaping.entities import CHART_HELD, Entities
from app.assistant.shaping.page import Page

SPAN_HELD = 1_000  # characters of a code span that are waited for when an address or a tag stands in it

_ADDRESS = r"[hH][tT][tT][pP][sS]?://|[fF][tT][pP]://|[wW][wW][wW]\.|(?i:data|javascript|vbscript|mailto):"
_STOP = re.compile(rf"[<\[\]!`&\\|\n~]|//|{_ADDRESS}")
_STOP_IN_SPAN = re.compile(rf"[`\n|<\[!&]|//|{_ADDRESS}")
_STOP_IN_SURE_SPAN = re.compile(r"[`\n|<]")
_STOP_IN_FENCE = re.compile(r"[\n<]")
_END_OF_SPAN = re.compile(r"(\\?)(`+)|\n|\||</?chart", re.IGNORECASE)
_RUN = {"`": re.compile("`+"), "~": re.compile("~+")}
_INDENT = re.compile(r"[ \t]*")
_REFERENCE = re.compile(r"&#(?:[xX]([0-9a-fA-F]{1,6})|([0-9]{1,7}));")
_BEGUN_REFERENCE = re.compile(r"&(?:#(?:[xX][0-9a-fA-F]{0,6}|[0-9]{0,7}))?")
_BEHIND_SCHEME = re.compile(r"[A-Za-z0-9]:\Z")


class Markup_:
    pass
