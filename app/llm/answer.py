"""One answer while it comes: fragments of tool calls joined, usage kept, and whether it has ended."""

from collections.abc import Iterator
from uuid import uuid4

from app.llm.port import Finished, ModelUsage, ToolCallRequest
from app.llm.provider import AttemptFailed, Part
from app.llm.refusals import from_stream
from app.llm.wire import CallFragment, Chunk

BYTES_PER_TOKEN = 4  # of English JSON, roughly: for estimates when a provider does not count


class _CallInParts:
    def __init__(self) -> None:
        self.id = ""
        self.name = ""
        self.arguments: list[str] = []


class Answer:
    def __init__(self) -> None:
        self.has_finished = False  # said by the provider: everything but the usage has come
        self.usage: ModelUsage | None = None
        self._calls: list[_CallInParts] = []
        self._open: dict[int, _CallInParts] = {}  # by the provider's index
        self._characters = 0

    def take(self, chunk: Chunk) -> Iterator[Part]:
        """Text as it comes, None for everything else that shows the model is at work. Raises `AttemptFailed`."""
        if chunk.error is not None:
            raise from_stream(chunk.error)
        if chunk.usage is not None:
            self.usage = chunk.usage.usage or self.usage
        for choice in chunk.choices or ():
            if choice.index:
                continue  # only one answer was asked for
            message = choice.delta or choice.message
            if message is not None:
                for fragment in message.tool_calls or ():
                    self._join(fragment)
                yield self._counted(message.text)
            if choice.finish_reason:
                self.has_finished = True

    def end(self, model: str, request_bytes: int, *, is_free: bool = False) -> Iterator[Part]:
        """The tool calls and the finish. Raises `AttemptFailed` when the answer has no end."""
        if not self.has_finished:
            raise AttemptFailed("broken")
        for call in self._calls:
            if not call.name:
                raise AttemptFailed("broken")
            yield ToolCallRequest(call.id or f"call_{uuid4().hex}", call.name, "".join(call.arguments))
        estimate = ModelUsage(_tokens(request_bytes), _tokens(self._characters))
        yield Finished(self.usage or estimate, model, is_free)

    def _join(self, fragment: CallFragment) -> None:
        call = self._find(fragment)
        call.id = call.id or fragment.id or ""
        if fragment.function is not None:
            call.name = call.name or fragment.function.name or ""
            call.arguments.append(written := fragment.function.written)
            self._characters += len(written)

    def _find(self, fragment: CallFragment) -> _CallInParts:
        """The call this belongs to: by index, else the last one. Another id, or without index another name, begins one.

        Some servers give every call the index 0, others none at all.
        """
        index = fragment.index if fragment.index is not None else len(self._calls) - 1
        call = self._open.get(index)
        names = fragment.function is not None and fragment.function.name
        is_another = fragment.id != call.id if call and call.id and fragment.id else fragment.index is None and names
        if call is None or is_another:
            call = _CallInParts()
            self._open[index if fragment.index is not None else len(self._calls)] = call
            self._calls.append(call)
        return call

    def _counted(self, text: str) -> str | None:
        self._characters += len(text)
        return text or None


def _tokens(size: int) -> int:
    return -(-size // BYTES_PER_TOKEN)
