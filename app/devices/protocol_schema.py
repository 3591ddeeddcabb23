"""The frames as JSON Schema (2020-12), by direction, made once."""

from typing import Any

import msgspec

from app.devices.frames import PROTOCOL_VERSION, FromDevice, ToDevice


def _schema(union: Any, title: str) -> dict[str, Any]:
    (root,), definitions = msgspec.json.schema_components([union], ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **root,
        "$defs": definitions,
    }


PROTOCOL: dict[str, Any] = {
    "protocol": PROTOCOL_VERSION,
    "from_device": _schema(FromDevice, "FromDevice"),
    "to_device": _schema(ToDevice, "ToDevice"),
}
