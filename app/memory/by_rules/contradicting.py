"""When two statements cannot both hold: they say another day, number, name, place or state of the same thing.

A statement replaces an earlier one about the same when both have a detail of one kind and it is not the same, when one
denies what the other says, or when it says all that the other does and more.
"""

from collections.abc import Sequence
from uuid import UUID

from app.memory.by_rules.claims import WHEN, Claim
from app.offline.words import stem


def replaces(claim: Claim, known: Sequence[tuple[UUID, Claim]]) -> tuple[UUID, ...]:
    """Those of the known statements that do not hold any more, or say less. One that names its subject in fewer words
    ("the launch") replaces another only when there is just one it can mean."""
    same = [(place, each) for place, each in known if each.about == claim.about]
    shorter = [(place, each) for place, each in known if each.head == claim.head and claim.about < each.about]
    meant = same or (shorter if len({each.about for _, each in shorter}) == 1 else [])
    taken = [place for place, each in meant if each.verb == claim.verb and _takes_over(claim, each)]
    return tuple(taken) or tuple(place for place, each in known if _succeeds(claim, each))


def _takes_over(new: Claim, old: Claim) -> bool:
    if new.is_over and not old.is_over:
        return bool(new.rest) and new.rest <= old.rest
    if new.denies != old.denies:
        return new.rest == old.rest and not _differing(new, old)
    is_close = new.rest <= old.rest or old.rest <= new.rest
    differing = _differing(new, old)
    if differing:
        return is_close if differing & WHEN or "state" in differing else new.rest == old.rest
    if new.link is not None and new.link == old.link:
        return new.is_new or old.rest <= new.rest
    if new.verb == "be" and not new.details and not old.details:
        return _names_another(new, old)
    return old.rest <= new.rest and all(
        each <= new.details.get(kind, frozenset()) for kind, each in old.details.items()
    )


def _succeeds(new: Claim, old: Claim) -> bool:
    """ "Rita handles the bookings now": somebody else did."""
    is_same = new.verb == old.verb != "be" and bool(new.rest) and new.rest == old.rest
    return is_same and new.is_new and not new.denies and new.about != old.about


def _differing(new: Claim, old: Claim) -> set[str]:
    return {kind for kind, values in new.details.items() if kind in old.details and old.details[kind] != values}


def _names_another(new: Claim, old: Claim) -> bool:
    """ "The contact is Jon" and "the contact is Ann": both say nothing but a name. Of what is many, both may be so."""
    is_one = all(set(each.rest) <= {stem(word) for name in each.names for word in name.split()} for each in (new, old))
    return is_one and bool(new.names) and bool(old.names) and new.names != old.names
