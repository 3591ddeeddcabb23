"""The few pages a browser shows: the API's documentation, and where the links in mails lead.

All scripts and styles come from here, so the pages work without internet and under a strict content-security policy.
"""

import importlib.util
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse, RedirectResponse

from app.errors import NotFound

router = APIRouter(include_in_schema=False)

_OWN = Path(__file__).parent / "files"
_SWAGGER = ("swagger-ui-bundle.js", "swagger-ui.css")
_POLICY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}


@cache
def _assets() -> dict[str, Path]:
    package = importlib.util.find_spec("fastapi_offline")
    assert package is not None
    assert package.origin is not None
    swagger = Path(package.origin).parent / "static"
    own = {path.name: path for path in _OWN.iterdir() if path.suffix in (".js", ".css", ".svg")}
    return own | {name: swagger / name for name in _SWAGGER}


@router.get("/")
async def root() -> Response:
    return RedirectResponse("/docs")


@router.get("/docs")
async def docs() -> Response:
    return _page("docs.html")


@router.get("/verify-email")
async def verify_email() -> Response:
    return _page("verify-email.html")


@router.get("/reset-password")
async def reset_password() -> Response:
    return _page("reset-password.html")


@router.get("/assets/{name}")
async def asset(name: str) -> Response:
    path = _assets().get(name)
    if path is None:
        raise NotFound("There is nothing at this address.")
    return FileResponse(path, headers={"Cache-Control": "public, max-age=3600", **_POLICY})


def _page(name: str) -> Response:
    return FileResponse(_OWN / name, media_type="text/html", headers={"Cache-Control": "no-cache", **_POLICY})
