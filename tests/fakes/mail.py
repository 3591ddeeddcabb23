"""A mail server on loopback, with a few levers. It speaks real SMTP in a thread of its own."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class MailServer:
    """What arrived, and what it answers instead when told to refuse."""

    port: int = 0
    received: list[Envelope] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)  # each mail as it came over the wire
    over_tls: list[bool] = field(default_factory=list)  # of each mail that arrived
    signed_in: list[LoginPassword] = field(default_factory=list)
    refuse_sender: str | None = None
    refuse_recipient: str | None = None  # as "550 5.1.1 no such mailbox"
    refuse_content: str | None = None
    demands_sign_in: bool = False
    password: bytes = b"the mail password"

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name for it
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.demands_sign_in and not session.authenticated:
            return "530 5.7.0 sign in first"
        if self.refuse_sender:
            return self.refuse_sender
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name for it
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.refuse_recipient:
            return self.refuse_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.refuse_content:
            return self.refuse_content
        assert isinstance(envelope.content, bytes)
        self.received.append(envelope)
        self.raw.append(envelope.content)
        self.over_tls.append(session.ssl is not None)
        return "250 OK"

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.signed_in.append(data)
        return AuthResult(success=data.password == self.password, handled=False)


@contextmanager
def mail_server(*, tls: ssl.SSLContext | None = None, sign_in: bool = False, utf8: bool = True) -> Iterator[MailServer]:
    """Running on 127.0.0.1. With `tls` it offers STARTTLS; with `sign_in` it demands a password, over TLS or not."""
    server = MailServer()
    options: dict[str, Any] = {"tls_context": tls, "enable_SMTPUTF8": utf8, "decode_data": False}
    if sign_in:
        server.demands_sign_in = True
        options |= {
            "authenticator": server.authenticate,
            "auth_require_tls": False,
            "auth_exclude_mechanism": ["LOGIN"],
        }
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        server.port = probe.getsockname()[1]
    controller = Controller(server, hostname="127.0.0.1", port=server.port, **options)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
