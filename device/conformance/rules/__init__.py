"""Every rule, a file for each kind."""

ORDER = (
    "handshake",
    "heartbeat",
    "rows",
    "writes",
    "select",
    "vectors",
    "errors",
    "values",
    "idempotency",
    "concurrency",
    "unknown",
    "auth",
    "approvals",
    "resume",
    "asking",
    "reconnect",
    "stops",
    "discipline",
)
"""The order of a run: what ends the client for good comes late, and last the sum of what was seen."""
