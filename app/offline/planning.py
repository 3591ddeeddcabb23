"""The supervisor's side: from the user's words to delegations, in as many rounds as names have to be looked up."""

from dataclasses import replace

from app.offline import answering
from app.offline.conversation import Mention, Scene
from app.offline.following import agreed, chosen, follow_up
from app.offline.naming import own_owners, which_kind
from app.offline.nouns import NOUNS
from app.offline.outcome import Outcome, asked, read_outcome
from app.offline.reading import MEMORY, read
from app.offline.remembering import found_nothing, is_known, told_before, was_not_looked_up, with_memory
from app.offline.replay import Call, Plan, together
from app.offline.scope import in_scope
from app.offline.told import id_of, title_of
from app.offline.wishes import Wish

# of the answer, not of the rows
_KEPT_HERE = ("count", "by", "chart", "when", "by_due", "place", "about", "places", "unread", "most")


def answer(scene: Scene) -> Plan[str]:
    """The plan of a whole turn: its end is the user's answer."""
    reading = read(agreed(scene), scene.now)
    wishes = follow_up(scene, list(reading.wishes)) or list(reading.wishes)
    is_short = scene.recollection.likes_short_answers()
    own = [each for each in reading.own if scene.remembers or each.verb != "keep" or each.has("secret")]
    if own and (not wishes or is_known(own[0], scene)):
        wishes = own
    if reading.talk and not wishes:
        return answering.small_talk(reading.talk, is_short=is_short)
    if not wishes and reading.suggestion:
        return answering.suggestion(reading.suggestion)
    if not wishes:
        return told_before(scene) or answering.not_understood(is_short=is_short)
    outcomes: list[Outcome] = []
    for stage in _stages(wishes):
        of_rows = tuple(each for each in outcomes if each.wish.noun != MEMORY)
        outcomes += yield from together([_fulfil(wish, scene, of_rows) for wish in stage])
    return _instead(scene, outcomes, is_short=is_short) or answering.compose(outcomes, scene.now, is_short=is_short)


def _instead(scene: Scene, outcomes: list[Outcome], *, is_short: bool) -> str:
    """What the user has said before, where the rows have no answer or cannot be looked at; empty where they have one."""
    is_in_vain = len(outcomes) == 1 and found_nothing(outcomes[0])
    is_broken = all(was_not_looked_up(each) for each in outcomes)
    told = told_before(scene) if is_in_vain or is_broken else ""
    if not told:
        return ""
    if is_broken:
        error = next((each.sentence for each in outcomes if each.kind == "error"), "")
        return f"{told}\n\n{answering.not_looked_further(error)}" if error and not is_short else told
    nothing = replace(outcomes[0], rows=[])  # what is told stands where names alike would be offered
    return f"{answering.compose([nothing], scene.now, is_short=is_short)} {told}"


def delegated(wish: Wish) -> Call:
    """The delegation that carries a wish to its sub-agent."""
    sent = wish.without(*_KEPT_HERE)
    if wish.noun == "task" and wish.verb == "list" and answering.grouped_by(wish) == "status":
        sent = sent.but(by="status")  # the tools can count by it
    return Call("task", {"description": sent.sentence(), "subagent_type": NOUNS[wish.noun].agent})


def _stages(wishes: list[Wish]) -> list[list[Wish]]:
    """Wishes that wait for nothing go together; one that points back waits for those before it."""
    stages: list[list[Wish]] = []
    for wish in wishes:
        if stages and not wish.has("it"):
            stages[-1].append(wish)
        else:
            stages.append([wish])
    return stages


def _fulfil(wish: Wish, scene: Scene, earlier: tuple[Outcome, ...]) -> Plan[Outcome]:
    if wish.noun == MEMORY:
        return (yield from with_memory(wish, scene))
    if wish.verb == "many":
        return asked(wish, "I change one thing at a time, so I have changed nothing. Name the one you mean.")
    ready = _pointed_at(wish, scene, earlier)
    if isinstance(ready, Wish) and not ready.noun:
        ready = yield from which_kind(ready, delegated)
    if isinstance(ready, Outcome):
        return ready
    owned = yield from own_owners(_here(ready, scene), delegated)
    if isinstance(owned, Outcome):
        return owned
    ready, owners = yield from in_scope(*owned, scene, delegated)
    if (question := _missing_piece(ready)) is not None:
        return asked(ready, question)
    (text,) = yield [delegated(ready)]
    return replace(read_outcome(ready, text), owners=owners)


def _pointed_at(wish: Wish, scene: Scene, earlier: tuple[Outcome, ...]) -> Wish | Outcome:
    """The wish with the id of what "it" or "the second one" is."""
    which = wish.number("it")
    if which is None:
        return wish
    if not wish.has("picked") and earlier and earlier[-1].kind not in ("stored", "found", "deleted"):
        return asked(wish, "So I have left the rest of it, too.")
    nouns = _nouns_that_fit(wish)
    looked_at = [scene.looking_at] if scene.looking_at is not None and scene.looking_at.noun in nouns else []
    sources = [_made(earlier), *([] if wish.has("picked") else [looked_at]), scene.mentions()]
    rows = next((fit for fit in ([each for each in source if each.noun in nouns] for source in sources) if fit), [])
    if not rows:
        return asked(wish, "I am not sure which one you mean. Please name it.")
    if len(rows) > 1 and not wish.has("picked"):
        candidates = [(each.noun, {"id": each.id, NOUNS[each.noun].title: each.title}) for each in rows]
        return Outcome(wish, "ambiguous", candidates=candidates)
    if which >= len(rows):
        there = "There was only one" if len(rows) == 1 else f"There were only {len(rows)}"
        return asked(wish, f"{there}, so I have changed nothing. Please name it.")
    found = rows[which]
    noun = "comment" if wish.noun == "comment" else found.noun
    return chosen(wish, found, noun)


def _nouns_that_fit(wish: Wish) -> list[str]:
    if wish.noun == "comment" or (wish.has("status") and wish.noun == "task"):
        return ["task"]
    if wish.noun:
        return [wish.noun]
    return ["task", "timeline"] if wish.has("due") or wish.has("shift_days") else list(NOUNS)


def _made(earlier: tuple[Outcome, ...]) -> list[Mention]:
    """What an earlier wish of the same message made or found."""
    return [
        Mention(each.wish.noun, id_of(row), title_of(row, each.wish.noun))
        for each in earlier
        for row in each.rows
        if id_of(row) and each.wish.noun != "comment" and each.kind in ("stored", "found")
    ]


def _here(wish: Wish, scene: Scene) -> Wish:
    """`here` and `this project` are what the user looks at."""
    looked_at = scene.looking_at
    for key in ("project", "place", "client"):
        if wish.text(key).lower() in ("here", "it", "this", "that", "this project", "that project", "this client"):
            noun = "client" if key == "client" else "project"
            spoken = [looked_at] if looked_at is not None and looked_at.noun == noun else scene.mentions()
            ids = [each.id for each in spoken if each.noun == noun]
            if len(ids) != 1:
                return wish.without(key) if wish.text(key) == "here" and wish.verb == "list" else wish
            return wish.without(key).but(**{f"{noun}_id": ids[0]})
    return wish


def _missing_piece(wish: Wish) -> str | None:
    if wish.verb == "create" and wish.noun == "timeline" and not wish.has("project_id"):
        return f"Which project is the milestone “{wish.text('title')}” for? For example: … for project Driver app."
    if wish.verb == "create" and wish.noun != "comment" and not wish.text("title").strip():
        return f"What should the {NOUNS[wish.noun].spoken} be called?"
    if wish.verb == "update" and wish.noun == "timeline" and wish.has("project_id"):
        return "A milestone cannot be moved to another project; create it there and delete this one."
    if any(each.lower() in ("me", "myself", "us", "i") for each in wish.texts("assignees")):
        return "I do not know your name, so I have changed nothing. Assign it by name, for example “assign Buy milk to Ann”."
    if wish.has("named") and not wish.text("named").strip():
        return "Which one do you mean? Please name it."
    return None
