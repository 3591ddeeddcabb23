"""What can go wrong, as classes with a code that never changes; clients branch on the code.

Each class below is an *expected* error (4xx) or an *operational* one (503). Anything else that reaches the edge is a
bug and is told to the client as `internal_error` without a word of what happened.
"""

from typing import ClassVar


class AdiuvaError(Exception):
    """An error a client can understand: a stable code, a sentence, a few plain facts.

    Facts appear in the answer and in the log: sizes, counts and names of settings are welcome, content is not.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"

    def __init__(self, detail: str, *, retry_after: int | None = None, **facts: str | int) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after = retry_after  # seconds
        self.facts = facts


class BadRequest(AdiuvaError):
    status = 400
    code = "bad_request"


class NotAuthenticated(AdiuvaError):
    status = 401
    code = "not_authenticated"


class Forbidden(AdiuvaError):
    status = 403
    code = "forbidden"


class NotFound(AdiuvaError):
    """Also the answer for another tenant's object: nobody learns whether it exists."""

    status = 404
    code = "not_found"


class Conflict(AdiuvaError):
    status = 409
    code = "conflict"


class Invalid(AdiuvaError):
    """Input that parses but cannot be accepted; `field` names the offender in the answer's `errors` list."""

    status = 422
    code = "validation_failed"

    def __init__(self, detail: str, *, field: str) -> None:
        super().__init__(detail)
        self.field = field


class RateLimited(AdiuvaError):
    status = 429
    code = "rate_limited"


class Overloaded(AdiuvaError):
    status = 503
    code = "overloaded"


class DatabaseUnavailable(AdiuvaError):
    status = 503
    code = "database_unavailable"
