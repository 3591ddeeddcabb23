"""What crosses HTTP about memory: each tier in its own words in lists, all of them in one shape where tiers meet."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import AliasChoices, Field, StrictBool, StringConstraints

from app.errors import Invalid
from app.kit.clock import to_ms
from app.kit.schema import Answer, Body, Ms, shown_as
from app.memory.gathering import Gathered
from app.memory.limits import MemoryLimits
from app.memory.records import Remembered, Tier, Told, Version, Why, WrittenBy

MOST_CHARACTERS: dict[Tier, int] = {
    "core": MemoryLimits.value_characters,
    "associative": MemoryLimits.content_characters,
    "episodic": MemoryLimits.summary_characters,
    "proactive": MemoryLimits.content_characters,
}


class OriginAnswer(Answer):
    written_by: WrittenBy = Field(
        description="`user`: by yourself, over this API. `assistant`: because you asked it to. `extractor`: from what you "
        "said. `summary`, `reflection`: from sessions.",
        examples=["extractor"],
    )
    turns: list[UUID] = Field(
        description="The turns in which you said it, oldest first; none when it was written over this API.",
        examples=[["5db1c54c-1e17-436d-9fda-4eda63740320"]],
    )


class _Item(Answer):
    id: UUID
    pinned: bool = Field(description="A pinned memory is never dropped to make room.")
    mentions: int = Field(description="How often it was said, or shown to be so.", examples=[1])
    created_at: Ms
    updated_at: Ms = Field(
        description="When its words last changed, in milliseconds since the Unix epoch.", examples=[1767225600000]
    )
    origin: OriginAnswer


class CoreAnswer(_Item):
    key: str = Field(examples=["answers"])
    value: str = Field(examples=["short"])


class AssociativeAnswer(_Item):
    content: str = Field(examples=["The Acme launch is on 3 March."])
    entity_type: str | None = Field(description="What kind of row it is about, if any.", examples=["project"])
    entity_id: str | None = Field(examples=["5db1c54c"])
    score: float | None = Field(
        description="Cosine similarity to `q`, -1 to 1; null without `q`.", examples=[0.62], ge=-1.001, le=1.001
    )


class EpisodicAnswer(_Item):
    summary: str = Field(examples=["Asked for the tasks due this week; created the task Buy milk."])
    started_at: Ms = Field(
        description="When the session began, in milliseconds since the Unix epoch.", examples=[1767225600000]
    )


class ProactiveAnswer(_Item):
    content: str = Field(examples=["Plans the week on Mondays."])
    confidence: float = Field(
        description="0 to 1. Rises with evidence, decays without; turns are told those from 0.6 on.",
        examples=[0.8],
        ge=0,
        le=1,
    )
    source: str | None = Field(description="What shows it.", examples=["4 sessions on Mondays in November"])


def core(memory: Remembered) -> CoreAnswer:
    return CoreAnswer.model_validate({**_item(memory), "key": memory.key, "value": memory.text})


def associative(memory: Remembered) -> AssociativeAnswer:
    about = {"entity_type": memory.entity_type, "entity_id": memory.entity_id}
    return AssociativeAnswer.model_validate({**_item(memory), **about, "content": memory.text, "score": memory.score})


def episodic(memory: Remembered) -> EpisodicAnswer:
    started_at = to_ms(memory.created_at)
    return EpisodicAnswer.model_validate({**_item(memory), "summary": memory.text, "started_at": started_at})


def proactive(memory: Remembered) -> ProactiveAnswer:
    shown = {"confidence": memory.confidence, "source": memory.grounds}
    return ProactiveAnswer.model_validate({**_item(memory), **shown, "content": memory.text})


def _item(memory: Remembered) -> dict[str, Any]:
    return {
        "id": memory.id,
        "pinned": memory.pinned,
        "mentions": memory.mentions,
        "created_at": to_ms(memory.created_at),
        "updated_at": to_ms(memory.updated_at),
        "origin": {"written_by": memory.source.written_by, "turns": memory.source.runs},
    }


_OF_TIER = {"core": core, "associative": associative, "episodic": episodic, "proactive": proactive}


class MemoryAnswer(_Item):
    """A memory of any tier, with the fields it has in that tier's list."""

    tier: Tier = Field(examples=["associative"])
    key: str | None = Field(default=None, description="core", examples=[None])
    value: str | None = Field(default=None, description="core", examples=[None])
    content: str | None = Field(
        default=None, description="associative, proactive", examples=["The Acme launch is on 3 March."]
    )
    entity_type: str | None = Field(default=None, description="associative", examples=["project"])
    entity_id: str | None = Field(default=None, description="associative", examples=["5db1c54c"])
    summary: str | None = Field(default=None, description="episodic", examples=[None])
    started_at: Ms | None = Field(default=None, description="episodic", examples=[None])
    confidence: float | None = Field(default=None, description="proactive", examples=[None])
    source: str | None = Field(default=None, description="proactive", examples=[None])
    unreadable: bool = Field(
        default=False,
        description="In exports: what it says could not be opened, and is left out. It can be forgotten all the same.",
        examples=[False],
    )

    @classmethod
    def of(cls, memory: Remembered) -> "MemoryAnswer":
        return cls.model_validate(_fields(memory))


def _fields(memory: Remembered) -> dict[str, Any]:
    if not memory.is_readable:
        return {"tier": memory.tier, **_item(memory), "unreadable": True}
    return {"tier": memory.tier, **_OF_TIER[memory.tier](memory).model_dump(exclude={"score"})}


class VersionAnswer(Answer):
    text: str = Field(description="What it said then.", examples=["The Acme launch is on 1 March."])
    written_by: WrittenBy
    why: Why = Field(
        description="Why it does not say so any more: `corrected` by you, `replaced` by something that contradicts it, "
        "`merged` with another that says the same, `updated` as the session went on.",
        examples=["corrected"],
    )
    valid_from: Ms
    replaced_at: Ms

    @classmethod
    def of(cls, version: Version) -> "VersionAnswer":
        return cls(
            text=version.text,
            written_by=version.written_by,
            why=version.why,
            valid_from=to_ms(version.valid_from),
            replaced_at=to_ms(version.replaced_at),
        )


class WholeMemoryAnswer(MemoryAnswer):
    """A memory with its history."""

    history: list[VersionAnswer] = Field(description="What it said before, newest first.")

    @classmethod
    def whole(cls, memory: Remembered, versions: list[Version]) -> "WholeMemoryAnswer":
        return cls.model_validate({**_fields(memory), "history": [VersionAnswer.of(each) for each in versions]})


class CoreListAnswer(Answer):
    items: list[CoreAnswer]


class ToldAnswer(Answer):
    id: UUID
    tier: Tier
    text: str = Field(examples=["short"])
    key: str | None = Field(description="core", examples=["answers"])
    confidence: float | None = Field(description="proactive", examples=[None])
    score: float | None = Field(description="associative: cosine similarity to the message.", examples=[None])
    pinned: bool
    created_at: Ms
    updated_at: Ms

    @classmethod
    def of(cls, told: Told) -> "ToldAnswer":
        return cls(
            id=told.id,
            tier=told.tier,
            text=told.text,
            key=told.key,
            confidence=told.confidence,
            score=told.score,
            pinned=told.pinned,
            created_at=to_ms(told.created_at),
            updated_at=to_ms(told.updated_at),
        )


class ContextAnswer(Answer):
    text: str = Field(
        description="Word for word what the model would be told; empty when there is nothing.",
        examples=["## About the user\n- answers: short"],
    )
    items: list[ToldAnswer] = Field(description="The memories it is made of, in its order.")

    @classmethod
    def of(cls, gathered: Gathered) -> "ContextAnswer":
        return cls(text=gathered.text, items=[ToldAnswer.of(each) for each in gathered.items])


class SettingsAnswer(Answer):
    enabled: bool = Field(examples=[True])


class ForgottenAnswer(Answer):
    forgotten: int = Field(description="How many memories there were.", examples=[3])


class ExportAnswer(Answer):
    enabled: bool
    items: list[WholeMemoryAnswer] = Field(description="Every memory of every tier, oldest first.")


class ValueBody(Body):
    value: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MemoryLimits.value_characters)
    ] = Field(examples=["short"])


class CorrectionBody(Body):
    """What is left out, or null, stays as it is."""

    model_config = shown_as({"text": "The Acme launch is on 4 March."})

    text: (
        Annotated[
            str,
            StringConstraints(strip_whitespace=True, min_length=1, max_length=max(MOST_CHARACTERS.values())),
        ]
        | None
    ) = Field(
        default=None,
        validation_alias=AliasChoices("text", "value", "content", "summary"),
        description="What it says from now on. `value`, `content` and `summary`, the names in the lists, mean the same. "
        "At most 1,000 characters in core and 1,200 in episodic.",
        examples=["The Acme launch is on 4 March."],
    )
    pinned: StrictBool | None = Field(default=None, description="A pinned memory is never dropped to make room.")

    def text_for(self, tier: Tier) -> str | None:
        """Raises `Invalid` when it is longer than that tier takes."""
        if self.text is not None and len(self.text) > MOST_CHARACTERS[tier]:
            raise Invalid(f"A memory of this tier has at most {MOST_CHARACTERS[tier]} characters.", field="text")
        return self.text


class SettingsBody(Body):
    enabled: StrictBool = Field(description="Off: nothing is remembered, and turns are told nothing.", examples=[True])
