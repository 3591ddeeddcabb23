"""Secrets a development machine makes for itself, once, and keeps beside its embedded database.

In prod nothing is ever made up: settings refuse to start without JWT_SECRET and MASTER_KEYS.
"""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr

from app.config import BadSettings, Settings
from app.keys.master_keys import MasterKeys


def completed(settings: Settings) -> Settings:
    """The settings with the secrets of this machine where none were given. Raises `BadSettings`."""
    folder = settings.data_dir / "keys"
    made: dict[str, SecretStr] = {}
    with data_dir_in_use(settings):
        if settings.jwt_secret is None:
            made["jwt_secret"] = _kept(folder / "jwt_secret", lambda: secrets.token_urlsafe(48))
        if settings.master_keys is None:
            made["master_keys"] = _kept(folder / "master_keys", MasterKeys.make)
    return settings.model_copy(update=made)


@contextmanager
def data_dir_in_use(settings: Settings) -> Iterator[None]:
    """What the system refuses meanwhile is DATA_DIR's fault: raises `BadSettings`, which says what to do."""
    try:
        yield
    except OSError as error:
        raise BadSettings(
            f"DATA_DIR: {settings.data_dir} cannot be used ({error.strerror or type(error).__name__}). "
            "Set DATA_DIR to a folder that this user may write to"
        ) from error


def _kept(path: Path, make: Callable[[], str]) -> SecretStr:
    """The secret in this file. A new one is written aside and linked into place: never half a secret, and of two
    processes that start at once both use the first one's."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}.new")
        draft.touch(mode=0o600)
        draft.write_text(make())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return SecretStr(path.read_text().strip())
