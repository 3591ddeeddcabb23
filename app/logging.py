"""Logs: structlog, JSON in production, columns at home. Event names are static, facts are keywords, ids are bound.

Never logged: message text, mail, tokens, passwords. So an exception is told by its class and the places it passed, never by
its text: a driver's message repeats the row it failed on, a parser's the input.
"""

import logging
import sys
import traceback
from functools import lru_cache
from types import TracebackType
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_SECRET_WORDS = ("password", "token", "secret", "authorization", "cookie", "api_key", "email")


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The last net: a keyword whose name smells of a secret is never printed."""
    for name in event:
        if _smells(name):
            event[name] = "[redacted]"
    return event


@lru_cache(1024)  # names of keywords: a few dozen
def _smells(name: str) -> bool:
    return any(word in name.lower() for word in _SECRET_WORDS)


def tell_exceptions(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace `exc_info` by classes, SQLSTATE and places."""
    given = event.pop("exc_info", None)
    error = given if isinstance(given, BaseException) else sys.exc_info()[1] if given is True else None
    if isinstance(given, tuple):
        error = given[1]
    if error is not None:
        event["error"] = " <- ".join(_chain(error))
        event["at"] = _places(error.__traceback__)
    return event


def _chain(error: BaseException | None) -> list[str]:
    names: list[str] = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen:  # `raise a from b` while handling b may close a circle
        seen.add(id(error))
        state = getattr(error, "sqlstate", None)
        names.append(f"{type(error).__name__}({state})" if isinstance(state, str) else type(error).__name__)
        error = error.__cause__ or error.__context__
    return names


def _places(trace: TracebackType | None) -> list[str]:
    """Our own frames, outermost first, and the last frame whoever's it is."""
    frames = traceback.extract_tb(trace)
    told = [frame for frame in frames if "/app/" in frame.filename and "site-packages" not in frame.filename]
    if frames and frames[-1] not in told:
        told.append(frames[-1])
    return [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in told]


def _short(path: str) -> str:
    package = path.rpartition("site-packages/")[2]
    return package if package != path else f"app/{path.rpartition('/app/')[2]}"


def _dumps(event: Any, **_options: Any) -> str:
    return orjson.dumps(event, default=str).decode()


def without_socket_addresses(record: logging.LogRecord) -> bool:
    """The server logs the address of every WebSocket, and that may hold a token (our own lines say who connected); and every
    frame that is not UTF-8 as an error of ours, with a stack."""
    return not (isinstance(record.msg, str) and record.msg.startswith(('%s - "WebSocket', "Invalid UTF-8 sequence")))


def first_line_only(record: logging.LogRecord) -> bool:
    """asyncio tells of a failed task with the text of its exception on the lines below, and that may be anybody's words."""
    record.msg = str(record.msg).partition("\n")[0]
    return True


def set_up_logging(*, level: str, as_json: bool) -> None:
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        tell_exceptions,
        redact,
    ]
    render: list[Processor] = (
        [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer(serializer=_dumps)]
        if as_json
        else [
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
        ]
    )
    structlog.configure(
        processors=[*shared, *render],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    _adopt_the_standard_library(shared, render, level)


def _adopt_the_standard_library(shared: list[Processor], render: list[Processor], level: str) -> None:
    """Libraries log through `logging`; give their lines the same shape."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    for name in ("uvicorn.error", "uvicorn.access", "gunicorn.error"):
        # gunicorn gives its own handlers to its own and the server's loggers: plain lines between ours.
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
    # A library's INFO would repeat our access log, or tell queries and addresses with secrets in them. The server's own
    # INFO (started, stopped) is worth having.
    chosen = logging.getLevelNamesMapping()[level.upper()]
    root.setLevel(max(chosen, logging.WARNING))
    server = logging.getLogger("uvicorn.error")
    # At DEBUG the WebSocket library would tell every frame: the user's own rows.
    server.setLevel(max(chosen, logging.INFO))
    logging.getLogger("gunicorn.error").setLevel(max(chosen, logging.INFO))
    server.filters[:] = [without_socket_addresses]
    logging.getLogger("asyncio").filters[:] = [first_line_only]
    logging.getLogger("uvicorn.access").setLevel(logging.WARNING)
