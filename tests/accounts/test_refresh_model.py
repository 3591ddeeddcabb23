"""The refresh protocol against a model of it: whatever clients, thieves and clocks do, the service answers as it says."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

import httpx
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    initialize,
    multiple,
    rule,
    run_state_machine_as_test,
)
from hypothesis.strategies import sampled_from

from tests.conftest import Service
from tests.factories.people import Person

Run = Callable[[Coroutine[Any, Any, httpx.Response]], httpx.Response]

# Their sums stay away from 30 seconds, 15 minutes and 30 days, so that the time a step takes decides nothing.
PAUSES = [timedelta(seconds=12), timedelta(seconds=31), timedelta(minutes=16), timedelta(days=11)]


@dataclass
class Family:
    open: bool = True


@dataclass
class Token:
    secret: str
    access: str
    family: Family
    born: datetime
    parent: "Token | None" = None
    children: "list[Token]" = field(default_factory=list)
    spent: datetime | None = None

    def answer_to_its_use(self, now: datetime) -> str:
        """What the protocol says to a refresh with this token, and what it does to the family."""
        if not self.family.open or now - self.born >= timedelta(days=30):
            return "invalid_token"
        if self.spent is None:
            self.spent = now
            for sibling in self.parent.children if self.parent else []:
                sibling.spent = sibling.spent or now
            return "ok"
        lost_answer = now - self.spent <= timedelta(seconds=30) and self.children
        if lost_answer and not any(child.spent for child in self.children):
            return "ok"
        self.family.open = False
        return "token_reused"


class Protocol(RuleBasedStateMachine):
    service: ClassVar[Service]
    person: ClassVar[Person]
    run_in_loop: ClassVar[Run]
    tokens = Bundle("tokens")

    def _token(self, answer: httpx.Response, family: Family, parent: Token | None = None) -> Token:
        body = answer.json()
        return Token(body["refresh_token"], body["access_token"], family, self.service.clock.now(), parent)

    @initialize(target=tokens)
    def begin(self) -> Token:
        return self._signed_in()

    @rule(target=tokens)
    def sign_in(self) -> Token:
        return self._signed_in()

    def _signed_in(self) -> Token:
        body = {"email": self.person.email, "password": self.person.password}
        answer = type(self).run_in_loop(self.service.http.post("/auth/login", json=body))
        assert answer.status_code == 200
        return self._token(answer, Family())

    @rule(target=tokens, token=tokens)
    def refresh(self, token: Token) -> Token:
        return self._refreshed(token)

    @rule(target=tokens, token=tokens)
    def click_twice(self, token: Token) -> MultipleResults[Token]:
        return multiple(self._refreshed(token), self._refreshed(token))

    def _refreshed(self, token: Token) -> Token:
        """What the token got; itself when it was refused."""
        expected = token.answer_to_its_use(self.service.clock.now())
        request = self.service.http.post("/auth/refresh", json={"refresh_token": token.secret})
        answer = type(self).run_in_loop(request)
        got = "ok" if answer.status_code == 200 else answer.json()["code"]
        assert got == expected
        if got != "ok":
            return token
        child = self._token(answer, token.family, token)
        token.children.append(child)
        return child

    @rule(token=tokens)
    def call(self, token: Token) -> None:
        answer = type(self).run_in_loop(
            self.service.http.get("/auth/me", headers={"Authorization": f"Bearer {token.access}"})
        )
        lives = token.family.open and self.service.clock.now() - token.born < timedelta(minutes=15)
        assert answer.status_code == (200 if lives else 401)

    @rule(token=consumes(tokens))
    def sign_out(self, token: Token) -> None:
        headers = {"Authorization": f"Bearer {token.access}"}
        body = {"refresh_token": token.secret}
        if (
            type(self).run_in_loop(self.service.http.post("/auth/logout", json=body, headers=headers)).status_code
            == 204
        ):
            token.family.open = False

    @rule(pause=sampled_from(PAUSES))
    def wait(self, pause: timedelta) -> None:
        self.service.clock.move(seconds=pause.total_seconds())


async def test_the_service_keeps_to_the_protocol(service: Service, ada: Person) -> None:
    loop = asyncio.get_running_loop()

    def run(request: Coroutine[Any, Any, httpx.Response]) -> httpx.Response:
        return asyncio.run_coroutine_threadsafe(request, loop).result(30)

    machine = type("Bound", (Protocol,), {"service": service, "person": ada, "run_in_loop": staticmethod(run)})
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large]
    profile = settings(
        max_examples=12, stateful_step_count=25, deadline=None, database=None, suppress_health_check=checks
    )
    await asyncio.to_thread(run_state_machine_as_test, machine, settings=profile)
