"""What a floating window is over narrows lists and holds what is new, unless the words go beyond it."""

import re

from app.offline.conversation import Scene
from app.offline.naming import IN_PROJECTS, Delegate, of_client
from app.offline.replay import Plan
from app.offline.wishes import Wish

_BEYOND = re.compile(
    r"\b(?:all|every|everything|everywhere|anywhere|overall|altogether|across|whole|entire)\b", re.IGNORECASE
)
_PLACES = ("project_id", "project_ids", "client_id", "unfiled")


def in_scope(wish: Wish, owners: dict[str, str], scene: Scene, delegate: Delegate) -> Plan[tuple[Wish, dict[str, str]]]:
    """The wish for what the user looks at, and whose rows it is about; as it is where a place is named, or all are
    asked for."""
    at = scene.looking_at
    if at is None or any(wish.has(key) for key in _PLACES) or not _narrows(wish, scene):
        return wish, owners
    if at.noun == "project" and wish.noun in IN_PROJECTS:
        return wish.but(project_id=at.id), owners | {"project": "this project"}
    if at.noun == "client" and wish.noun == "project":
        return wish.but(client_id=at.id), owners | {"client": "this client"}
    if at.noun == "client" and wish.noun in IN_PROJECTS and wish.verb == "list":
        ready = yield from of_client(wish.but(client_id=at.id), delegate)
        return ready, owners | {"client": "this client"}
    return wish, owners


def _narrows(wish: Wish, scene: Scene) -> bool:
    if wish.verb == "create":
        return True
    is_compared = wish.text("by") in ("project", "client")
    return wish.verb == "list" and not is_compared and not wish.has("all") and not _BEYOND.search(scene.words)
