"""Several processes keep their measurements in a folder: one made for it goes with the service, an operator's stays."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.documents import ROOT

SCRIPT = "import os, app.gunicorn_config as c; c.on_exit(None); print(os.environ['PROMETHEUS_MULTIPROC_DIR'])"


@pytest.mark.parametrize("named", [True, False])
def test_only_a_folder_of_our_own_is_removed(tmp_path: Path, *, named: bool) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "TMPDIR": str(tmp_path),
        "WEB_CONCURRENCY": "2",
        "REDIS_URL": "redis://localhost",
        "DATABASE_URL": "postgresql://localhost/nothing",
    }
    operators = tmp_path / "operators"
    operators.mkdir()
    if named:
        environment["PROMETHEUS_MULTIPROC_DIR"] = str(operators)
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    folder = Path(done.stdout.strip())
    assert (folder == operators, folder.exists()) == (named, named)
