"""`python -m device.conformance` as a person, or a build, runs it."""

import asyncio
import signal
import socket
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import orjson
import pytest

from device.conformance.options import parsed
from device.conformance.rule import all_rules
from tests.conformance.runs import checked

FAST = ("--patience", "2", "--reconnect-within", "10", "--no-reconnect-wait", "0.3", "--dimensions", "8")
HONEST = f"{sys.executable} -m tests.conformance.honest {{port}} {{home}}"


async def _run(*arguments: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "device.conformance", *arguments, stdout=PIPE, stderr=STDOUT
    )
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, out.decode()


async def test_list_names_every_rule_with_its_section() -> None:
    status, out = await _run("--list")
    assert status == 0
    lines = out.splitlines()
    assert [line.split()[0] for line in lines] == [each.id for each in all_rules()]
    assert len({each.id for each in all_rules()}) == len(lines)


async def test_arguments_that_make_no_sense_are_usage_errors() -> None:
    for arguments in (("--listen", "x"), ("--listen", "70000"), ("--patience", "0"), ("--dimensions", "1"), ("--no",)):
        with pytest.raises(SystemExit) as ended:
            parsed(arguments)
        assert ended.value.code == 2
    unknown = await checked(None, "no.such-rule")
    assert unknown.status == 2
    assert unknown.text == "There is no rule 'no.such-rule'. --list shows them all.\n"
    nowhere = await checked(None, json=Path("/no/such/folder/report.json"))
    assert nowhere.status == 2
    assert nowhere.text == "There is no folder /no/such/folder to write the report to.\n"


async def test_a_port_in_use_is_told_in_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, out = await _run("--listen", str(port))
    assert status == 2
    assert out.startswith(f"Cannot listen on 127.0.0.1:{port}: ")


async def test_nobody_came() -> None:
    status, out = await _run("--listen", "0", "--wait", "0.2")
    assert status == 3
    assert "Point your client at   ws://127.0.0.1:" in out
    assert out.endswith("No client came within 0.2 s.\n")


async def test_a_client_that_is_ours_is_started_again_and_the_report_written(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    rules = ("idempotency.after-restart", "stops", "discipline")
    status, out = await _run("--client", HONEST, "--json", str(file), *FAST, "--only", *rules)
    assert status == 0, out
    report = orjson.loads(file.read_bytes())
    assert report["holds"]
    assert report["client"] == "honest"
    assert report["left_behind"] == []
    assert {each["result"] for each in report["rules"]} == {"pass"}
    assert "✓ stops.protocol" in out


async def test_a_journal_that_is_lost_with_the_process_is_found_out() -> None:
    # The rows are kept, as in a database without a journal's table.
    status, out = await _run("--client", f"{HONEST} 'journal in memory'", *FAST, "--only", "idempotency.after-restart")
    assert status == 1
    assert "✗ idempotency.after-restart" in out


async def test_a_client_that_dies_is_started_again_and_the_report_says_so() -> None:
    status, out = await _run("--client", f"{HONEST} dies", *FAST, "--only", "actions", "values", "discipline")
    assert status == 1
    assert "The client has died: it ended with exit status 7. It is started again." in out
    assert "✗ discipline.stays" in out


async def test_a_client_that_does_not_start_is_told_of_with_its_last_words() -> None:
    status, out = await _run("--client", "echo I cannot; exit 9")
    assert status == 3
    assert "The client ended with exit status 9 before it connected. Its last words:\nI cannot" in out


async def test_ctrl_c_ends_the_client_that_is_ours(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "device.conformance", "--client", f"trap 'touch {mark}; exit' TERM; sleep 60 & wait"),
        stdout=PIPE,
        stderr=STDOUT,
    )
    assert process.stdout is not None
    await process.stdout.readline()
    await asyncio.sleep(0.3)
    process.send_signal(signal.SIGINT)
    assert await asyncio.wait_for(process.wait(), 10) == 130
    assert mark.exists()


async def test_signing_in_works_on_the_port_of_the_socket() -> None:
    async def sign_in(port: int) -> None:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/api/v1", trust_env=False) as http:
            tokens = (await http.post("/auth/register", json={"email": "a@example.com", "password": "x"})).json()
            assert set(tokens) == {"access_token", "refresh_token", "token_type", "expires_at"}
            assert (await http.post("/auth/login", content=_slowly())).status_code == 200
            assert (await http.get("/auth/me")).json()["tier"] == "power"
            assert (await http.get("/no/such/route")).json()["code"] == "not_found"
            assert (await http.get("/ws/device")).status_code == 404
            asked = {"Origin": "app://adiuva", "Access-Control-Request-Headers": "content-type"}
            allowed = (await http.options("/auth/login", headers=asked)).headers
            assert allowed["Access-Control-Allow-Origin"] == "app://adiuva"
            assert (await http.post("/auth/login", content=b"x" * 100_000)).status_code == 413

    run = await checked(sign_in, wait=1.0)
    assert run.status == 3


async def _slowly() -> AsyncIterator[bytes]:
    yield b'{"email": '
    await asyncio.sleep(0.01)
    yield b'"a@example.com"}'
