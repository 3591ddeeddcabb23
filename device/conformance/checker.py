"""One run, from the open door to the exit status."""

import asyncio
import contextlib
import time
from datetime import UTC, datetime
from typing import Any

from device.conformance.client import Client
from device.conformance.door import PATH, Door
from device.conformance.options import Options
from device.conformance.process import ClientProcess
from device.conformance.report import Report, listed, save
from device.conformance.rule import UnknownRule, all_rules, selected
from device.conformance.runner import Runner

HOLDS, BROKEN, USAGE, NOBODY_CAME = 0, 1, 2, 3
_FOR_EVER = 1e9


async def check(options: Options, report: Report) -> int:
    """The exit status. Everything that was opened is closed, however it ends."""
    try:
        rules = selected(options.only, thorough=options.thorough)
    except UnknownRule as error:
        report.line(f"There is no rule {str(error)!r}. --list shows them all.")
        return USAGE
    if options.list_rules:
        report.line(listed(all_rules()).rstrip())
        return HOLDS
    if options.json is not None and not options.json.absolute().parent.is_dir():
        report.line(f"There is no folder {options.json.absolute().parent} to write the report to.")
        return USAGE
    client = Client(options, report.say)
    door = Door(client.accounts, client.reception.attend)
    try:
        port = await door.open(options.host, options.port)
    except OSError as error:
        reason = error.strerror or str(error)
        report.line(f"Cannot listen on {options.host}:{options.port}: {reason}. Take another port, or 0 for any.")
        return USAGE
    process = ClientProcess(options.client, options.host, port) if options.client else None
    runner = Runner(client, report, process)
    began = time.monotonic()
    try:
        _banner(report, options, port, process)
        if not await _first_came(client, report, process):
            return NOBODY_CAME
        await runner.run(rules)
    finally:
        client.reception.end_is_expected = True
        await door.close()
        if process is not None:
            await process.stop()
            process.remove()
        if report.verdicts:
            _conclude(options, report, client, runner, time.monotonic() - began)
    return HOLDS if report.holds else BROKEN


def _banner(report: Report, options: Options, port: int, process: ClientProcess | None) -> None:
    place = f"{f'[{options.host}]' if ':' in options.host else options.host}:{port}"
    report.line(f"Protocol checker for device clients, protocol 1, at ws://{place}{PATH}")
    if process is not None:
        report.line(f"Starting: {process.command}")
        return
    report.line(
        f"""
  Point your client at   ws://{place}{PATH}
  Any token is accepted. If your client signs in first, give it http://{place} as the
  service: any e-mail and password are right, and tokens can be refreshed.
  With the reference device:
    python -m device --home HOME register --url http://{place} --email a@example.com --password conformance
    python -m device --home HOME connect

  The checker writes rows named "conformance …" through your client and deletes them again.
  Rows of yours are read (and left alone): use a profile for tests if that matters.

Waiting for the client{f" for {options.wait:g} s" if options.wait else ""}; Ctrl-C ends."""
    )


async def _first_came(client: Client, report: Report, process: ClientProcess | None) -> bool:
    """Wait for the first connection, or for the client's end when it is ours."""
    if process is not None:
        await process.start()
    waiting = {asyncio.create_task(client.reception.came.get())}
    ended: asyncio.Task[Any] | None = None
    if process is not None:
        ended = asyncio.create_task(process.wait())
        waiting.add(ended)
    try:
        done, _ = await asyncio.wait(
            waiting, timeout=client.options.wait or _FOR_EVER, return_when=asyncio.FIRST_COMPLETED
        )
    finally:
        for task in waiting:
            task.cancel()
    if client.reception.first is not None:
        report.line(f"\nA client has come: {_name(client)}")
        return True
    if process is not None and ended in done:
        report.line(f"The client ended with exit status {process.ended_with} before it connected. Its last words:")
        report.line(process.tail())
    else:
        report.line(f"No client came within {client.options.wait:g} s.")
    return False


def _name(client: Client) -> str:
    first = client.reception.first
    hello = (first.hello if first is not None else None) or {}
    who = hello.get("client")
    told = who if isinstance(who, dict) else {}
    words = [str(told[each])[:60] for each in ("name", "version", "platform") if told.get(each)]
    return " ".join(words) or str(hello.get("name") or hello.get("device_id") or "it does not say who it is")[:120]


def _conclude(options: Options, report: Report, client: Client, runner: Runner, seconds: float) -> None:
    report.summary(seconds)
    if runner.left_behind:
        places = ", ".join(f"{table} {row_id}" for table, row_id in sorted(runner.left_behind)[:20])
        report.line(f"{len(runner.left_behind)} rows could not be deleted from the client: {places}")
    if client.reception.strangers:
        report.line(f"Other clients that came by were sent away: {', '.join(sorted(client.reception.strangers)[:5])}")
    if options.json is not None:
        facts = {
            "client": _name(client),
            "hello": client.reception.first.hello if client.reception.first else None,
            "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": round(seconds, 1),
            "left_behind": [list(place) for place in sorted(runner.left_behind)],
        }
        with contextlib.suppress(OSError):
            save(options.json, report, facts)
            report.line(f"The report is in {options.json}.")
