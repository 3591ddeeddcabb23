"""The command line: `python -m device register | login | status | seed | connect | chat | sql`."""

import argparse
import os
import sqlite3
import sys
from pathlib import Path

from device.cli import parser
from device.errors import DeviceError, NotGiven


def main() -> int:
    arguments = parser.build().parse_args()
    try:
        status = _run(arguments.home.expanduser(), arguments)
        sys.stdout.flush()
    except DeviceError as error:
        sys.stderr.write(f"{error}\n")
        return 2 if isinstance(error, NotGiven) else 1
    except BrokenPipeError:
        # The reader of a pipe has seen enough. Python would complain once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (OSError, sqlite3.Error) as error:
        sys.stderr.write(f"{arguments.home} cannot be used: {error}.\n")
        return 1
    except (KeyboardInterrupt, EOFError):  # Ctrl-C or Ctrl-D at a question
        sys.stderr.write("\n")
        return 130
    return status


def _run(home: Path, arguments: argparse.Namespace) -> int:
    """Each command brings its own libraries: `sql` should not wait for those of `connect`."""
    if arguments.command in ("register", "login"):
        from device.cli.sign_in import sign_in

        sign_in(home, arguments)
    elif arguments.command == "status":
        from device.cli.status import status

        return status(home)
    elif arguments.command == "seed":
        from device.cli.fill import fill

        fill(home, again=arguments.again)
    elif arguments.command == "connect":
        from device.cli.connect import stay_online

        return stay_online(home, as_json=arguments.json)
    elif arguments.command == "chat":
        from device.cli.chat import chat

        return chat(home, arguments)
    else:
        from device.cli.sql import sql

        sql(home, arguments.statement, write=arguments.write)
    return 0


if __name__ == "__main__":
    sys.exit(main())
