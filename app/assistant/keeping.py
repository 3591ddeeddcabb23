"""What is kept of a turn: for the user to read, and for the models of the turns that follow."""

from collections.abc import Sequence

from langchain_core.messages import AnyMessage

from app.assistant.context import TurnContext
from app.assistant.ending import Ending
from app.assistant.model_calls import to_wire
from app.assistant.paused import as_rows
from app.assistant.question import Question
from app.llm.port import Message
from app.threads.records import READ_OUTSIDE_TEXT, KeptEvent, Outcome
from app.threads.tokens import tokens

MOST_KEPT_OF_A_RESULT = 4000  # characters of what a sub-agent reported


def outcome_of(question: Question, ending: Ending, messages: Sequence[AnyMessage], context: TurnContext) -> Outcome:
    """`messages`: the supervisor's, whole, when the turn is completed; else none, and what was said stands for them."""
    answer, noted, meter = context.voice.answer, context.noted, context.meter
    transcript = _whole(messages) if messages else _broken_off(question, ending, context)
    if noted.has_read_outside_text:
        transcript[0][READ_OUTSIDE_TEXT] = True
    events = [*noted.events, *noted.without_result()]
    if answer:
        events.append(KeptEvent("message", "assistant", answer))
    if ending.status != "completed":
        events.append(KeptEvent("message", "system", _plainly(ending)))
    return Outcome(
        status=ending.status,
        error_code=ending.code,
        response=answer,
        mutations=as_rows(noted.mutations),
        transcript=transcript,
        transcript_tokens=tokens(transcript),
        input_tokens=meter.input_tokens,
        output_tokens=meter.output_tokens,
        events=events,
    )


def _whole(messages: Sequence[AnyMessage]) -> list[Message]:
    """The user's words and all that followed; the context of that moment is left out."""
    start = max(i for i, message in enumerate(messages) if message.type == "human")
    kept = [to_wire(message) for message in messages[start:]]
    for message in kept:
        if message["role"] == "tool":
            message["content"] = message["content"][:MOST_KEPT_OF_A_RESULT]
    return kept


def _broken_off(question: Question, ending: Ending, context: TurnContext) -> list[Message]:
    """No tool call stands without its result: what was done is told in words."""
    done = [f"{each.action} in {each.table}: {each.id}" for each in context.noted.mutations]
    told = [context.voice.answer, f"({_plainly(ending)})", f"(Done before that: {'; '.join(done)})" if done else ""]
    words = "\n\n".join(part for part in told if part)
    return [{"role": "user", "content": question.message}, {"role": "assistant", "content": words}]


def _plainly(ending: Ending) -> str:
    if ending.status == "cancelled":
        return "This turn was cancelled."
    return f"This turn was not completed: {ending.message}"
