"""A turn's context: at its beginning, and when it goes on after a wait."""

from collections.abc import Callable

from app.assistant.about import about, new_mark, zone_of
from app.assistant.approvals.policy import Policy
from app.assistant.budget import ModelCallBudget
from app.assistant.context import TurnContext
from app.assistant.desk import Noted
from app.assistant.meter import Meter
from app.assistant.paused import PausedTurn
from app.assistant.question import Question
from app.assistant.remembering import TurnMemory
from app.assistant.services import TurnServices
from app.assistant.shaping.shaper import Shaper
from app.assistant.shaping.urls import urls_in
from app.assistant.voice import Voice
from app.devices.tables import DeviceTables
from app.devices.turns import TurnStream
from app.threads.records import OpenedRun


def context_for(
    services: TurnServices,
    question: Question,
    run: OpenedRun,
    stream: TurnStream,
    policy: Policy,
    budget: ModelCallBudget,
) -> TurnContext:
    zone = zone_of(question.timezone)
    now = services.clock.now().astimezone(zone)
    limits = services.limits
    noted = Noted()
    # Also answers that a client says were given: they may be anybody's words.
    brought = question.history if question.thread_id is None else []
    noted.has_read_outside_text = bool(question.context) or any(each.get("role") != "user" for each in brought)
    return TurnContext(
        now=now,
        zone=zone,
        model=services.models.main,
        embedder=services.models.embedder,
        tables=_tables(services, question),
        voice=_voice(services, question, run, stream, noted),
        words=question.message,
        sanitizer=services.sanitizer,
        budget=budget,
        policy=policy,
        meter=Meter(most_model_calls=limits.model_calls, most_tool_calls=limits.tool_calls),
        noted=noted,
        memory=TurnMemory(services.memories, question.user_id, run.id, now),
        mark=new_mark(),
        about=about(now, question.scope),
        can_be_asked=_can_be_asked(services, question),
    )


def context_from(
    services: TurnServices,
    paused: PausedTurn,
    run: OpenedRun,
    stream: TurnStream,
    policy: Policy,
    budget: ModelCallBudget,
) -> TurnContext:
    """As it stood when the wait began; only the time has passed."""
    question, zone = paused.question, zone_of(paused.question.timezone)
    noted = paused.noted()
    return TurnContext(
        now=services.clock.now().astimezone(zone),
        zone=zone,
        model=services.models.main,
        embedder=services.models.embedder,
        tables=_tables(services, question),
        voice=_voice(services, question, run, stream, noted, said=paused.said),
        words=question.message,
        sanitizer=services.sanitizer,
        budget=budget,
        policy=policy,
        meter=paused.meter,
        noted=noted,
        memory=TurnMemory(
            services.memories,
            question.user_id,
            run.id,
            paused.said_at.astimezone(zone),
            paused.heard,
            paused.forgot,
        ),
        mark=paused.mark,
        about=paused.about,
        can_be_asked=_can_be_asked(services, question),
        started=set(paused.started),
    )


def _tables(services: TurnServices, question: Question) -> DeviceTables:
    """The device that asked, and waits for it when it goes; over REST whichever is there, if any."""
    patience_s = services.limits.device_s if question.device_id is not None else 0
    return DeviceTables(
        services.calls,
        question.user_id,
        sender=question.device_id,
        request_id=question.request_id,
        patience_s=patience_s,
    )


def _voice(
    services: TurnServices, question: Question, run: OpenedRun, stream: TurnStream, noted: Noted, said: str = ""
) -> Voice:
    is_floating = question.kind == "floating"
    shaper = Shaper(
        sanitizer=services.sanitizer, seen=noted.seen, own_urls=urls_in(question.message), tags=not is_floating
    )
    return Voice(stream, str(run.thread_id), shaper, is_floating=is_floating, said=said)


def _can_be_asked(services: TurnServices, question: Question) -> Callable[[], bool]:
    """A device that asked comes back to answer. Who asked over REST may have none at all."""
    return lambda: question.device_id is not None or bool(services.hub.online(question.user_id))
