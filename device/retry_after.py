"""The Retry-After header."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def seconds_in(retry_after: str) -> float:
    """It is a number of seconds or a date; 0 when it is neither."""
    if retry_after.isdecimal():
        return float(retry_after)
    try:
        at = parsedate_to_datetime(retry_after)
    except ValueError:
        return 0.0
    return max(0.0, (at - datetime.now(UTC)).total_seconds()) if at.tzinfo else 0.0
