import os
import subprocess
import sys
from pathlib import Path

from tests.docs.documents import ROOT, block


def test_the_rotation_that_is_described_works(fresh_database_url: str, tmp_path: Path) -> None:
    lines = [line.partition("#")[0].strip() for line in block("docs/keys.md", "sh", after="Rotating").splitlines()]
    commands = [line.split()[1:] for line in lines if line]
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": fresh_database_url, "DATA_DIR": str(tmp_path)}

    def run(*arguments: str) -> str:
        done = subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    old = run("-m", "app", "keys", "new", "k1")
    environment["MASTER_KEYS"] = old
    run("-m", "app", "admin", "create", "somebody@example.com")
    assert run("-m", "app", "keys", "status") == "k1: wraps 1 data keys"
    new, rotate, status = commands
    environment["MASTER_KEYS"] = f"{run(*new)},{old}"
    assert run(*rotate).startswith("1 data keys re-wrapped; all are wrapped by k2 now.")
    assert run(*status) == "k2: wraps 1 data keys"
