"""What people find in their mailboxes: the `.eml` files the service wrote."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from typing import Protocol

from tests.factories.waiting import until

_LINK = re.compile(r"(\S+)/(verify-email|reset-password)#(\S+)")


class HasMails(Protocol):
    def mails(self) -> list[Path]: ...


@cache
def read(path: Path) -> EmailMessage:
    """Read once: a mail stays as it is, and whoever waits for one looks at all of them again and again."""
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def mails_to(service: HasMails, address: str, subject: str = "") -> list[EmailMessage]:
    """In the order they were sent."""
    all_of_them = [read(path) for path in service.mails()]
    return [mail for mail in all_of_them if mail["To"] == address and subject in mail["Subject"]]


async def mail_to(service: HasMails, address: str, subject: str, *, nth: int = 1) -> EmailMessage:
    """The nth mail to an address with this in its subject, as soon as it is there."""
    await until(lambda: len(mails_to(service, address, subject)) >= nth)
    return mails_to(service, address, subject)[nth - 1]


def link_in(mail: EmailMessage) -> str:
    found = _LINK.search(mail.get_content())
    assert found is not None, mail.get_content()
    return found.group(0)


def secret_in(mail: EmailMessage) -> str:
    """What stands behind the # of the mailed link."""
    return link_in(mail).partition("#")[2]
