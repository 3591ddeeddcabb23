"""What travelled, in words that fit a line: ids are cut, moments are told, many rows are counted."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from device.chat.days import in_words
from device.chat.entities import name_of
from device.events import Mutation
from device.hooks import CallDone

_UUID = re.compile(r"\b([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_MOMENT = re.compile(r"\b\d{13}\b")
_LIST_TAG = re.compile(r"(<(\w+)>\[)([^\]]*)(\]</\2>)")
_CHART_TAG = re.compile(r"<chart>.*?</chart>", re.DOTALL)
_ROWS_NAMED = 3


@dataclass(frozen=True)
class Words:
    zone: ZoneInfo

    def asked(self, done: CallDone) -> str:
        """A tool call as it reached the device, its arguments whole."""
        call = done.call
        told = [call.action, str(call.table)]
        for name, value in (("", call.filters), ("", call.data), ("limit", call.limit)):
            if value is not None:
                told.append(f"{name} {self._json(value)}".strip())
        if call.vector is not None:
            told.append(f"a vector of {len(call.vector)}")
        return " ".join(told)

    def answered(self, done: CallDone) -> str:
        """How many rows, the first of them by name, and how long it took."""
        result, count = done.outcome.result, done.outcome.rows
        row = result.get("row")
        rows = result.get("rows") or result.get("results") or ([row] if row else [])
        names = [name for each in rows[:_ROWS_NAMED] if (name := name_of(each))]
        more = [f"{count - len(names)} more"] if names and count > len(names) else []
        listed = f": {', '.join([*names, *more])}" if names else ""
        wrong = f" ({result['error']})" if "error" in result else ""
        return f"{count} {'row' if count == 1 else 'rows'}{listed}{wrong}  [{done.took_ms:.0f} ms]"

    def said(self, text: str) -> str:
        """An answer with its tags, their contents cut: the rows and numbers in them are drawn below."""
        return short(_CHART_TAG.sub("<chart>{…}</chart>", _LIST_TAG.sub(_first_id, text)))

    def arguments(self, args: Mapping[str, Any]) -> str:
        return self._json(args)

    def mutation(self, mutation: Mutation) -> str:
        named = name_of(mutation.data)
        return short(f"{mutation.action} {mutation.table} {mutation.id}{f' “{named}”' if named else ''}")

    def moment(self, ms: int) -> str:
        """Today, tomorrow, Fri 27 Nov."""
        return in_words(ms, datetime.now(self.zone).date(), self.zone)

    def _json(self, value: Any) -> str:
        text = short(json.dumps(value, ensure_ascii=False))
        return _MOMENT.sub(lambda found: f"{found[0]} ({self.moment(int(found[0]))})", text)


def short(text: str) -> str:
    """The first eight characters of an id say which it is."""
    return _UUID.sub(r"\1…", text)


def _first_id(tag: re.Match[str]) -> str:
    first, *others = tag[3].split(",")
    return f"{tag[1]}{first}{f', {len(others)} more' if others else ''}{tag[4]}"
