import asyncio
import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from device import Device, Tokens
from device.clock import now_ms
from device.errors import NotSignedIn, ServiceUnreachable, SignInAgain
from device.session import Session, Sessions
from tests.device.service import Peer, Rest, closing, socket, stay

Make = Callable[..., Device]


def _signed_in(home: Path, url: str, **tokens: Any) -> Sessions:
    sessions = Sessions(home)
    sessions.write(Session(url, "ada@example.com", Tokens(**{"access_token": "a0", "refresh_token": "r0"} | tokens)))
    return sessions


def _once_only(service: Rest) -> None:
    """Refresh tokens as the service means them: each works once."""
    spent: set[str] = set()

    def refresh(body: dict[str, Any]) -> tuple[int, Any]:
        token = body["refresh_token"]
        if token in spent:
            return 401, {"code": "token_reused", "detail": "This refresh token was used before."}
        spent.add(token)
        number = int(token[1:]) + 1
        return 200, {"access_token": f"a{number}", "refresh_token": f"r{number}", "expires_at": now_ms() + 900_000}

    service.answers["/auth/refresh"] = refresh


def test_tokens_are_for_their_owners_eyes_only(tmp_path: Path) -> None:
    home = tmp_path / "new" / "home"
    _signed_in(home, "http://x")
    assert stat.S_IMODE((home / "session.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert "a0" not in repr(Sessions(home).read())
    assert [path.name for path in home.iterdir()] == ["session.json"]


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", '{"url": 1}', '{"url": "u", "email": "e", "tokens": {"x": 1}}', "\xff"]
)
def test_a_damaged_session_asks_to_sign_in_again(tmp_path: Path, content: str) -> None:
    (tmp_path / "session.json").write_text(content, encoding="latin-1")
    with pytest.raises(NotSignedIn, match=r"damaged\. Sign in again"):
        Sessions(tmp_path).read()


async def test_a_token_is_renewed_and_on_disk_before_it_is_used(tmp_path: Path, service: Rest) -> None:
    _once_only(service)
    sessions = _signed_in(tmp_path, service.url)
    renewed = await sessions.refresh("a0")
    assert (renewed.access_token, renewed.refresh_token) == ("a1", "r1")
    assert sessions.read() == Session(service.url, "ada@example.com", renewed)


@pytest.mark.parametrize("why", ["The refresh token has expired. Sign in again.", "The refresh token has expired."])
async def test_the_advice_to_sign_in_again_is_given_once(tmp_path: Path, service: Rest, why: str) -> None:
    service.answers["/auth/refresh"] = (401, {"code": "token_invalid", "detail": why})
    with pytest.raises(SignInAgain) as told:
        await _signed_in(tmp_path, service.url).refresh("a0")
    assert str(told.value) == "The refresh token has expired. Sign in again: python -m device login"


async def test_many_at_once_spend_the_token_once(tmp_path: Path, service: Rest) -> None:
    _once_only(service)
    _signed_in(tmp_path, service.url)
    renewed = await asyncio.gather(*(Sessions(tmp_path).refresh("a0") for _ in range(10)))
    assert {each.access_token for each in renewed} == {"a1"}
    assert service.paths() == ["/auth/refresh"]


async def test_processes_that_share_a_home_spend_the_token_once(tmp_path: Path, service: Rest) -> None:
    import sys

    _once_only(service)
    _signed_in(tmp_path, service.url)
    program = (
        "import asyncio, sys; from pathlib import Path; from device.session import Sessions; "
        "print(asyncio.run(Sessions(Path(sys.argv[1])).refresh('a0')).access_token)"
    )
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, str(tmp_path), stdout=asyncio.subprocess.PIPE
        )
        for _ in range(2)
    ]
    assert [(await each.communicate())[0] for each in processes] == [b"a1\n"] * 2
    assert service.paths() == ["/auth/refresh"]


async def test_a_lost_answer_is_asked_for_again_with_the_same_token(
    tmp_path: Path, service: Rest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("device.session._BETWEEN_TRIES_S", 0.01)
    answers = [(0, {}), (200, {"access_token": "a1", "refresh_token": "r1", "expires_at": 5})]
    service.answers["/auth/refresh"] = lambda _body: answers.pop(0)
    assert (await _signed_in(tmp_path, service.url).refresh("a0")).access_token == "a1"
    assert [body for _path, body, _headers in service.asked] == [{"refresh_token": "r0"}] * 2


async def test_a_refused_refresh_asks_to_sign_in_again_and_keeps_the_file(tmp_path: Path, service: Rest) -> None:
    service.answers["/auth/refresh"] = (401, {"code": "token_reused", "detail": "It was used before."})
    sessions = _signed_in(tmp_path, service.url)
    with pytest.raises(SignInAgain, match=r"It was used before\. Sign in again"):
        await sessions.refresh("a0")
    assert sessions.read().tokens.refresh_token == "r0"


async def test_a_busy_service_is_asked_later(tmp_path: Path, service: Rest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("device.session._BETWEEN_TRIES_S", 0.01)
    service.answers["/auth/refresh"] = (503, {"code": "overloaded", "detail": "Busy."})
    with pytest.raises(ServiceUnreachable, match="Busy"):
        await _signed_in(tmp_path, service.url).refresh("a0")


async def test_4401_renews_the_token_and_comes_back_with_it(device: Make, tmp_path: Path, service: Rest) -> None:
    _once_only(service)
    _signed_in(tmp_path / "home", service.url)
    seen: list[str] = []

    async def note(peer: Peer) -> None:
        seen.append(peer.authorization)
        await stay(peer)

    async with (
        socket(closing(4401), note) as sockets,
        device(sockets.url, tokens=None).online() as made,
        asyncio.timeout(20),
    ):
        while made.connections < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert seen == ["Bearer a1"]


async def test_4401_and_a_refused_refresh_end_with_sign_in_again(device: Make, tmp_path: Path, service: Rest) -> None:
    service.answers["/auth/refresh"] = (401, {"code": "invalid_token", "detail": "The refresh token has expired."})
    _signed_in(tmp_path / "home", service.url)
    async with socket(closing(4401)) as sockets, asyncio.timeout(20):
        ending = await device(sockets.url, tokens=None).run()
    assert ending.reason == "sign_in_again"
    assert "has expired. Sign in again" in ending.sentence


async def test_fresh_tokens_that_are_refused_again_and_again_are_not_renewed_for_ever(
    device: Make, tmp_path: Path, service: Rest
) -> None:
    _once_only(service)
    _signed_in(tmp_path / "home", service.url)

    async def refuse(peer: Peer) -> None:
        await peer.close(4401)

    async with socket(refuse) as sockets, asyncio.timeout(20):
        assert (await device(sockets.url, tokens=None).run()).reason == "sign_in_again"
        assert sockets.connections == 4
    assert len(service.asked) == 3


async def test_a_token_known_to_have_expired_is_renewed_before_connecting(
    device: Make, tmp_path: Path, service: Rest
) -> None:
    _once_only(service)
    _signed_in(tmp_path / "home", service.url, expires_at=now_ms() - 1000)
    seen: list[str] = []

    async def note(peer: Peer) -> None:
        seen.append(peer.authorization)
        await stay(peer)

    async with socket(note) as sockets, device(sockets.url, tokens=None).online():
        assert seen == ["Bearer a1"]


async def test_auth_expiring_is_answered_with_a_fresh_token_while_calls_go_on(
    device: Make, tmp_path: Path, service: Rest
) -> None:
    _once_only(service)
    _signed_in(tmp_path / "home", service.url)
    over = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.send(type="auth_expiring", expires_at=now_ms() + 60_000)
        assert await peer.receive() == {"type": "auth_refresh", "token": "a1"}
        assert "rows" in await peer.call("select", table="tasks")
        over.set()
        await peer.gone()

    async with socket(script) as sockets, device(sockets.url, tokens=None).online(), asyncio.timeout(20):
        await over.wait()
    assert json.loads((tmp_path / "home" / "session.json").read_text())["tokens"]["access_token"] == "a1"


async def test_a_refresh_that_fails_leaves_the_connection_alone(device: Make, service: Rest) -> None:
    service.answers["/auth/refresh"] = (401, {"code": "invalid_token", "detail": "No."})
    said, over = list[str](), asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.send(type="auth_expiring", expires_at=1)
        for _ in range(200):
            await peer.call("select", table="tasks")
            if said:
                break
            await asyncio.sleep(0.01)
        over.set()
        await peer.gone()

    async with socket(script) as sockets, device(sockets.url, say=said.append).online() as made, asyncio.timeout(20):
        await over.wait()
        assert made.connections == 1
    assert "cannot be renewed" in said[0]
