"""Tags of entities and charts. Each is one piece of text, so that it is never cut in two."""

import json
import re
from collections.abc import Collection, Sequence

from app.offline.told import Row, id_of

_MOST_IDS = 100  # as many as tools tell of
_ENTITY = re.compile(r"\n*<(?P<noun>task|project|note|timeline|client)>\[(?P<ids>[^\]<]*)\]</(?P=noun)>")


def entity_tag(noun: str, rows: Sequence[Row]) -> str:
    """`<task>[id1,id2]</task>`; nothing for rows that have no id, or one that would break the tag."""
    ids = [id_of(row) for row in rows if id_of(row) and not set(id_of(row)) & set("[]<>,")]
    return f"<{noun}>[{','.join(ids[:_MOST_IDS])}]</{noun}>" if ids else ""


def without_ids(text: str, gone: Collection[str]) -> str:
    """The text with these ids out of its tags, and without tags that have none left."""

    def kept(tag: re.Match[str]) -> str:
        ids = [each for each in tag["ids"].split(",") if each not in gone]
        return tag[0].replace(tag["ids"], ",".join(ids)) if ids else ""

    return _ENTITY.sub(kept, text) if gone else text


def chart_tag(chart_type: str, title: str, key: str, counts: Sequence[tuple[str, int]], label: str) -> str:
    """Counts by a key: `[("To do", 3)]`. Angle brackets are escaped: no title can end the tag."""
    chart = {
        "chartType": chart_type,
        "title": title,
        "data": [{key: name, "count": count} for name, count in counts],
        "config": {"count": {"label": label}},
    }
    text = json.dumps(chart, ensure_ascii=False).replace("<", "\\u003c").replace(">", "\\u003e")
    return f"<chart>{text}</chart>"
