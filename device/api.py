"""The REST calls a device needs to sign in and stay signed in (HTTP_API: auth, health)."""

import ipaddress
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from device.errors import DeviceError, ServiceRefused, ServiceUnreachable
from device.retry_after import seconds_in
from device.tokens import Tokens
from device.version import USER_AGENT

if TYPE_CHECKING:
    import httpx

BASE_PATH = "/api/v1"
_TIMEOUT_S = 15.0


class Service:
    """The service at a URL such as `https://adiuva.example`. Methods raise `ServiceUnreachable` when the same request may
    succeed later, `ServiceRefused` when it was understood and refused, `DeviceError` for a URL that cannot be one."""

    def __init__(self, url: str) -> None:
        self.url = checked_url(url)

    @property
    def socket_url(self) -> str:
        return self.url.replace("http", "ws", 1) + BASE_PATH + "/ws/device"

    async def register(self, email: str, password: str) -> Tokens:
        return Tokens.read(await self._post("/auth/register", {"email": email, "password": password}))

    async def login(self, email: str, password: str) -> Tokens:
        return Tokens.read(await self._post("/auth/login", {"email": email, "password": password}))

    async def refresh(self, refresh_token: str) -> Tokens:
        return Tokens.read(await self._post("/auth/refresh", {"refresh_token": refresh_token}))

    async def me(self, access_token: str) -> dict[str, Any]:
        return await self._request("GET", "/auth/me", headers={"Authorization": f"Bearer {access_token}"})

    async def device(self, access_token: str, device_id: str) -> dict[str, Any]:
        """What the service knows of a device; `ServiceRefused` with 404 for one that never came, or was revoked."""
        path = f"/devices/{quote(device_id, safe='')}"
        return await self._request("GET", path, headers={"Authorization": f"Bearer {access_token}"})

    async def health(self) -> dict[str, Any]:
        return await self._request("GET", "/health")

    async def _post(self, path: str, body: dict[str, str]) -> dict[str, Any]:
        return await self._request("POST", path, json=body)

    async def _request(
        self, method: str, path: str, *, json: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        import httpx  # a fifth of a second to import: not before it is needed

        try:
            async with httpx.AsyncClient(
                timeout=_TIMEOUT_S, trust_env=may_use_proxy(self.url), headers={"User-Agent": USER_AGENT}
            ) as client:
                response = await client.request(method, self.url + BASE_PATH + path, json=json, headers=headers)
        except httpx.InvalidURL:
            raise DeviceError(f"{self.url} is not a URL.") from None
        except httpx.HTTPError as error:
            why = str(error) or type(error).__name__
            raise ServiceUnreachable(f"The service at {self.url} does not answer ({why}). Is it running?") from None
        return _answer(self.url, response)


def _answer(url: str, response: "httpx.Response") -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        body = None
    body = body if isinstance(body, dict) else {}
    if response.is_success and body:
        return body
    status, detail = response.status_code, body.get("detail")
    sentence = detail if isinstance(detail, str) and detail else f"The service at {url} answered HTTP {status}."
    if status == 429 or status >= 500:
        raise ServiceUnreachable(sentence, seconds_in(response.headers.get("Retry-After", "")))
    if response.is_success or not body.get("code"):
        raise ServiceRefused(f"What answers at {url} is not the Adiuva service (HTTP {status}).", status)
    raise ServiceRefused(_with_fields(sentence, body.get("errors")), status, str(body["code"]))


def _with_fields(sentence: str, errors: Any) -> str:
    """A 422 says in `errors` what is wrong with which field."""
    if not isinstance(errors, list):
        return sentence
    told = [f"{each.get('field')}: {each.get('message')}" for each in errors if isinstance(each, dict)]
    return f"{sentence} {'; '.join(told)}." if told else sentence


def checked_url(url: str) -> str:
    """Scheme, host and port, without what follows. Raises `DeviceError`."""
    try:
        parts = urlsplit(url.strip())
        is_one = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        is_one = False
    if not is_one:
        raise DeviceError(f"{url!r} is not a URL of a service; it looks like http://127.0.0.1:8000.")
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/").removesuffix(BASE_PATH)


def may_use_proxy(url: str) -> bool:
    """What the system says about proxies counts, but a service on this very machine is never behind one."""
    host = urlsplit(url).hostname or ""
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host != "localhost"
