"""`register` and `login`."""

import argparse
import asyncio
import getpass
import os
import sys
from pathlib import Path

from device.api import Service
from device.cli.parser import USUAL_URL
from device.clock import now_ms
from device.errors import DeviceError, NotGiven, NotSignedIn, ServiceRefused
from device.home import device_id, make_home
from device.session import Session, Sessions


def sign_in(home: Path, arguments: argparse.Namespace) -> None:
    before = _session_before(home)
    service = Service(arguments.url or (before.url if before else USUAL_URL))
    email = arguments.email or _asked("E-mail: ", "--email")
    _same_person(home, before, email)
    is_new = arguments.command == "register"
    password = arguments.password or os.environ.get("ADIUVA_PASSWORD") or _asked_password(is_new=is_new)
    make_home(home)
    try:
        tokens = asyncio.run((service.register if is_new else service.login)(email, password))
    except ServiceRefused as refused:
        if refused.code == "email_taken":
            raise DeviceError(f"{str(refused).rstrip('.')}. Is it yours? python -m device login") from None
        raise
    Sessions(home).write(Session(service.url, email, tokens, now_ms()))
    sys.stdout.write(f"Signed in as {email} at {service.url}. This device is {device_id(home)}.\n")
    sys.stdout.write(
        "Next: python -m device seed (sample data), then python -m device chat (talk with the assistant)\n"
    )
    sys.stdout.write("Only to stay online: python -m device connect\n")


def _session_before(home: Path) -> Session | None:
    try:
        return Sessions(home).read()
    except NotSignedIn:
        return None


def _same_person(home: Path, before: Session | None, email: str) -> None:
    """A home holds one person's data; another's assistant must not get to read it."""
    if before is not None and before.email.casefold() != email.strip().casefold():
        raise DeviceError(
            f"{home} holds the data of {before.email}. For another account: python -m device --home FOLDER …"
        )


def _asked(prompt: str, option: str) -> str:
    if not sys.stdin.isatty():
        raise NotGiven(f"There is no terminal to ask at; give {option}.")
    while not (answer := input(prompt).strip()):
        pass
    return answer


def _asked_password(*, is_new: bool) -> str:
    if not sys.stdin.isatty():
        raise NotGiven("There is no terminal to ask at; put the password into ADIUVA_PASSWORD.")
    while True:
        password = getpass.getpass("Password: ")
        if not is_new or password == getpass.getpass("Once more: "):
            return password
        sys.stderr.write("They differ. Try again.\n")
