"""The command line: `python -m app serve | worker | migrate | keys | admin`."""

import argparse
import sys

from app.cli.errors import CannotServe
from app.config import BadSettings, read_settings
from app.errors import AdiuvaError
from app.keys.rotate import MasterKeyMissing
from app.kit.embedded_postgres import EmbeddedPostgresError
from app.migrate import CannotMigrate


def _serve(_arguments: argparse.Namespace) -> None:
    from app.cli.serve import serve

    serve(read_settings())


def _worker(_arguments: argparse.Namespace) -> None:
    from app.cli.worker import work

    work(read_settings())


def _migrate(_arguments: argparse.Namespace) -> None:
    from app.cli.database import ready
    from app.migrate import head, migrate

    with ready(read_settings()) as complete:
        assert complete.database_url is not None
        migrate(complete.database_url)
    sys.stdout.write(f"The database is at revision {head()}.\n")


def _new_key(arguments: argparse.Namespace) -> None:
    """Reads no settings: it is asked for when they cannot be used yet, for want of a key."""
    from app.cli import keys

    keys.new(arguments.id)


def _keys(arguments: argparse.Namespace) -> None:
    from app.cli import keys

    {"status": keys.status, "rotate": keys.rotate}[arguments.action](read_settings())


def _admin(arguments: argparse.Namespace) -> None:
    from app.cli import admin

    {"create": admin.create, "invite": admin.invite}[arguments.action](read_settings(), arguments.email)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m app", description="The Adiuva service.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    commands.add_parser("serve", help="migrate, then serve").set_defaults(run=_serve)
    commands.add_parser("worker", help="do background work only, in a process of its own").set_defaults(run=_worker)
    commands.add_parser("migrate", help="bring the database to the newest schema").set_defaults(run=_migrate)

    keys = commands.add_parser("keys", help="master keys: new, status, rotate")
    keys.set_defaults(run=_keys)
    actions = keys.add_subparsers(required=True, metavar="ACTION", dest="action")
    new = actions.add_parser("new", help="print a fresh entry for MASTER_KEYS")
    new.add_argument("id", nargs="?", default="k1", help="the key's id (default: k1)")
    new.set_defaults(run=_new_key)
    actions.add_parser("status", help="how many data keys each master key wraps")
    actions.add_parser("rotate", help="re-wrap every data key with the first of MASTER_KEYS, while the service runs")

    admin = commands.add_parser("admin", help="administrators and invitations")
    admin.set_defaults(run=_admin)
    actions = admin.add_subparsers(required=True, metavar="ACTION", dest="action")
    actions.add_parser("create", help="make an administrator").add_argument("email")
    actions.add_parser("invite", help="an invitation, for REGISTRATION=invite").add_argument("email")
    return parser


def main() -> int:
    arguments = _parser().parse_args()
    try:
        arguments.run(arguments)
    except BadSettings as error:
        sys.stderr.write(f"The settings cannot be used:\n{error}\n")
    except AdiuvaError as error:
        sys.stderr.write(f"{error.detail}\n")
    except (CannotMigrate, CannotServe, EmbeddedPostgresError, MasterKeyMissing) as error:
        sys.stderr.write(f"{error}\n")
    except KeyboardInterrupt:
        return 130
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
