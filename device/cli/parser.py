"""The words of the command line."""

import argparse
import os
from pathlib import Path
from typing import Any

from device.version import VERSION

USUAL_URL = "http://127.0.0.1:8000"


def build() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m device",
        description="The reference desktop client of Adiuva. Begin with: register, seed, chat.",
    )
    parser.add_argument("--version", action="version", version=VERSION)
    _add_home(parser, default=Path(os.environ.get("ADIUVA_DEVICE_HOME") or "~/.adiuva-device"))
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    for name, what in (("register", "make an account and sign in"), ("login", "sign in to an account")):
        sign_in = commands.add_parser(name, help=what, description=f"{what.capitalize()}. Asks for what is not given.")
        sign_in.add_argument("--url", help=f"the service (default: the last one, else {USUAL_URL})")
        sign_in.add_argument("--email")
        sign_in.add_argument("--password", help="other users can see it in the process list; better: ADIUVA_PASSWORD")
    commands.add_parser("status", help="who, where, and whether `connect` would work (exit status 1 if not)")
    seed = commands.add_parser("seed", help="fill the tables with sample data")
    seed.add_argument("--again", action="store_true", help="add the sample data although it was added before")
    connect = commands.add_parser("connect", help="stay online and carry out tool calls; Ctrl-C ends it")
    connect.add_argument("--json", action="store_true", help="one JSON object a line")
    chat = commands.add_parser(
        "chat", help="talk with the assistant, online meanwhile; each line of a pipe is a question"
    )
    chat.add_argument("--thread", metavar="ID", help="go on with this thread")
    chat.add_argument(
        "--floating", metavar="task:ID", help="ask about one thing: short answers (also project:, note:, …)"
    )
    chat.add_argument("--timezone", metavar="NAME", help="an IANA name (default: the machine's)")
    chat.add_argument("--yes", action="store_true", help="approve whatever the assistant asks in this conversation")
    sql = commands.add_parser("sql", help="look into the local database")
    sql.add_argument("statement", nargs="?", help="one SQL statement; without it, the tables and their counts")
    sql.add_argument("--write", action="store_true", help="let the statement change something")
    for command in commands.choices.values():
        _add_home(command, default=argparse.SUPPRESS)  # before the command or after it, as one likes
    return parser


def _add_home(parser: argparse.ArgumentParser, *, default: Any) -> None:
    what = "the folder of this device (default: ADIUVA_DEVICE_HOME, else ~/.adiuva-device)"
    parser.add_argument("--home", type=Path, default=default, help=what)
