"""What the person at the terminal sees, and what a machine may read afterwards."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import orjson

from device.conformance.rule import Rule


class Result(StrEnum):
    PASS = "pass"  # noqa: S105 - a word of the report
    FAIL = "fail"
    WARNING = "warning"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Verdict:
    rule: Rule
    result: Result
    expected: str = ""
    got: str = ""
    note: str = ""
    seconds: float = 0.0
    blocked: bool = False
    """Skipped because the client no longer took part: nobody can say that the rule holds."""


_MARKS = {Result.PASS: "✓", Result.FAIL: "✗", Result.WARNING: "!", Result.SKIPPED: "–"}
_COLOURS = {Result.PASS: "32", Result.FAIL: "31", Result.WARNING: "33", Result.SKIPPED: "90"}


class Report:
    """Lines as the run goes on. `write` takes text with its line ends."""

    def __init__(self, write: Callable[[str], object], *, colour: bool = False) -> None:
        self._write, self._colour = write, colour
        self._group = ""
        self.verdicts: list[Verdict] = []

    def say(self, text: str) -> None:
        """Something to know meanwhile: what is being waited for."""
        self._write(f"    {text}\n")

    def line(self, text: str = "") -> None:
        self._write(f"{text}\n")

    def add(self, verdict: Verdict) -> None:
        self.verdicts.append(verdict)
        group = verdict.rule.id.partition(".")[0]
        if group != self._group:
            self._group = group
            self.line(f"\n{group}")
        note = f" ({verdict.note})" if verdict.note else ""
        self.line(f"  {self._mark(verdict.result)} {verdict.rule.id:<27} {verdict.rule.sentence}{note}")
        self._found(verdict)

    def summary(self, seconds: float) -> None:
        counts = Counter(verdict.result for verdict in self.verdicts)
        failed = [verdict for verdict in self.verdicts if verdict.result is Result.FAIL]
        if failed:
            self.line("\nWhat does not hold:")
        for verdict in failed:
            self.line(f"\n  {self._mark(verdict.result)} {verdict.rule.id}: {verdict.rule.sentence}")
            self._found(verdict)
            self.say(f"  see      {place(verdict.rule)}")
        self.line(
            f"\n{len(self.verdicts)} rules: {counts[Result.PASS]} hold, {counts[Result.FAIL]} do not, "
            f"{counts[Result.WARNING]} warnings, {counts[Result.SKIPPED]} not tested. {seconds:.0f} s."
        )
        if any(verdict.blocked for verdict in self.verdicts):
            self.line("Some could not be tested because the client no longer took part; that counts as not holding.")
        self.line("Every MUST that was tested holds." if self.holds else "The client does not keep the protocol.")

    @property
    def holds(self) -> bool:
        return not any(verdict.result is Result.FAIL or verdict.blocked for verdict in self.verdicts)

    def _found(self, verdict: Verdict) -> None:
        if verdict.expected:
            self.say(f"  expected {verdict.expected}")
            self.say(f"  got      {verdict.got}")

    def _mark(self, result: Result) -> str:
        return f"\x1b[{_COLOURS[result]}m{_MARKS[result]}\x1b[0m" if self._colour else _MARKS[result]


def place(rule: Rule) -> str:
    if rule.section == "0":
        return "PROTOCOL.md, before section 1"
    document = "RELIABILITY.md" if rule.section.startswith("R") else "PROTOCOL.md"
    return f"{document}, section {rule.section.removeprefix('R')}"


def save(path: Path, report: Report, facts: dict[str, Any]) -> None:
    """The report as JSON. Raises `OSError`."""
    rules = [
        {
            "id": verdict.rule.id,
            "section": verdict.rule.section,
            "level": verdict.rule.level,
            "sentence": verdict.rule.sentence,
            "result": verdict.result,
            "expected": verdict.expected or None,
            "got": verdict.got or None,
            "note": verdict.note or None,
            "blocked": verdict.blocked,
            "seconds": round(verdict.seconds, 3),
        }
        for verdict in report.verdicts
    ]
    counts = Counter(str(verdict.result) for verdict in report.verdicts)
    content = {"protocol": 1, "holds": report.holds, "counts": dict(counts), **facts, "rules": rules}
    path.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n")


def listed(rules: Sequence[Rule]) -> str:
    """`--list`: a line for each rule."""
    width = max(len(each.id) for each in rules)
    return "".join(
        f"{each.id:<{width}}  {each.section:<2}  {each.level:<6}  {each.sentence}"
        f"{' (only with --thorough)' if each.thorough else ''}\n"
        for each in rules
    )
