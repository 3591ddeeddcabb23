"""Whom limits count: one customer of an IPv6 network has all of a /64."""

from collections.abc import Callable
from typing import Any

import pytest

from app.auth.rate_limits import ANONYMOUS_PER_MINUTE, network


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("unknown", "unknown"),
    ],
)
def test_an_address_is_counted_with_its_network(address: str, counted: str) -> None:
    assert network(address) == counted


async def test_wrong_tokens_are_counted_by_address(own_service: Callable[..., Any]) -> None:
    async with own_service(rate_limits="on", with_worker=False) as service:
        answers = [
            await service.http.get("/auth/me", headers={"Authorization": f"Bearer adiuva_{number}"})
            for number in range(ANONYMOUS_PER_MINUTE + 1)
        ]
        assert [answer.status_code for answer in answers] == [401] * ANONYMOUS_PER_MINUTE + [429]
        assert answers[-1].headers["Retry-After"]
