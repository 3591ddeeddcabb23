"""Sending mail, in our words."""

from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from typing import Protocol

from email_validator import validate_email

from app.errors import AdiuvaError


class MailUnavailable(AdiuvaError):
    """This installation cannot send mail: SMTP_URL is not set, or the server does not answer."""

    status = 503
    code = "mail_unavailable"


class MailRejected(AdiuvaError):
    """The mail server will never take this mail, say because there is no such address."""

    status = 502
    code = "mail_rejected"


@dataclass(frozen=True)
class Mail:
    to: str
    subject: str
    text: str
    key: str  # names this very mail: sending it again after a crash is seen to be the same (Message-ID, file name)


class Mailer(Protocol):
    async def send(self, mail: Mail) -> None:
        """Raises `MailUnavailable` when it should be tried again, `MailRejected` when that would change nothing."""
        ...


# Links stay in one piece: the default policy breaks lines of more than 78 characters with "=" signs.
_WHOLE_LINES = SMTP.clone(max_line_length=998)  # the most RFC 5322 allows


def as_message(mail: Mail, sender: str) -> EmailMessage:
    message = EmailMessage(policy=_WHOLE_LINES)
    message["From"], message["To"], message["Subject"] = sender, _for_servers(mail.to), mail.subject
    message["Message-ID"] = f"<{mail.key}@adiuva>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    return message


def _for_servers(address: str) -> str:
    """The address with its domain as the name servers know it (`xn--…`): only some mail servers take another."""
    mailbox, _, domain = address.rpartition("@")
    if domain.isascii():
        return address
    parsed = validate_email(address, check_deliverability=False, globally_deliverable=False)
    return f"{mailbox}@{parsed.ascii_domain}"


class NoMailer:
    """Stands where mail is not configured in production."""

    async def send(self, mail: Mail) -> None:  # noqa: ARG002 - the port's signature
        raise MailUnavailable("This installation cannot send mail: SMTP_URL is not set.")


def require(*, can_mail: bool) -> None:
    """Raises `MailUnavailable` before anything is begun that only a mail could finish."""
    if not can_mail:
        raise MailUnavailable("This installation cannot send mail: SMTP_URL is not set.")
