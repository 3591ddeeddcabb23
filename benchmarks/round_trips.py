"""What calls and devices say to each other in benchmarks: the same frames to the service and to the bare sockets."""

from typing import Any

import orjson

PROJECT = "6f1c2a34-9d0e-4b7a-8c55-1e2f3a4b5c6d"
REQUEST = "0b9e7a52-3c4d-4e5f-9a8b-7c6d5e4f3a2b"

FILTERS: dict[str, Any] = {"projectId": PROJECT, "status": "todo", "orderBy": "-createdAt"}
LIMIT = 5
NEW_TASK: dict[str, Any] = {
    "projectId": PROJECT,
    "title": "Send the signed contract back",
    "description": "They asked for it by Friday; the scan is in the shared folder.",
    "status": "todo",
    "priority": "high",
    "isAiSuggested": 0,
    "isApproved": 1,
}


def device_id(number: int) -> str:
    return f"device-{number:05d}-of-a-benchmark"


def _row(number: int) -> dict[str, Any]:
    return {
        "id": f"3d2c1b0a-0000-4000-8000-{number:012d}",
        "title": f"Task {number} of the offer",
        "status": "todo",
        "priority": "medium",
        "dueDate": 1_780_000_000_000 + number,
        "createdAt": 1_770_000_000_000 + number,
    }


def _answer(**fields: Any) -> tuple[bytes, bytes]:
    """What stands before and after the call's id."""
    before, _, after = orjson.dumps({"type": "tool_result", "id": "|", **fields}).partition(b"|")
    return before, after


ROWS = [_row(number) for number in range(LIMIT)]
ROWS_TOLD = orjson.dumps(ROWS).decode()  # as a tool without manners tells them
READ_ANSWER = _answer(rows=ROWS)
WRITE_ANSWER = _answer(row={"id": f"{7:036d}", **NEW_TASK, "createdAt": 1_770_000_000_000})
