"""`python -m app admin create | invite EMAIL`."""

import asyncio
import getpass
import secrets
import sys

from app.accounts.emails import normalized
from app.accounts.invitations import Invitations
from app.accounts.models import User
from app.cli.database import ready
from app.config import Settings
from app.kit.clock import SystemClock
from app.local_secrets import completed
from app.migrate import migrate
from app.parts import Parts


def create(settings: Settings, email: str) -> None:
    """Make an administrator: of an existing account, or of a new one."""
    with ready(settings) as complete:
        assert complete.database_url is not None
        migrate(complete.database_url)
        sys.stdout.write(asyncio.run(_create(complete, normalized(email))))


def invite(settings: Settings, email: str) -> None:
    """Print an invitation; nothing is stored, so no database is needed."""
    jwt_secret = completed(settings).jwt_secret
    assert jwt_secret is not None
    invitation = Invitations(jwt_secret.get_secret_value(), SystemClock()).make(normalized(email))
    sys.stdout.write(f"{invitation}\n")
    sys.stderr.write('Send it to them. They register with it as "invitation"; it is valid for seven days.\n')


async def _create(settings: Settings, email: str) -> str:
    parts = Parts(settings, SystemClock())
    try:
        existing = await parts.administration.with_email(email)
        if existing is not None:
            await parts.administration.appoint(existing.id)
            return f"{email} is an administrator now. Their password is unchanged.{_doubt(existing)}\n"
        password, told = _password()
        user_id = await parts.accounts.registration.create(email, password)
        await parts.administration.appoint(user_id)
        return f"{email} is an administrator now.{told}\n"
    finally:
        await parts.close()


def _doubt(user: User) -> str:
    """Anybody can register an address; only a verified one is known to be its owner's."""
    if user.email_verified_at is not None:
        return ""
    return " Mind: this address is not verified. Make sure that the account is really theirs."


def _password() -> tuple[str, str]:
    """Asked for at a terminal; made up and told elsewhere."""
    if not sys.stdin.isatty():
        password = secrets.token_urlsafe(15)
        return password, f" The password is {password} - change it after the first sign-in."
    while True:
        password = getpass.getpass("A password for them: ")
        if password == getpass.getpass("Once more: "):
            return password, ""
        sys.stderr.write("They differ. Try again.\n")
