"""Mail through an SMTP server: `smtp://` (STARTTLS when the server offers it, always with a password) or
`smtps://user:password@host:465`."""

import ipaddress
from urllib.parse import unquote, urlsplit

import aiosmtplib

from app.mail.port import Mail, MailRejected, MailUnavailable, as_message

TIMEOUT_S = 30
PERMANENT = 500


class SmtpMailer:
    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("SMTP_URL must look like smtp://user:password@host:587 or smtps://user:password@host:465")
        self._sender = sender
        self._host, self._over_tls = parts.hostname, parts.scheme == "smtps"
        self._port = parts.port or (465 if self._over_tls else 587)
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        # A password crosses a network encrypted or not at all: whoever sits in between can leave STARTTLS out of what the
        # server offers. None: use it when it is offered.
        self._must_start_tls = True if self._user and not self._over_tls and not _is_here(self._host) else None

    async def send(self, mail: Mail) -> None:
        try:
            await aiosmtplib.send(
                as_message(mail, self._sender),
                hostname=self._host,
                port=self._port,
                username=self._user,
                password=self._password,
                use_tls=self._over_tls,
                start_tls=self._must_start_tls,
                timeout=TIMEOUT_S,
            )
        except (aiosmtplib.SMTPException, OSError) as error:
            # Not `str(error)`: a server's refusal repeats the address.
            if _is_final(error):
                raise MailRejected("The mail server will not take this mail.") from None
            raise MailUnavailable(f"The mail server refused or did not answer ({type(error).__name__}).") from None


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_final(error: Exception) -> bool:
    """A 5xx for this sender, recipient or content (RFC 5321, 4.2.1). A refused sign-in or a server that is closing is
    something an operator mends, so it is tried again."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return all(each.code >= PERMANENT for each in error.recipients)
    refused = isinstance(error, aiosmtplib.SMTPSenderRefused | aiosmtplib.SMTPDataError)
    return refused and isinstance(error, aiosmtplib.SMTPResponseException) and error.code >= PERMANENT
