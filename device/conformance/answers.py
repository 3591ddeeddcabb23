"""A `tool_result`, read as the answer of its action: exactly the field that section 4 names, of the right type."""

import math
from typing import Any

from device.conformance.frames import Frame
from device.conformance.tables import Row
from device.conformance.verdicts import Broken, brief


def rows(answer: Frame) -> list[Row]:
    found = _result(answer, "rows", "`rows`, a list of objects")
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise Broken("`rows`, a list of objects", brief(found))
    return found


def row(answer: Frame) -> Row:
    found = _result(answer, "row", "`row`, an object")
    if not isinstance(found, dict):
        raise Broken("`row`, an object", brief(found))
    return found


def row_or_null(answer: Frame) -> Row | None:
    found = _result(answer, "row", "`row`, an object or null")
    if found is not None and not isinstance(found, dict):
        raise Broken("`row`, an object or null", brief(found))
    return found


def deleted(answer: Frame) -> bool:
    found = _result(answer, "deleted", "`deleted`, true or false")
    if not isinstance(found, bool):
        raise Broken("`deleted`, true or false", brief(found))
    return found


def ok(answer: Frame) -> None:
    if _result(answer, "ok", "`ok: true`") is not True:
        raise Broken("`ok: true`", brief(answer["ok"]))


def results(answer: Frame) -> list[Row]:
    found = _result(answer, "results", "`results`, a list")
    if not isinstance(found, list):
        raise Broken("`results`, a list", brief(found))
    for each in found:
        if not isinstance(each, dict) or not isinstance(each.get("id"), str) or "content" not in each:
            raise Broken("`{id, content, score}` in each of `results`", brief(each))
        score = each.get("score")
        if isinstance(score, bool) or not isinstance(score, int | float) or not math.isfinite(score):
            raise Broken("a number as `score` in each of `results`", brief(each))
    return found


def error(answer: Frame, why: str) -> str:
    """The text of a refusal. `why` says what was wrong with the call, for the report."""
    expected = f"`error` with a sentence in it, because {why}"
    if "error" not in answer:
        raise Broken(expected, brief(content(answer)))
    text = answer["error"]
    if not isinstance(text, str) or not text.strip():
        raise Broken(expected, f"`error`: {brief(text)}")
    return text


def content(answer: Frame) -> Frame:
    """What the frame says, without its envelope: two answers to one call have the same."""
    return {name: value for name, value in answer.items() if name not in ("type", "id")}


def _result(answer: Frame, field: str, expected: str) -> Any:
    if "error" in answer:
        raise Broken(expected, f"`error`: {brief(answer['error'])}")
    if field not in answer:
        raise Broken(expected, brief(content(answer)))
    return answer[field]
