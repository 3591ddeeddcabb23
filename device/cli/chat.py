"""`chat`: talk with the assistant, from a terminal or a pipe."""

import argparse
import asyncio
import os
import signal
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from device.chat.entities import Entities
from device.chat.lines import Lines, Plain, Source, edited
from device.chat.link import Link
from device.chat.loop import Chat, Options
from device.chat.screen import Screen, wants_colours
from device.clock import is_timezone, machine_timezone, now_ms
from device.device import ASKED, Device
from device.errors import DeviceError, DeviceStopped
from device.presence import Presence
from device.session import Sessions
from device.turn import Scope

_KINDS = ("task", "project", "note", "timeline", "client", "none")
_LEFT_IN_THE_MIDDLE = 130


def chat(home: Path, arguments: argparse.Namespace) -> int:
    """0 when the talk came to its end, 1 when the service does not want this device, 130 when an answer was left."""
    timezone = arguments.timezone or machine_timezone()
    if not is_timezone(timezone):
        raise DeviceError(f"{timezone!r} is no time zone; they look like Europe/Rome.")
    options = Options(arguments.thread, scope_of(arguments.floating), arguments.yes, is_piped=not sys.stdin.isatty())
    url = Sessions(home).read().url
    with _terminal_as_it_was():
        return asyncio.run(_talk(home, url, timezone, options))


def scope_of(text: str | None) -> Scope | None:
    """`task:ID`, `none`; None for no floating window. Raises `DeviceError`."""
    if text is None:
        return None
    kind, _, entity_id = text.partition(":")
    if kind not in _KINDS or bool(entity_id) is (kind == "none"):
        raise DeviceError(f"--floating takes {', '.join(f'{each}:ID' for each in _KINDS[:-1])} or none, not {text!r}.")
    return Scope(cast("Any", kind), entity_id)


async def _talk(home: Path, url: str, timezone: str, options: Options) -> int:
    screen = Screen(sys.stdout, sys.stdout if sys.stdout.isatty() else sys.stderr, styled=wants_colours(sys.stdout))
    talk = Chat(screen, Lines(_source(screen, options), screen.prompt, keeps=options.is_piped), options)
    link = Link(talk.notice)
    device = Device(
        home,
        url,
        timezone=timezone,
        on_state=link.state,
        on_approval=talk.decide,
        on_call=talk.saw,
    )
    talk.device, talk.entities = device, Entities(device.store, ZoneInfo(timezone), now_ms)
    presence = Presence(home)
    if not presence.was_alone:
        screen.notice("This device is online in another window; the newer connection wins, so that one will end.")
    if not options.is_piped:
        screen.notice("Ask anything; /help tells what else can be typed.")
    try:
        return await _until_over(device, talk, screen)
    finally:
        presence.leave()


async def _until_over(device: Device, talk: Chat, screen: Screen) -> int:
    loop = asyncio.get_running_loop()
    talking, running = asyncio.create_task(talk.talk()), asyncio.create_task(device.run())
    loop.add_signal_handler(signal.SIGINT, talk.interrupt)
    loop.add_signal_handler(signal.SIGTERM, talking.cancel)
    running.add_done_callback(lambda _: talking.cancel())
    status = 0
    try:
        await talking
    except asyncio.CancelledError:
        screen.fresh()
        status = _LEFT_IN_THE_MIDDLE if talk.is_answering else 0
    except DeviceStopped:
        screen.fresh()
    await device.stop()
    ending = await running
    if ending != ASKED:
        screen.notice(ending.sentence, "bad")
        return 1
    return status


def _source(screen: Screen, options: Options) -> Source:
    if options.is_piped:
        return Plain(sys.stdin.fileno(), screen.prompt, echo=lambda line: screen.prompt(line + "\n"))
    if sys.stdout.isatty() and screen.styled:
        with suppress(ImportError):  # an interpreter without it asks as plainly as it can
            import readline  # noqa: F401 - that it is imported gives `input` its keys

            return edited
    return Plain(sys.stdin.fileno(), screen.prompt)


@contextmanager
def _terminal_as_it_was() -> Iterator[None]:
    """The thread that reads may be left inside an edited line, with the terminal in its hands."""
    if not os.isatty(0):
        yield
        return
    before = termios.tcgetattr(0)
    try:
        yield
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)
