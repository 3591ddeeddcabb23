"""A count in words that say what was counted: `3 open high-priority tasks due tomorrow in Driver app`."""

from app.offline.answering.lines import STATUS_WORDS, plain
from app.offline.nouns import NOUNS
from app.offline.outcome import Outcome
from app.offline.wishes import Wish
from app.offline.words import joined


def counted_rows(outcome: Outcome, count: int, *, is_least: bool = False) -> str:
    """`is_least`: there may be more than were looked at."""
    wish, noun = outcome.wish, NOUNS[outcome.wish.noun]
    many = noun.spoken if count == 1 else noun.many
    words = ["at least" if is_least and count else "", str(count or "no"), *_before(wish), many, *_after(outcome)]
    return " ".join(each for each in words if each)


def _before(wish: Wish) -> list[str]:
    priorities = wish.texts("priority")
    return [
        "overdue" if wish.has("overdue") else "",
        *_status_words(wish),
        f"{priorities[0]}-priority" if len(priorities) == 1 else "",
        {0: "unapproved", 1: "approved"}.get(wish.number("is_approved") or 0, "") if wish.has("is_approved") else "",
    ]


def _status_words(wish: Wish) -> list[str]:
    if wish.texts("status") == ["todo", "in_progress"]:
        return [] if wish.has("overdue") else ["open"]
    if wish.texts("status"):
        return [joined([f"“{STATUS_WORDS[each]}”" for each in wish.texts("status")])]
    return ["archived"] if wish.text("status") == "archived" else []


def _after(outcome: Outcome) -> list[str]:
    wish = outcome.wish
    due = "due " if wish.noun == "task" else ""
    priorities = wish.texts("priority")
    return [
        f"with {joined(priorities, 'or')} priority" if len(priorities) > 1 else "",
        "that nobody is assigned to" if wish.has("unassigned") else "",
        f"without a {'client' if wish.noun == 'project' else 'project'}" if wish.has("unfiled") else "",
        "without a due date" if wish.has("undated") else "",
        f"{due}{_on(wish)}{wish.text('when')}" if wish.text("when") else "",
        f"assigned to {_name(wish.text('assignee'))}" if wish.text("assignee") else "",
        *(f"{'for' if key == 'client' else 'in'} {plain(name)}" for key, name in outcome.owners.items()),
        f"matching “{plain(wish.text('search'))}”" if wish.text("search") else "",
    ]


def _on(wish: Wish) -> str:
    """Milestones are `on Monday`; tasks are `due Monday`."""
    first = wish.text("when")[:1]
    return "on " if wish.noun != "task" and (first.isupper() or first.isdigit()) else ""


def _name(text: str) -> str:
    name = plain(text)
    return name[:1].upper() + name[1:]
