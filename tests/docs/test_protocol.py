"""docs/protocol.md shows every frame, and what it shows is what is sent."""

import re
from typing import Any, get_args

import jsonschema_rs
import msgspec
import pytest

from app.devices.codec import decode
from app.devices.frames import ErrorCode, FromDevice, ToDevice
from app.devices.protocol_schema import PROTOCOL
from tests.docs.documents import ROOT

EXAMPLES = re.findall(r"```json\n(.*?)```", (ROOT / "docs" / "protocol.md").read_text(), re.DOTALL)
FROM_DEVICE = {each.__struct_config__.tag for each in get_args(FromDevice)}
TO_DEVICE = {each.__struct_config__.tag for each in get_args(ToDevice)}
_TO_DEVICE = msgspec.json.Decoder(ToDevice, strict=True)


def _type(example: str) -> str:
    frame: dict[str, Any] = msgspec.json.decode(example)
    return str(frame["type"])


def test_every_frame_has_an_example() -> None:
    assert {_type(example) for example in EXAMPLES} == FROM_DEVICE | TO_DEVICE


@pytest.mark.parametrize("example", EXAMPLES, ids=_type)
def test_an_example_is_a_frame_and_nothing_in_it_is_ignored(example: str) -> None:
    frame = (
        decode(example, nesting=32, containers=50_000) if _type(example) in FROM_DEVICE else _TO_DEVICE.decode(example)
    )
    shown = {name: value for name, value in msgspec.json.decode(example).items() if name != "type"}
    assert {name: msgspec.to_builtins(getattr(frame, name)) for name in shown} == shown


@pytest.mark.parametrize("example", EXAMPLES, ids=_type)
def test_an_example_fits_the_published_schema(example: str) -> None:
    direction = "from_device" if _type(example) in FROM_DEVICE else "to_device"
    jsonschema_rs.Draft202012Validator(PROTOCOL[direction]).validate(msgspec.json.decode(example))


def test_every_error_code_is_explained() -> None:
    text = (ROOT / "docs" / "protocol.md").read_text()
    for code in get_args(ErrorCode):
        assert f"| `{code}` |" in text
