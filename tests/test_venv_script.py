"""`scripts/venv.py` and the Makefile above it, with real environments and two tiny wheels."""

import base64
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
SCRIPT = REPOSITORY / "scripts" / "venv.py"


class Checkout:
    """A folder with lock files, and the script run on it."""

    def __init__(self, root: Path, wheels: Path) -> None:
        self.root, self.wheels = root, wheels
        root.mkdir()
        self.lock("requirements.txt", "useful")
        self.lock("requirements-dev.txt", "helpful")

    def lock(self, name: str, *packages: str) -> None:
        digests = {
            package: hashlib.sha256(_wheel(self.wheels, package).read_bytes()).hexdigest() for package in packages
        }
        lines = [f"{package}==1.0 \\\n    --hash=sha256:{digest}\n" for package, digest in digests.items()]
        (self.root / name).write_text("".join(lines))

    def begin(
        self, level: str, python: str | Path = sys.executable, links: str | None = None
    ) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [python, SCRIPT, level, "--root", self.root],
            env=self.environment() | ({"PIP_FIND_LINKS": links} if links else {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def begin_and_kill(self, level: str) -> None:
        """Kill the script while pip waits for an answer; pip, left behind, ends as soon as it is refused one."""
        with socket.create_server(("127.0.0.1", 0)) as silent:
            silent.settimeout(60)
            process = self.begin(level, links=f"http://127.0.0.1:{silent.getsockname()[1]}/")
            with silent.accept()[0]:
                process.kill()
                process.communicate()

    def environment(self) -> dict[str, str]:
        pip = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.wheels), "PIP_USER": "1", "PIP_RETRIES": "0"}
        # Where bytecode may not be kept, each start of pip compiles pip.
        return {**os.environ, **pip, "no_proxy": "127.0.0.1", "PYTHONDONTWRITEBYTECODE": ""}

    def run(self, level: str, python: str | Path = sys.executable) -> str:
        """What it said; it must have succeeded."""
        process = self.begin(level, python)
        said, _ = process.communicate()
        assert process.returncode == 0, said
        return said

    def refused(self, level: str = "run") -> str:
        process = self.begin(level)
        said, _ = process.communicate()
        assert process.returncode == 1
        return said

    def has(self, package: str) -> bool:
        command: list[str | Path] = [self.root / ".venv" / "bin" / "python", "-c", f"import {package}"]
        return subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0


def _wheel(folder: Path, name: str) -> Path:
    """The smallest wheel there can be, made once."""
    file = folder / f"{name}-1.0-py3-none-any.whl"
    if file.exists():
        return file
    info = f"{name}-1.0.dist-info"
    contents = {
        f"{name}.py": "",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    digests = {path: hashlib.sha256(text.encode()).digest() for path, text in contents.items()}
    record = [
        f"{path},sha256={base64.urlsafe_b64encode(digest).decode().rstrip('=')}," for path, digest in digests.items()
    ]
    with zipfile.ZipFile(file, "w") as wheel:
        for path, text in contents.items():
            wheel.writestr(path, text)
        wheel.writestr(f"{info}/RECORD", "\n".join([*record, f"{info}/RECORD,,"]))
    return file


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("wheels")


@pytest.fixture
def checkout(tmp_path: Path, wheels: Path) -> Checkout:
    return Checkout(tmp_path / "a check out", wheels)


@pytest.fixture(scope="module")
def worn(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> Checkout:
    return Checkout(tmp_path_factory.mktemp("installed") / "a check out", wheels)


@pytest.fixture
def installed(worn: Checkout) -> Checkout:
    """A checkout where `run` has run. Making one takes seconds, so tests hand it on; what one broke is made anew."""
    worn.run("run")
    (worn.root / ".venv" / "mark").touch()
    return worn


@pytest.mark.faults
def test_what_is_up_to_date_takes_no_time_and_says_nothing(installed: Checkout) -> None:
    began = time.monotonic()
    assert installed.run("run") == ""
    assert time.monotonic() - began < 1
    assert (installed.root / ".venv" / "mark").exists()


def test_dev_adds_to_what_run_installed(installed: Checkout) -> None:
    assert installed.run("dev") == "Installing 1 packages into .venv (about a minute, once)…\n"
    assert installed.has("useful")
    assert installed.has("helpful")
    assert (installed.root / ".venv" / "mark").exists()
    assert installed.run("run") + installed.run("dev") == ""


@pytest.mark.faults
def test_a_changed_lock_leaves_nothing_of_the_old_one(installed: Checkout) -> None:
    assert not installed.has("other")
    installed.lock("requirements.txt", "other")
    installed.run("run")
    assert installed.has("other")
    assert not installed.has("useful")
    assert not (installed.root / ".venv" / "mark").exists()


@pytest.mark.faults
def test_an_environment_whose_checkout_moved_is_made_anew(installed: Checkout) -> None:
    installed.root = installed.root.rename(installed.root.with_name("moved"))
    assert "Installing" in installed.run("run")
    assert str(installed.root) in (installed.root / ".venv" / "bin" / "pip").read_text()


def test_the_environment_of_another_checkout_behind_a_link_is_left_as_it_is(checkout: Checkout) -> None:
    others = checkout.root.with_name("other") / ".venv"
    others.mkdir(parents=True)
    for stamp in (".installed-run", ".installed-dev"):
        (others / stamp).write_text("the other's")
    (checkout.root / ".venv").symlink_to(others)
    process = checkout.begin("run")
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert sorted(file.name for file in others.iterdir()) == [".installed-dev", ".installed-run"]


@pytest.mark.faults
def test_an_environment_whose_python_vanished_is_made_anew(installed: Checkout) -> None:
    python = installed.root / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/gone/bin/python3.11")
    assert "Installing" in installed.run("run")
    assert not (installed.root / ".venv" / "mark").exists()


@pytest.mark.faults
def test_an_addition_that_was_killed_leaves_nothing_to_rely_on(installed: Checkout) -> None:
    installed.lock("requirements-dev.txt", "additional")  # never there before: pip has to ask for it
    installed.begin_and_kill("dev")
    installed.lock("requirements-dev.txt", "helpful")
    assert "Installing" in installed.run("run")
    assert not (installed.root / ".venv" / "mark").exists()


@pytest.mark.faults
def test_what_a_killed_installation_left_is_waited_out_and_cleared_away(checkout: Checkout) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        killed = checkout.begin("dev", links=f"http://127.0.0.1:{silent.getsockname()[1]}/")
        with silent.accept()[0]:  # the pip it started waits for us, and still does when it is dead
            killed.kill()
            killed.communicate()
            (checkout.root / ".venv" / "remains").touch()
            waiting = checkout.begin("dev")
            assert waiting.stdout is not None
            assert waiting.stdout.readline() == "Another process is working on .venv; waiting for it…\n"
    assert waiting.communicate()[0].startswith("Installing 2 packages")
    assert not (checkout.root / ".venv" / "remains").exists()
    assert checkout.has("helpful")


@pytest.mark.faults
def test_two_runs_at_once_wait_for_each_other(checkout: Checkout) -> None:
    both = [checkout.begin("run") for _ in range(2)]
    said = sorted(process.communicate()[0] for process in both)
    assert [process.returncode for process in both] == [0, 0]
    assert said[0] == "Another process is working on .venv; waiting for it…\n"
    assert said[1].startswith("Installing")


def test_ctrl_c_is_answered_in_a_sentence(checkout: Checkout) -> None:
    process = checkout.begin("run")
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    assert process.communicate()[0] == "Interrupted; the next run begins again.\n"


@pytest.mark.faults
def test_a_package_that_is_not_the_locked_one_is_refused_with_pips_words(checkout: Checkout) -> None:
    text = (checkout.root / "requirements.txt").read_text()
    (checkout.root / "requirements.txt").write_text(text[:-10] + "0123456789"[: 10 - 1] + "\n")
    said = checkout.refused()
    assert "DO NOT MATCH THE HASHES" in said
    assert said.endswith("Mend that (the network? a proxy?) and run again.\n")
    assert not (checkout.root / ".venv" / ".installed-run").exists()


def test_a_missing_lock_is_named(checkout: Checkout) -> None:
    (checkout.root / "requirements.txt").unlink()
    assert (
        checkout.refused()
        == f"{checkout.root / 'requirements.txt'} is missing. Check it out again, or make it with: make lock\n"
    )


def test_a_python_without_ensurepip_is_told_which_package_to_install(checkout: Checkout) -> None:
    without = (
        "import runpy, sys; sys.modules['ensurepip'] = None; sys.argv = sys.argv[1:];"
        "runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    command: list[str | Path] = [sys.executable, "-c", without, SCRIPT, "run", "--root", checkout.root]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert "sudo apt install python3." in done.stderr


def _older_pythons() -> list[Path]:
    folders = [Path.home() / ".pyenv" / "versions" / version / "bin" for version in ("3.6.15", "3.8.18", "3.10.13")]
    return [folder / "python" for folder in folders if (folder / "python").exists()]


def test_a_python_that_is_too_old_is_told_so(checkout: Checkout) -> None:
    if not (pythons := _older_pythons()):
        pytest.skip("this machine has no older Python")
    for python in pythons:
        process = checkout.begin("run", python)
        assert process.communicate()[0].startswith(f"Python 3.11 or newer is needed, and {python} is 3.")
        assert process.returncode == 1


@pytest.mark.faults
@pytest.mark.parametrize("version", ["3.12.1", "3.13.0"])
def test_newer_pythons_do_as_well(checkout: Checkout, version: str) -> None:
    python = Path.home() / ".pyenv" / "versions" / version / "bin" / "python"
    if not python.exists():
        pytest.skip(f"this machine has no Python {version}")
    checkout.run("dev", python)
    assert checkout.has("helpful")
    assert "Installing" in checkout.run("run")  # another Python: made anew


@pytest.mark.faults
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
@pytest.mark.parametrize("megabytes", [1, 12])
def test_a_full_disk_is_told_in_a_sentence(checkout: Checkout, megabytes: int) -> None:
    locks = {file.name: file.read_text() for file in checkout.root.iterdir()}
    options = f"size={megabytes}m"
    if subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", checkout.root]).returncode != 0:
        pytest.skip("mount is not allowed here")
    try:
        for name, text in locks.items():
            (checkout.root / name).write_text(text)
        assert "No space is left on the disk" in checkout.refused()
    finally:
        subprocess.run(["umount", "-l", checkout.root], check=True)


def _make(*arguments: str, path: str | None = None) -> "subprocess.CompletedProcess[str]":
    environment = {
        name: value for name, value in os.environ.items() if name not in {"PYTHON", "MAKEFLAGS", "MAKELEVEL"}
    }
    return subprocess.run(
        ["make", "-s", *arguments],
        cwd=REPOSITORY,
        env=environment | ({"PATH": path} if path else {}),
        capture_output=True,
        text=True,
    )


needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="needs make")


@needs_make
def test_make_alone_shows_every_target_that_is_for_people() -> None:
    shown = {line.split()[1] for line in _make().stdout.splitlines()}
    assert shown >= {
        "run",
        "test",
        "check",
        "lint",
        "types",
        "contracts",
        "format",
        "bench",
        "migrate",
        "fuzz",
        "faults",
        "lock",
    }


@needs_make
def test_make_passes_over_pythons_that_do_not_run(tmp_path: Path) -> None:
    broken = tmp_path / "python3.11"
    broken.write_text("#!/bin/sh\necho 'command not found' >&2\nexit 127\n")
    broken.chmod(0o755)
    (tmp_path / "python3.12").symlink_to(sys.executable)
    done = _make("-n", "venv", path=f"{tmp_path}:{os.defpath}")
    assert f'python="{tmp_path / "python3.12"}"' in done.stdout


@needs_make
def test_make_without_any_python_says_what_to_do() -> None:
    done = _make("venv", "PYTHON=")
    assert done.returncode != 0
    assert "Python 3.11 or newer is needed" in done.stderr


SERVE = """
import os, signal, sys, time
def drain(number, frame):
    os.write(1, b"drained\\n")  # print is not re-entrant: the signal may come while "up" is being printed
    sys.exit(0)
signal.signal(signal.SIGINT, drain)
signal.signal(signal.SIGTERM, drain)
os.write(1, b"up\\n")
time.sleep(30)
"""


@needs_make
@pytest.mark.parametrize("how", ["Ctrl-C", "TERM"])
def test_make_run_ends_quietly_after_the_service_has_drained(installed: Checkout, how: str) -> None:
    root = installed.root
    shutil.copy(REPOSITORY / "Makefile", root)
    for name, text in {"scripts/venv.py": SCRIPT.read_text(), "app/__main__.py": SERVE}.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text)
    process = subprocess.Popen(
        ["make", "-s", "run", f"PYTHON={sys.executable}"],
        cwd=root,
        env=installed.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    if how == "Ctrl-C":
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.send_signal(signal.SIGTERM)
    assert process.communicate()[0] == "drained\n"
