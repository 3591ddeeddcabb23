from email import message_from_bytes, policy
from pathlib import Path

import pytest

from app.mail.folder import FolderMailer
from app.mail.port import Mail, MailUnavailable, NoMailer, require

LINK = "https://adiuva.example.com/some/path/of/a/proxy/verify-email#" + "A" * 43
MAIL = Mail("ada@example.com", "Confirm: your e-mail/address!", f"Open this link:\n\n{LINK}\n\nBye.\n", "job-17")


def files(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_a_mail_becomes_a_file_any_mail_program_opens(tmp_path: Path) -> None:
    await FolderMailer(tmp_path / "mail").send(MAIL)
    [path] = files(tmp_path / "mail")
    assert path.name == "job-17-confirm-your-e-mail-address.eml"
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert (message["To"], message["Subject"], message["Message-ID"]) == (MAIL.to, MAIL.subject, "<job-17@adiuva>")
    assert message["Auto-Submitted"] == "auto-generated"


async def test_a_link_is_in_one_piece_in_the_file_itself(tmp_path: Path) -> None:
    """People copy it from there, with no mail program in between."""
    await FolderMailer(tmp_path).send(MAIL)
    [path] = files(tmp_path)
    assert LINK in path.read_text().splitlines()


async def test_the_same_mail_twice_is_one_file(tmp_path: Path) -> None:
    for _ in range(2):
        await FolderMailer(tmp_path).send(MAIL)
    assert len(files(tmp_path)) == 1


async def test_the_folder_is_for_its_owner_only(tmp_path: Path) -> None:
    await FolderMailer(tmp_path / "mail").send(MAIL)
    assert (tmp_path / "mail").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("address", ["a\r\nBcc: eve@example.com@example.com", "a\nb@example.com"])
async def test_an_address_cannot_add_a_header(tmp_path: Path, address: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        await FolderMailer(tmp_path).send(Mail(address, "Hello", "Text", "job-1"))
    assert files(tmp_path) == []


async def test_where_mail_is_not_set_up_nothing_is_begun() -> None:
    with pytest.raises(MailUnavailable, match="SMTP_URL is not set"):
        await NoMailer().send(MAIL)
    with pytest.raises(MailUnavailable):
        require(can_mail=False)
    require(can_mail=True)
