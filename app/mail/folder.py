"""Mail for development: every mail becomes an `.eml` file that any mail program opens."""

import asyncio
import os
import re
from pathlib import Path

from app.mail.port import Mail, as_message

SENDER = "Adiuva <adiuva@localhost>"


class FolderMailer:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, mail: Mail) -> None:
        await asyncio.to_thread(self._write, mail)

    def _write(self, mail: Mail) -> None:
        """Named by the mail's key, so that sending it twice leaves one; renamed into place, so never half of one."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = self._folder / f".{mail.key}.{os.getpid()}"
        draft.write_bytes(as_message(mail, SENDER).as_bytes())
        draft.replace(self._folder / f"{mail.key}-{_slug(mail.subject)}.eml")


def _slug(subject: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", subject.lower()).strip("-")
