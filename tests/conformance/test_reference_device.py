"""The reference device keeps the protocol, as a judge sees it who knows nothing of how it is made."""

import sys
from pathlib import Path

from device import Device, Turn
from device.api import Service
from device.conformance.report import Result
from tests.conformance.runs import checked
from tests.conformance.test_command_line import FAST, _run

DEVICE = f"{sys.executable} -m device --home {{home}}"
SIGN_IN = f"{DEVICE} register --url {{http}} --email a@example.com --password conformance"
START = f"test -f {{home}}/session.json || {SIGN_IN} || exit 1; exec {DEVICE} connect"


async def test_it_passes_every_rule_and_is_left_as_it_was(tmp_path: Path) -> None:
    devices: list[Device] = []

    async def run(port: int) -> None:
        url = f"http://127.0.0.1:{port}"
        tokens = await Service(url).login("a@example.com", "conformance")
        devices.append(Device(tmp_path / "home", url, tokens=tokens, backoff_base_s=0.02, durable=False))
        await devices[0].run()

    run_ = await checked(run, patience=3.0, reconnect_within=10.0)
    assert run_.ids(Result.FAIL) == set(), run_.text
    assert run_.ids(Result.WARNING) <= {"reconnect.back-off"}, run_.text  # its waits are random on purpose
    assert run_.status == 0
    assert "could not be deleted" not in run_.text


async def test_what_it_asks_itself_is_resumed_and_sent_again(tmp_path: Path) -> None:
    devices: list[Device] = []
    turns: list[Turn] = []

    async def run(port: int) -> None:
        made = Device(tmp_path / "home", f"http://127.0.0.1:{port}", tokens="any", backoff_base_s=0.02, durable=False)
        devices.append(made)
        await made.run()

    def hear(text: str) -> None:
        if "Send any message from your client now." in text:
            turns.append(devices[0].ask("hello"))

    run_ = await checked(run, "resume", "asking", "approvals", "discipline", ask=True, hear=hear)
    assert run_.ids(Result.PASS) == {each.rule.id for each in run_.verdicts}, run_.text
    assert {turn.is_over for turn in turns} == {True}


async def test_its_journal_outlives_a_kill_and_it_stops_where_it_is_told_to() -> None:
    rules = ("idempotency.after-restart", "stops", "discipline")
    status, out = await _run("--client", START, *FAST, "--only", *rules)
    assert status == 0, out
