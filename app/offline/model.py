"""The model that is always there: rules instead of a provider.

It keeps nothing between calls. What to do next follows from the messages and tools of the request alone, so it can play
supervisor and sub-agents alike, and a turn that was interrupted goes on from its messages.
"""

import json
from collections.abc import AsyncIterator, Sequence
from hashlib import blake2b

from app.llm.port import Delta, Finished, ModelRequest, ModelUsage, TextDelta, ToolCallRequest
from app.offline.acting import carry_out
from app.offline.conversation import Scene, scene_of
from app.offline.dates import warm_up
from app.offline.pieces import pieces
from app.offline.planning import answer
from app.offline.reading import MEMORY, read
from app.offline.replay import Call, Plan, replay
from app.offline.titles import asks_for_title, title_for
from app.offline.wishes import Wish, read_sentence

NAME = "offline/rules"
_CHARACTERS_PER_TOKEN = 4


class OfflineModel:
    """Implements `ChatModel`. Deterministic: the same request gives the same deltas. Raises nothing."""

    is_free = True

    @staticmethod
    def warm_up() -> None:
        """Loads what the first words and the first date would else load within their turn (half a second). Blocks: it
        is for a thread at start-up."""
        warm_up()
        read("words that no phrasing fits, so that each is tried", None)

    async def stream(self, request: ModelRequest) -> AsyncIterator[Delta]:
        made = _next(request)
        written = 0
        if isinstance(made, str):
            for piece in pieces(made):
                written += len(piece)
                yield TextDelta(piece)
        else:
            for call in _requests(request, made):
                written += len(call.arguments)
                yield call
        usage = ModelUsage(_tokens(_size(request)), _tokens(written))
        yield Finished(usage, NAME, is_free=True)


def _next(request: ModelRequest) -> list[Call] | str:
    """The calls to make, or the text to say."""
    scene = scene_of(request)
    if not request.tools and asks_for_title(request.messages):
        return title_for(scene.words)
    wish = read_sentence(scene.words)
    if scene.is_inner or (wish is not None and not request.tools):
        plan = _inner_plan(wish or _freely_read(scene), scene)
        made = replay(plan, scene.results, may_call=bool(request.tools))
        return _offered(request, plan, made)
    return replay(answer(scene), scene.results, may_call=bool(request.tools))


def _inner_plan(wish: Wish, scene: Scene) -> Plan[str]:
    return carry_out(wish, scene.now)


def _freely_read(scene: Scene) -> Wish:
    """Another model is the supervisor, and wrote in its own words."""
    wishes = [each for each in read(scene.words, scene.now).wishes if each.noun != MEMORY]
    return wishes[0] if wishes else Wish("unknown")


def _offered(request: ModelRequest, plan: Plan[str], made: list[Call] | str) -> list[Call] | str:
    """A sub-agent has the tools of its own kind of row only."""
    names = {_function(each).get("name") for each in request.tools}
    while isinstance(made, list) and any(call.tool not in names for call in made):
        try:
            made = plan.send(["Error: this sub-agent has no tool for that."] * len(made))
        except StopIteration as stop:
            made = str(stop.value)
    return made


def _requests(request: ModelRequest, calls: Sequence[Call]) -> list[ToolCallRequest]:
    """Calls with ids that differ within a conversation and are the same for the same request."""
    step = sum(1 for message in request.messages if message.get("role") == "assistant")
    found = []
    for number, call in enumerate(calls):
        arguments = json.dumps(_required(request, call) | call.arguments, ensure_ascii=False)
        mark = blake2b(f"{step}:{number}:{call.tool}:{arguments}".encode("utf-8", "surrogatepass"), digest_size=9)
        found.append(ToolCallRequest(f"call_{mark.hexdigest()}", call.tool, arguments))
    return found


def _required(request: ModelRequest, call: Call) -> dict[str, str | int | bool]:
    """What a tool insists on and the plan has no word for: empty strings and -1 mean not given."""
    for tool in request.tools:
        function = _function(tool)
        parameters = function.get("parameters")
        if function.get("name") == call.tool and isinstance(parameters, dict):
            kinds = parameters.get("properties") or {}
            return {
                name: -1 if kinds.get(name, {}).get("type") == "integer" else ""
                for name in parameters.get("required", [])
            }
    return {}


def _function(tool: dict[str, object]) -> dict[str, object]:
    function = tool.get("function")
    return function if isinstance(function, dict) else {}


def _size(request: ModelRequest) -> int:
    return sum(len(str(message.get("content") or "")) for message in request.messages)


def _tokens(characters: int) -> int:
    """An estimate: nothing counts tokens here, and nobody pays for them."""
    return -(-characters // _CHARACTERS_PER_TOKEN)
