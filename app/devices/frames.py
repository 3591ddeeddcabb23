"""The protocol: every frame of the device socket, one union for each direction.

Field names and meanings are those of docs/protocol.md. msgspec reads, checks and builds a frame in one pass over the bytes,
which costs about what parsing the JSON alone does (docs/decisions/0008-frames-in-msgspec.md). Unknown fields are ignored;
fields that are absent stay absent, and are never sent as null. A device may send null for any field it could leave out: many
libraries write their frames that way.

A frame of a later feature is one more class, named in its union.
"""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

Id = Annotated[str, Meta(min_length=1, max_length=128, description="1 to 128 printable characters.")]
Ms = Annotated[int, Meta(description="Milliseconds since the Unix epoch.")]
Seq = Annotated[int, Meta(ge=1, description="Counts from 1 inside a request_id, without a gap.")]
Row = Annotated[dict[str, Any], Meta(description="A row of the device's table, columns in camelCase.")]

Action = Literal["select", "get", "insert", "update", "delete", "vector_upsert", "vector_search"]
Table = Literal["tasks", "projects", "timelines", "notes", "taskComments", "clients"]

PROTOCOL_VERSION = 1
MAX_REASON = 2_000  # characters


class Frame(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    pass


# From the device


class Client(Struct, frozen=True, kw_only=True, omit_defaults=True):
    name: Annotated[str, Meta(description="128 characters of it are kept.")] | None = None
    version: Annotated[str, Meta(description="64 characters of it are kept.")] | None = None
    platform: Annotated[str, Meta(description="128 characters of it are kept.")] | None = None


class DeviceHello(Frame, frozen=True, kw_only=True, tag="device_hello"):
    """The first frame."""

    device_id: Id
    name: Annotated[str, Meta(description="256 characters of it are kept.")] | None = None
    protocol: Annotated[int, Meta(description=f"{PROTOCOL_VERSION} when it is missing.")] | None = None
    agent_ids: list[Id] | None = None
    timezone: Annotated[str, Meta(description="An IANA name, as in Europe/Rome.")] | None = None
    client: Client | None = None
    journal: (
        Annotated[bool, Meta(description="Does the device keep a journal of calls? It does when this is missing.")]
        | None
    ) = None
    resume: (
        Annotated[
            dict[Id, Annotated[int, Meta(ge=0)]],
            Meta(description="request_id to the last seq that was seen. At most 64 are resumed."),
        ]
        | None
    ) = None


class ToolResult(Frame, frozen=True, kw_only=True, tag="tool_result"):
    """The answer to a `tool_call`: exactly what its action returns, or `error`."""

    id: Id
    rows: list[Row] | UnsetType | None = UNSET
    row: Row | UnsetType | None = UNSET
    deleted: bool | UnsetType | None = UNSET
    ok: bool | UnsetType | None = UNSET
    results: list[Row] | UnsetType | None = UNSET
    error: str | UnsetType | None = UNSET


class AuthRefresh(Frame, frozen=True, kw_only=True, tag="auth_refresh"):
    """A new access token for the open socket."""

    token: Annotated[str, Meta(max_length=4096)]


class Pong(Frame, frozen=True, kw_only=True, tag="pong"):
    """The answer to a `ping`."""


class PastMessage(Struct, frozen=True, kw_only=True):
    role: Annotated[str, Meta(max_length=32, description="`user` or `assistant`.")]
    content: str


class HomeRequest(Frame, frozen=True, kw_only=True, tag="home_request"):
    """A question to the assistant. The same `request_id` again goes on with that turn and never runs it twice."""

    request_id: Annotated[Id, Meta(description="Made up by the service when it is missing.")] | None = None
    message: Annotated[str, Meta(min_length=1, description="At most 32,000 characters.")]
    session_id: Annotated[Id, Meta(description="Groups turns; the connection when it is missing.")] | None = None
    thread_id: Annotated[Id, Meta(description="A new thread when it is missing.")] | None = None
    conversation_history: Annotated[
        list[PastMessage] | None, Meta(description="Ignored with a `thread_id`: the thread has its own.")
    ] = None
    context: dict[str, Any] | None = None


class Scope(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the user is looking at."""

    type: Literal["task", "project", "note", "timeline", "client", "none"]
    id: Id | None = None


class FloatingRequest(HomeRequest, frozen=True, kw_only=True, tag="floating_request"):
    """A question about what the user is looking at."""

    scope: Scope


class Cancel(Frame, frozen=True, kw_only=True, tag="cancel"):
    """Stop a turn."""

    request_id: Id


class ApprovalResponse(Frame, frozen=True, kw_only=True, tag="approval_response"):
    """The user's answer to an `approval_request`. The first one wins."""

    id: Id
    decision: Literal["approve", "edit", "reject"]
    args: Annotated[dict[str, Any], Meta(description="With `edit`: what to use instead.")] | None = None
    reason: Annotated[str, Meta(max_length=MAX_REASON, description="Told to the assistant.")] | None = None


FromDevice = DeviceHello | ToolResult | AuthRefresh | Pong | HomeRequest | FloatingRequest | Cancel | ApprovalResponse


# To the device


class Server(Struct, frozen=True, kw_only=True):
    version: str


class DeviceReady(Frame, frozen=True, kw_only=True, tag="device_ready"):
    """The answer to `device_hello`. Turns in `resumed` go on from where the device said; those in `lost` cannot."""

    connection_id: str
    device_id: Id
    heartbeat_s: float
    server: Server
    resumed: list[str]
    lost: list[str]


class ToolCall(Frame, frozen=True, kw_only=True, tag="tool_call"):
    """Work for the device. The same `id` again (`attempt` above 1) must not take effect again."""

    id: Id
    action: Action
    table: Table | None = None
    data: dict[str, Any] | None = None
    filters: dict[str, Any] | None = None
    vector: list[float] | None = None
    limit: int | None = None
    request_id: str | None = None
    run_id: str | None = None
    attempt: Annotated[int, Meta(ge=1)]
    deadline: Ms


class StreamStart(Frame, frozen=True, kw_only=True, tag="stream_start"):
    """A turn has begun."""

    request_id: str
    seq: Seq
    thread_id: str


class FloatingDomain(Frame, frozen=True, kw_only=True, tag="floating_domain"):
    """What a floating turn is about: its first frame."""

    request_id: str
    seq: Seq
    domain: Literal["tasks", "projects", "notes", "timelines", "clients"]


class Activity(Frame, frozen=True, kw_only=True, tag="activity"):
    """What the assistant is doing now."""

    request_id: str
    seq: Seq
    agent: str
    state: Literal["started", "finished", "failed"]
    tool: str | None = None
    label: str


class StreamText(Frame, frozen=True, kw_only=True, tag="stream_text"):
    """A piece of the answer."""

    request_id: str
    seq: Seq
    chunk: str


class Mutation(Struct, frozen=True, kw_only=True):
    action: Literal["insert", "update", "delete"]
    table: Table
    id: str
    data: dict[str, Any]


class Usage(Struct, frozen=True, kw_only=True):
    input_tokens: int
    output_tokens: int


class TurnError(Struct, frozen=True, kw_only=True):
    code: str
    message: str


class StreamEnd(Frame, frozen=True, kw_only=True, tag="stream_end"):
    """A turn has ended. Sent exactly once."""

    request_id: str
    seq: Seq
    status: Literal["completed", "cancelled", "failed"]
    mutations: list[Mutation]
    usage: Usage
    error: TurnError | None = None


class ApprovalRequest(Frame, frozen=True, kw_only=True, tag="approval_request"):
    """A turn waits until the user has answered, or until `expires_at`. Sent to every device, and again to one that
    connects meanwhile."""

    id: Id
    request_id: str
    tool: str
    summary: Annotated[str, Meta(description="The question, in a sentence.")]
    args: Annotated[dict[str, Any], Meta(description="What the tool would be called with.")]
    expires_at: Ms


class ApprovalResolved(Frame, frozen=True, kw_only=True, tag="approval_resolved"):
    """An approval has been answered, on whichever device, or has expired: nothing is asked any more."""

    id: Id
    request_id: str
    decision: Literal["approve", "edit", "reject", "expired"]
    by: Annotated[str, Meta(description="A device_id, or `api`; absent when nobody answered.")] | None = None


class AuthExpiring(Frame, frozen=True, kw_only=True, tag="auth_expiring"):
    """Send `auth_refresh` before this moment, or the socket is closed with 4401."""

    expires_at: Ms


class Ping(Frame, frozen=True, kw_only=True, tag="ping"):
    """Answer with `pong`."""


ErrorCode = Literal[
    "bad_json",
    "invalid_frame",
    "unknown_type",
    "not_ready",
    "rate_limited",
    "quota_exceeded",
    "duplicate_request",
    "too_large",
]


class Error(Frame, frozen=True, kw_only=True, tag="error"):
    """Something that was sent could not be taken. The socket stays open."""

    code: ErrorCode
    message: str
    request_id: str | None = None
    id: str | None = None
    retry_after: int | None = None


TurnFrame = StreamStart | FloatingDomain | Activity | StreamText | StreamEnd
ToDevice = (
    DeviceReady
    | ToolCall
    | StreamStart
    | FloatingDomain
    | Activity
    | StreamText
    | StreamEnd
    | ApprovalRequest
    | ApprovalResolved
    | AuthExpiring
    | Ping
    | Error
)
