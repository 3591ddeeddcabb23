"""What the README tells a new user to type is typed here, into a shell, at a real service."""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.cli.service import run
from tests.conftest import Cluster
from tests.docs.documents import ROOT, block

PATIENCE_S = 60


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def served(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The service as `python -m app serve` starts it, with a database and keys of its own; its base address."""
    database = f"readme_{uuid4().hex}"
    database_url = cluster.clone(database)
    port = _free_port()
    environment = {"PATH": os.environ["PATH"], "PORT": str(port), "DATABASE_URL": database_url}
    environment["DATA_DIR"] = str(tmp_path_factory.mktemp("served"))
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "serve"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address)
        yield address
    finally:
        process.terminate()
        ended = process.wait(30)
        cluster.drop(database)
        assert ended == 0


def _wait_for(address: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            urllib.request.urlopen(f"{address}/health", timeout=2).close()
        except OSError:
            assert time.monotonic() < deadline, "the service did not start"
            time.sleep(0.1)
        else:
            return


def test_what_the_readme_tells_to_type_works_as_it_stands(served: str, tmp_path: Path) -> None:
    """One test: the service takes seconds to start."""
    _lines_to_copy(served, tmp_path)
    _error_that_is_shown(served)
    _device(served, tmp_path)


def _lines_to_copy(served: str, tmp_path: Path) -> None:
    script = block("README.md", "sh", after="run by tests/docs/test_readme.py -->").replace(
        "http://127.0.0.1:8000", served
    )
    done = subprocess.run(["bash", "-euc", script], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    answers = [json.loads(answer) for answer in re.sub(r"\}\{", "}\n{", done.stdout).splitlines()]
    me, sessions, key, chat, diet, told, tokens = answers
    assert me["email"] == "ada@example.com"
    assert me.keys() == json.loads(block("README.md", "json", after="`/auth/me` answers")).keys()
    assert sessions["items"][0]["current"] is True
    assert key["scopes"] == ["read"]
    assert "offline model" in chat["response"]
    assert (diet["key"], diet["value"]) == ("diet", "vegetarian")
    assert "- diet: vegetarian" in told["text"]
    assert tokens["token_type"] == "bearer"
    assert "users.json" in zipfile.ZipFile(tmp_path / "export.zip").namelist()


def test_what_the_readme_saves_is_not_committed_with_it() -> None:
    saved = re.findall(r"^[^#\n]*curl\b[^\n]* -o (\S+)", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert saved
    assert set(saved) <= set((ROOT / ".gitignore").read_text().splitlines())


def _device(served: str, tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "ADIUVA_DEVICE_HOME": str(tmp_path / "home"),
    }

    def typed(marker: str) -> list[str]:
        script = block("README.md", "sh", after=f"run by tests/docs/test_readme.py: {marker} -->")
        script = script.replace(".venv/bin/python", sys.executable).replace("http://127.0.0.1:8000", served)
        script = script.replace("register --email", f"register --url {served} --email")
        return ["bash", "-euc", re.sub(rf"^{re.escape(sys.executable)} -m device connect", r"exec \g<0>", script)]

    shell: dict[str, Any] = {"cwd": tmp_path, "env": environment, "text": True}
    talk = block("README.md", "text", after="typed by tests/docs/test_readme.py -->")
    asked = re.findall(r"^> (.+)|\[y/n\] (.+)", talk, re.MULTILINE)
    lines = "".join(f"{question or answer}\n" for question, answer in asked)
    talked = subprocess.run(typed("device"), input=lines, capture_output=True, timeout=60, **shell)
    assert talked.returncode == 0, talked.stderr
    assert talked.stdout[talked.stdout.index("> ") :].strip() == talk.strip()
    device = subprocess.Popen(typed("connect"), stdout=subprocess.PIPE, **shell)
    try:
        assert device.stdout is not None
        said = ""
        while "Ready" not in said:
            line = device.stdout.readline()
            assert line, said
            said += line
        done = subprocess.run(typed("call"), capture_output=True, timeout=60, **shell)
        assert done.returncode == 0, done.stderr
    finally:
        device.terminate()
        rest, _ = device.communicate(timeout=20)
    selected, inserted, row = re.fullmatch(r"(\{.*\})(\{.*\})(title.*)", done.stdout, re.DOTALL).groups()  # type: ignore[union-attr]  # fails the test
    assert len(json.loads(selected)["rows"]) == 2
    assert json.loads(inserted)["row"]["title"] == "Buy milk"
    assert "Buy milk" in row
    shown = block("README.md", "", after="The device's terminal tells").strip().splitlines()
    told = [line for line in rest.splitlines() if " tasks " in line]
    assert [_without_times(line) for line in told] == [_without_times(line) for line in shown]


def _without_times(line: str) -> list[str]:
    return re.sub(r"^\S+|\d+ ms$", "", line).split()


def _error_that_is_shown(served: str) -> None:
    body = json.dumps({"email": "twice@example.com", "password": "analytical engine"}).encode()
    request = urllib.request.Request(
        f"{served}/api/v1/auth/register", data=body, headers={"Content-Type": "application/json"}
    )
    urllib.request.urlopen(request, timeout=10).close()
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=10)
    shown = json.loads(block("README.md", "json", after="never changes"))
    with refused.value as answer:
        assert json.loads(answer.read()) == shown


def test_every_command_of_the_table_exists(tmp_path: Path) -> None:
    commands = re.findall(
        r"^\| `python -m (app|device) ([a-z ]+?)(?: EMAIL)?`(?:, `(\w+)`)? \|",
        (ROOT / "README.md").read_text(),
        re.MULTILINE,
    )
    assert len(commands) >= 12
    for package, *named in commands:
        for command in filter(None, named):
            line = [*command.split(), "--help"]
            assert _status(package, line, tmp_path) == 0, (package, *line)


def _status(package: str, line: list[str], folder: Path) -> int:
    if package == "app":
        return run(folder, *line).returncode
    return subprocess.run([sys.executable, "-m", package, *line], cwd=ROOT, capture_output=True).returncode


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        target
        for document in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
        for target in re.findall(r"(?:^|`)make ([a-z]+)", document.read_text(), re.MULTILINE)
    }
    assert {"run", "test", "demo"} <= named
    assert named <= targets
