"""Devices over HTTP, and the diagnostic way to call one."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path, Response
from pydantic import Field
from starlette.convertors import Convertor, register_url_convertor

from app.auth.deps import Anyone, CurrentUser, DeviceCaller, ReadCaller, UncountedDeviceCaller
from app.devices.deps import Devices
from app.devices.protocol_schema import PROTOCOL
from app.devices.schemas import CallBody, DeviceAnswer, RenameBody, TicketAnswer, TicketBody
from app.edge.documented import errors
from app.kit.clock import to_ms
from app.kit.pages import Page, Paging
from app.kit.schema import Answer


class _DeviceIdConvertor(Convertor[str]):
    """A device chooses its id, and may well choose one with a slash; what ends in `/call` is the diagnostic route."""

    regex = "(?!.*/call$).+"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("device", _DeviceIdConvertor())

router = APIRouter(tags=["devices"])
# Part of the application outside prod only.
diagnostics = APIRouter(tags=["devices"])

Named = Annotated[str, Path(min_length=1, max_length=128, description="The device's id.", examples=["laptop-of-ada"])]


class CallAnswer(Answer):
    """Exactly what the device answered: the fields of the action."""

    rows: list[dict[str, Any]] | None = Field(default=None, description="select")
    row: dict[str, Any] | None = Field(
        default=None, description="get, insert, update", examples=[{"id": "5db1c54c", "title": "Buy milk"}]
    )
    deleted: bool | None = Field(default=None, description="delete")
    ok: bool | None = Field(default=None, description="vector_upsert")
    results: list[dict[str, Any]] | None = Field(default=None, description="vector_search")


class ProtocolAnswer(Answer):
    protocol: int = Field(examples=[1])
    from_device: dict[str, Any] = Field(description="JSON Schema of every frame a device sends.")
    to_device: dict[str, Any] = Field(description="JSON Schema of every frame it is sent.")


@router.post("/ws/ticket", summary="Get a one-time ticket for the socket", responses=errors())
async def ticket(body: TicketBody, caller: DeviceCaller, devices: Devices) -> TicketAnswer:
    """For clients that can only put things in the URL: `GET /api/v1/ws/device?ticket=…`, within 30 seconds, once."""
    issued, expires_at = await devices.tickets.issue(caller, body.device_id)
    return TicketAnswer(ticket=issued, expires_at=to_ms(expires_at))


@router.get("/devices", summary="List your devices", responses=errors())
async def list_devices(caller: ReadCaller, devices: Devices, paging: Paging) -> Page[DeviceAnswer]:
    """Last seen first. `online` is whether its socket is open now."""
    found, total = await devices.known.page(caller.user_id, offset=paging.offset, limit=paging.limit)
    return Page(items=[DeviceAnswer.of(each) for each in found], total=total, page=paging.page, limit=paging.limit)


@router.get("/devices/{device_id:device}", summary="One of your devices", responses=errors({404: "`not_found`"}))
async def get_device(device_id: Named, caller: ReadCaller, devices: Devices) -> DeviceAnswer:
    """Its name, whether it is online, and what it said of itself."""
    return DeviceAnswer.of(await devices.known.get(caller.user_id, device_id))


@router.patch("/devices/{device_id:device}", summary="Rename a device", responses=errors({404: "`not_found`"}))
async def rename_device(device_id: Named, body: RenameBody, caller: CurrentUser, devices: Devices) -> DeviceAnswer:
    """Your name for it stays, whatever the device calls itself when it next connects."""
    return DeviceAnswer.of(await devices.known.rename(caller.user_id, device_id, body.name))


@router.delete(
    "/devices/{device_id:device}", status_code=204, summary="Revoke a device", responses=errors({404: "`not_found`"})
)
async def revoke_device(device_id: Named, caller: CurrentUser, devices: Devices) -> None:
    """Closes its socket (4403) and refuses it to every session that is open now. After a new sign-in it may come back."""
    await devices.known.revoke(caller.user_id, device_id)


@diagnostics.post(
    "/devices/{device_id:path}/call",
    summary="Call a device (diagnostics)",
    response_model=CallAnswer,
    response_model_exclude_unset=True,
    responses=errors(
        {
            404: "`not_found`: you have no such device.",
            409: "`device_offline`",
            422: "`device_refused`: the detail is its reason. `malformed_result`: its answer is not one to that action.",
            503: "`too_many_calls`",
            504: "`device_timeout`; `may_have_happened` when it was asked to change something.",
        }
    ),
)
async def call_device(device_id: Named, body: CallBody, caller: UncountedDeviceCaller, devices: Devices) -> Response:
    """Send one tool call down the device's socket and wait for what it answers. Not rate limited; not there in prod.

    For those who write a device client, and for tests and benchmarks."""
    await devices.known.get(caller.user_id, device_id)
    result = await devices.calls.call(caller.user_id, device_id, body.ask())
    return Response(msgspec.json.encode(result), media_type="application/json")


@router.get(
    "/protocol/schema",
    dependencies=[Anyone],
    summary="JSON Schemas of the socket's frames",
    responses=errors(public=True),
)
async def protocol_schema() -> ProtocolAnswer:
    """Generate types for your client from this. docs/protocol.md tells what the frames mean."""
    return ProtocolAnswer(**PROTOCOL)
