import datetime as dt
import socket
import ssl
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.mail.port import Mail, MailRejected, MailUnavailable
from app.mail.smtp import SmtpMailer
from tests.fakes.mail import mail_server

LINK = "https://adiuva.example.com/some/path/of/a/proxy/verify-email#" + "A" * 43
MAIL = Mail("ada@example.com", "Confirm your e-mail address", f"Open this link:\n\n{LINK}\n", "job-17")
SENDER = "Adiuva <hello@adiuva.example.com>"


def mailer(port: int, *, user: str = "", host: str = "127.0.0.1") -> SmtpMailer:
    return SmtpMailer(f"smtp://{user}{host}:{port}", SENDER)


@pytest.fixture(scope="module")
def self_signed(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A server whose certificate nobody vouches for."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")]),
    )
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    folder: Path = tmp_path_factory.mktemp("tls")
    no_password = serialization.NoEncryption()
    pkcs8 = serialization.PrivateFormat.PKCS8
    (folder / "key").write_bytes(key.private_bytes(serialization.Encoding.PEM, pkcs8, no_password))
    (folder / "certificate").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "certificate", folder / "key")
    return context


async def test_a_mail_arrives_with_its_link_in_one_piece() -> None:
    with mail_server() as server:
        await mailer(server.port).send(MAIL)
    [envelope] = server.received
    assert (envelope.mail_from, envelope.rcpt_tos) == ("hello@adiuva.example.com", ["ada@example.com"])
    [raw] = server.raw
    assert LINK.encode() in raw.splitlines()
    message = message_from_bytes(raw, policy=policy.default)
    assert (message["From"], message["To"], message["Subject"]) == (SENDER, MAIL.to, MAIL.subject)
    assert message["Message-ID"] == "<job-17@adiuva>"


async def test_a_domain_with_letters_beyond_ascii_is_written_as_mail_servers_know_it() -> None:
    with mail_server(utf8=False) as server:
        await mailer(server.port).send(Mail("ada@münchen.example", "Hello", "Text", "job-1"))
        await mailer(server.port).send(Mail("ada@faß.example", "Hello", "Text", "job-2"))
    first, second = server.received
    assert (first.rcpt_tos, second.rcpt_tos) == (["ada@xn--mnchen-3ya.example"], ["ada@xn--fa-hia.example"])
    assert b"\r\nTo: ada@xn--mnchen-3ya.example\r\n" in server.raw[0]


async def test_a_mailbox_with_letters_beyond_ascii_is_reached_where_the_server_can() -> None:
    with mail_server() as server:
        await mailer(server.port).send(Mail("jürgen@example.com", "Hello", "Text", "job-1"))
    [envelope] = server.received
    assert envelope.rcpt_tos == ["jürgen@example.com"]
    assert "To: jürgen@example.com".encode() in server.raw[0].splitlines()


async def test_a_passing_refusal_is_worth_another_attempt() -> None:
    with mail_server() as server:
        server.refuse_recipient = "451 4.7.1 try again later"
        with pytest.raises(MailUnavailable):
            await mailer(server.port).send(MAIL)
        server.refuse_recipient = None
        server.refuse_content = "452 4.3.1 no space"
        with pytest.raises(MailUnavailable):
            await mailer(server.port).send(MAIL)


@pytest.mark.parametrize("lever", ["refuse_sender", "refuse_recipient", "refuse_content"])
async def test_a_final_refusal_is_told_as_such_and_without_the_address(lever: str) -> None:
    with mail_server() as server:
        setattr(server, lever, f"550 5.1.1 <{MAIL.to}> is not welcome")
        with pytest.raises(MailRejected) as refused:
            await mailer(server.port).send(MAIL)
    assert MAIL.to not in str(refused.value)
    assert refused.value.__cause__ is None


async def test_a_server_that_is_not_there_is_worth_another_attempt() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with pytest.raises(MailUnavailable):
            await mailer(nobody.getsockname()[1]).send(MAIL)
    with pytest.raises(MailUnavailable):
        await SmtpMailer("smtp://no-such-host.invalid", SENDER).send(MAIL)


async def test_without_a_password_a_server_without_tls_will_do() -> None:
    with mail_server() as server:
        await mailer(server.port).send(MAIL)
    assert server.over_tls == [False]


async def test_a_certificate_nobody_vouches_for_is_refused(self_signed: ssl.SSLContext) -> None:
    with mail_server(tls=self_signed) as server:
        with pytest.raises(MailUnavailable):
            await mailer(server.port).send(MAIL)
        assert server.received == []


async def test_it_signs_in_with_the_user_and_password_of_the_url() -> None:
    with mail_server(sign_in=True) as server:
        await mailer(server.port, user="adiuva%40example.com:the%20mail%20password@").send(MAIL)
    [given] = server.signed_in
    assert (given.login, given.password) == (b"adiuva@example.com", b"the mail password")
    assert len(server.received) == 1


async def test_a_wrong_password_is_the_operator_s_to_mend() -> None:
    with mail_server(sign_in=True) as server:
        with pytest.raises(MailUnavailable):
            await mailer(server.port, user="adiuva:wrong@").send(MAIL)
        assert server.received == []


async def test_a_password_never_crosses_a_network_in_clear() -> None:
    """Someone in between can leave STARTTLS out of the server's answer. On this very machine there is no in-between;
    0.0.0.0 reaches it too, and is not known to be it."""
    with mail_server(sign_in=True) as server:
        with pytest.raises(MailUnavailable):
            await mailer(server.port, user="adiuva:secret@", host="0.0.0.0").send(MAIL)
        assert (server.signed_in, server.received) == ([], [])


@pytest.mark.parametrize("url", ["mail.example.com:587", "http://mail.example.com", "smtp://", "smtps:mail"])
def test_what_is_no_mail_server_is_told_when_it_is_set(url: str) -> None:
    with pytest.raises(ValueError, match="SMTP_URL must look like"):
        SmtpMailer(url, SENDER)
