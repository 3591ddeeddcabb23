"""People who use the service, as the service sees them: over HTTP."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

PASSWORD = "a long and unusual password"


@dataclass
class Person:
    http: httpx.AsyncClient
    email: str
    password: str
    access_token: str
    refresh_token: str

    @classmethod
    async def register(cls, http: httpx.AsyncClient, email: str | None = None, password: str = PASSWORD) -> "Person":
        address = email or f"person-{uuid4().hex[:12]}@example.com"
        answer = await http.post("/auth/register", json={"email": address, "password": password})
        assert answer.status_code == 201, answer.text
        return cls._with(http, address, password, answer.json())

    @classmethod
    def _with(cls, http: httpx.AsyncClient, email: str, password: str, tokens: dict[str, Any]) -> "Person":
        return cls(http, email, password, tokens["access_token"], tokens["refresh_token"])

    async def sign_in_again(self, client: str = "another client") -> "Person":
        """The same person in a second session."""
        body = {"email": self.email, "password": self.password}
        answer = await self.http.post("/auth/login", json=body, headers={"User-Agent": client})
        assert answer.status_code == 200, answer.text
        return self._with(self.http, self.email, self.password, answer.json())

    @property
    def auth(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access_token}"}

    async def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = self.auth | options.pop("headers", {})
        return await self.http.request(method, path, headers=headers, **options)

    async def get(self, path: str, **options: Any) -> httpx.Response:
        return await self.request("GET", path, **options)

    async def post(self, path: str, **options: Any) -> httpx.Response:
        return await self.request("POST", path, **options)

    async def delete(self, path: str, **options: Any) -> httpx.Response:
        return await self.request("DELETE", path, **options)

    async def id(self) -> str:
        return str((await self.get("/auth/me")).json()["id"])
