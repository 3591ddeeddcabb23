"""Mail through an SMTP server: `smtp://` (STARTTLS when the server offers it) or `smtps://user:password@host:465`."""

from urllib.parse import unquote, urlsplit

import aiosmtplib

from app.mail.port import Mail, MailUnavailable, as_message

TIMEOUT_S = 30


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

    async def send(self, mail: Mail) -> None:
        try:
            await aiosmtplib.send(
                as_message(mail, self._sender),
                hostname=self._host,
                port=self._port,
                username=self._user,
                password=self._password,
                use_tls=self._over_tls,
                timeout=TIMEOUT_S,
            )
        except (aiosmtplib.SMTPException, OSError) as error:
            # Not `str(error)`: a server's refusal repeats the address.
            raise MailUnavailable(f"The mail server refused or did not answer ({type(error).__name__}).") from None
