"""What a rule is, and the list of all of them in the order in which they are tried."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from importlib import import_module

from device.conformance import rules
from device.conformance.client import Client

Check = Callable[[Client], Awaitable[str | None]]
"""Returns when the rule holds, with a remark if there is one; raises `Broken` or `NotTested` otherwise."""


class Level(StrEnum):
    MUST = "must"
    SHOULD = "should"


@dataclass(frozen=True)
class Rule:
    id: str
    section: str
    """Of PROTOCOL.md; 0 for what stands before its first one, R3 for section 3 of RELIABILITY.md."""
    sentence: str
    check: Check
    level: Level = Level.MUST
    needs_connection: bool = True
    thorough: bool = False
    """Takes long; only with `--thorough`, or when it is asked for by its id."""
    stops_client: bool = False
    """The client has ended for good when it keeps this rule, and must be started again for the next one."""


class UnknownRule(Exception):
    """No rule has that name."""


_rules: list[Rule] = []


def rule(
    name: str,
    section: str,
    sentence: str,
    *,
    level: Level = Level.MUST,
    needs_connection: bool = True,
    thorough: bool = False,
    stops_client: bool = False,
) -> Callable[[Check], Check]:
    """Declare the decorated function as the check of a rule."""

    def declare(check: Check) -> Check:
        _rules.append(
            Rule(
                name,
                section,
                sentence,
                check,
                level=level,
                needs_connection=needs_connection,
                thorough=thorough,
                stops_client=stops_client,
            )
        )
        return check

    return declare


def all_rules() -> Sequence[Rule]:
    """Every rule, in the order of a run."""
    for name in rules.ORDER:
        import_module(f"{rules.__name__}.{name}")  # declares its rules the first time
    return tuple(_rules)


def selected(patterns: Sequence[str], *, thorough: bool) -> Sequence[Rule]:
    """The rules of a run: all, or those named by id, by group or with `*`. Raises `UnknownRule`."""
    everything = all_rules()
    if not patterns:
        return tuple(each for each in everything if thorough or not each.thorough)
    for pattern in patterns:
        if not any(_means(pattern, each, thorough=True) for each in everything):
            raise UnknownRule(pattern)
    return tuple(each for each in everything if any(_means(pattern, each, thorough=thorough) for pattern in patterns))


def _means(pattern: str, one: Rule, *, thorough: bool) -> bool:
    """A rule that takes long is not meant by its group's name."""
    if one.id == pattern:
        return True
    return (thorough or not one.thorough) and (fnmatchcase(one.id, pattern) or one.id.startswith(f"{pattern}."))
