"""Taking everything along, and leaving: `/account`."""

from fastapi import APIRouter, Response

from app.accounts.deps import Accounts, From
from app.accounts.schemas import EraseBody, ErasureAnswer
from app.auth.deps import CurrentUser
from app.edge.documented import errors

router = APIRouter(prefix="/account", tags=["auth"])


@router.get(
    "/export",
    summary="Export everything",
    response_class=Response,
    responses={
        200: {
            "description": "A ZIP of JSON files.",
            "content": {
                "application/zip": {
                    "schema": {"type": "string", "format": "binary"},
                    "examples": {
                        "archive": {"summary": "What is in it", "value": "about.json, users.json, threads.json, …"}
                    },
                }
            },
        },
        **errors({503: "The account's keys are not available (`keys_unavailable`)."}),
    },
)
async def export_account(caller: CurrentUser, accounts: Accounts) -> Response:
    """Everything the service holds of you, decrypted, as a ZIP of JSON files."""
    archive = await accounts.export.archive(caller.user_id)
    return Response(
        archive,
        media_type="application/zip",
        headers={"Content-Disposition": 'attachment; filename="adiuva-export.zip"'},
    )


@router.delete(
    "",
    status_code=202,
    summary="Erase the account",
    responses=errors({401: "The password is wrong (`invalid_credentials`)."}),
)
async def erase_account(body: EraseBody, caller: CurrentUser, accounts: Accounts, origin: From) -> ErasureAnswer:
    """Destroys your data key first, so that whatever is still stored of you cannot be read any more; ends all sessions;
    then deletes every row in the background and mails a receipt. It cannot be undone."""
    begun = await accounts.erasure.begin(caller.user_id, body.password, origin.address)
    return ErasureAnswer(data_keys_destroyed=begun.data_keys_destroyed, sessions_ended=begun.sessions_ended)
