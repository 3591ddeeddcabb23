"""What a provider's error means, read from its status, its code and the phrases providers use."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import msgspec

from app.llm.provider import AttemptFailed, Kind

_BUSY = {408, 409, 425, 429}
_TOO_LONG_CODES = {"context_length_exceeded", "context_window_exceeded", "string_above_max_length"}
_TOO_LONG = re.compile(
    r"maximum context|context.?length|context.?window|context limit|context size|prompt is too long|input is too long"
    r"|too many (?:input )?tokens|token count.{0,40}exceeds|number of tokens allowed|input tokens exceed"
    r"|maximum input length|max_new_tokens`? must be|longer than the model|current length is \d+ while limit",
    re.IGNORECASE,
)
_SPENT = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"}  # a 429 that no waiting ends
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")


class ErrorBody(msgspec.Struct):
    message: object = None
    code: object = None
    type: object = None
    status: object = None


class _Envelope(msgspec.Struct):
    error: ErrorBody | str | None = None
    message: object = None
    detail: object = None


def from_answer(status: int, headers: Mapping[str, str], body: bytes) -> AttemptFailed:
    """A refusal over HTTP."""
    try:
        envelope = msgspec.json.decode(body, type=_Envelope)
    except (msgspec.DecodeError, UnicodeDecodeError):
        envelope = _Envelope()
    error = envelope.error
    code = _code(error)
    text = body.decode("utf-8", "replace")
    return AttemptFailed(kind(status, code, text), status=status, code=code, retry_after_s=retry_after_s(headers))


def from_stream(error: ErrorBody | str) -> AttemptFailed:
    """An error in the middle of an answer; its code may be an HTTP status."""
    code = _code(error)
    message = error if isinstance(error, str) else str(error.message)
    numbers = () if isinstance(error, str) else (error.code, error.status)
    status = next((int(str(number)) for number in numbers if re.fullmatch("[45][0-9][0-9]", str(number))), None)
    return AttemptFailed(kind(status, code, message), status=status, code=code)


def kind(status: int | None, code: str | None, text: str) -> Kind:
    if status == 413 or (status in (None, 400, 422) and (code in _TOO_LONG_CODES or _TOO_LONG.search(text))):
        return "too_long"
    if code in _SPENT:
        return "refused"
    if status is None:
        return "broken"
    return "busy" if status in _BUSY or status >= 500 else "refused"


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """From `retry-after-ms` or `Retry-After`, in seconds or as a date."""
    if (milliseconds := _number(headers.get("retry-after-ms"))) is not None:
        return milliseconds / 1000
    written = headers.get("retry-after")
    if written is None or (seconds := _number(written)) is not None:
        return seconds if written is not None else None
    try:
        at = parsedate_to_datetime(written)
    except ValueError:
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def _number(written: str | None) -> float | None:
    return float(written) if written is not None and re.fullmatch(r"[0-9]{1,9}(\.[0-9]*)?", written) else None


def _code(error: ErrorBody | str | None) -> str | None:
    """The error's code or type if it is a word: anything else may be content."""
    if error is None or isinstance(error, str):
        return None
    words = (each for each in (error.code, error.type) if isinstance(each, str) and _CODE.fullmatch(each))
    return next(words, None)
