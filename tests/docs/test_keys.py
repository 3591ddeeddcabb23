from pathlib import Path

from tests.cli.service import run
from tests.docs.documents import block


def test_the_rotation_that_is_described_works(fresh_database_url: str, tmp_path: Path) -> None:
    lines = [line.partition("#")[0].strip() for line in block("docs/keys.md", "sh", after="Rotating").splitlines()]
    commands = [line.split()[1:] for line in lines if line]
    settings = {"DATABASE_URL": fresh_database_url}

    def typed(*arguments: str) -> str:
        """What `python -m app …` says."""
        assert arguments[:2] == ("-m", "app")
        done = run(tmp_path, *arguments[2:], **settings)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    old = typed("-m", "app", "keys", "new", "k1")
    settings["MASTER_KEYS"] = old
    typed("-m", "app", "admin", "create", "somebody@example.com")
    assert typed("-m", "app", "keys", "status") == "k1: wraps 1 data keys"
    new, rotate, status = commands
    settings["MASTER_KEYS"] = f"{typed(*new)},{old}"
    assert typed(*rotate).startswith("1 data keys re-wrapped; all are wrapped by k2 now.")
    assert typed(*status) == "k2: wraps 1 data keys"
