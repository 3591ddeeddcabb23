"""What `python -m app serve` says when it is up: what is true with these settings, and nothing else."""

import sys
from pathlib import Path

from app.config import Settings
from app.edge.guards import AllowedHosts


def welcome(settings: Settings) -> str:
    local = f"http://{_reachable(settings.host)}:{settings.port}"
    return (
        f"\nAdiuva is up. Try it in the browser: {_answering(settings, local)}/docs ({_first_step(settings)})\n"
        f"From a terminal:  curl -s {local}/health    The README has the next lines to try.\n"
        f"{_mails(settings)}; an administrator is made with: {_python()} -m app admin create EMAIL. "
        "Ctrl-C stops everything.\n\n"
    )


def _answering(settings: Settings, local: str) -> str:
    """An address under which this service answers: health does under any, the docs page only under allowed ones."""
    if AllowedHosts(settings.allowed_hosts).allow(_reachable(settings.host)):
        return local
    if settings.public_url is not None:
        return settings.public_url
    named = next((host for host in settings.allowed_hosts if "*" not in host), None)
    return f"http://{named}:{settings.port}" if named else local


def _first_step(settings: Settings) -> str:
    return {
        "open": "register, then everything else is one click away",
        "invite": f"register with an invitation, which is made with: {_python()} -m app admin invite EMAIL",
        "closed": "sign in; registration is closed",
    }[settings.registration]


def _mails(settings: Settings) -> str:
    if settings.smtp_url is not None:
        return f"Mails are sent as {settings.mail_from}"
    if settings.env == "prod":
        return "Mails are not sent, for want of SMTP_URL"
    return f"Mails land in {settings.data_dir / 'mail'}"


def _python() -> str:
    """This interpreter, as it is typed from here."""
    python = Path(sys.executable)
    return str(python.relative_to(Path.cwd())) if python.is_relative_to(Path.cwd()) else str(python)


def _reachable(host: str) -> str:
    """A listening address as one can be typed into a browser."""
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
