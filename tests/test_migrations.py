"""The schema: from nothing, down and up again, and what several processes that start at once make of it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from alembic import command
from app.kit.row_security import create_roles
from app.migrate import CannotMigrate, alembic_config, head, migrate
from tests.conftest import OWNER, Cluster

ROOT = Path(__file__).parents[1]


@pytest.fixture
def empty(cluster: Cluster) -> Iterator[str]:
    """A database with nothing in it but pgvector, as its owner, who is no superuser."""
    name = f"empty_{uuid4().hex}"
    cluster.run(f"CREATE DATABASE {name} OWNER {OWNER}")
    with psycopg.connect(_as_superuser(cluster, name), autocommit=True) as connection:
        connection.execute("CREATE EXTENSION vector")
    yield cluster.url(name)
    cluster.drop(name)


def _as_superuser(cluster: Cluster, name: str) -> str:
    return cluster.superuser_url.rpartition("/")[0] + f"/{name}"


def _shape(url: str) -> list[str]:
    """Everything the schema is made of, as text."""
    questions = [
        (
            "SELECT format('%s.%s %s %s %s', table_name, column_name, data_type, is_nullable, column_default)"
            " FROM information_schema.columns WHERE table_schema = 'public'"
        ),
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
        (
            "SELECT format('%s %s', conrelid::regclass, pg_get_constraintdef(oid)) FROM pg_constraint"
            " WHERE connamespace = 'public'::regnamespace"
        ),
        "SELECT format('%s %s %s', polrelid::regclass, polname, pg_get_expr(polqual, polrelid)) FROM pg_policy",
        (
            "SELECT format('%s %s %s', relname, relacl, relforcerowsecurity) FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S')"
        ),
        (
            "SELECT format('%s %s %s %s', p.oid::regprocedure, proowner::regrole, proacl, md5(prosrc)) FROM pg_proc p"
            " LEFT JOIN pg_depend d ON d.objid = p.oid AND d.deptype = 'e'"
            " WHERE pronamespace = 'public'::regnamespace AND d.objid IS NULL"
        ),
        "SELECT format('%s %s', tgrelid::regclass, tgname) FROM pg_trigger WHERE NOT tgisinternal",
        (
            "SELECT format('%s %s', typname, typtype) FROM pg_type t LEFT JOIN pg_depend d ON d.objid = t.oid"
            " AND d.deptype = 'e' WHERE typnamespace = 'public'::regnamespace AND d.objid IS NULL"
        ),
    ]
    with psycopg.connect(url) as connection:
        return sorted(str(row[0]) for question in questions for row in connection.execute(question).fetchall())


def _revision(url: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    assert row is not None
    return str(row[0])


def test_from_nothing_to_the_newest_schema_by_an_owner_who_is_no_superuser(empty: str) -> None:
    migrate(empty)
    assert _revision(empty) == head()


def test_migrating_what_is_new_changes_nothing(empty: str) -> None:
    migrate(empty)
    before = _shape(empty)
    migrate(empty)
    assert _shape(empty) == before


def test_the_code_and_the_schema_do_not_drift_apart(empty: str) -> None:
    migrate(empty)
    command.check(alembic_config(empty))  # raises when a model and its table differ


def test_every_step_goes_down_and_up_again(empty: str) -> None:
    nothing = _shape(empty)
    migrate(empty)
    newest = _shape(empty)
    command.downgrade(alembic_config(empty), "base")
    left = [thing for thing in _shape(empty) if "alembic_version" not in thing]
    assert left == nothing
    migrate(empty)
    assert _shape(empty) == newest


def test_the_last_step_goes_down_and_up_again(empty: str) -> None:
    migrate(empty)
    newest = _shape(empty)
    command.downgrade(alembic_config(empty), "-1")
    assert _shape(empty) != newest
    migrate(empty)
    assert _shape(empty) == newest


def test_two_processes_that_migrate_at_once_make_one_schema(empty: str) -> None:
    script = "import sys; from app.migrate import migrate; migrate(sys.argv[1])"
    command_line = [sys.executable, "-c", script, empty]
    processes = [subprocess.Popen(command_line, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    for process in processes:
        _, told = process.communicate(timeout=60)
        assert process.returncode == 0, told
    assert _revision(empty) == head()


def test_two_databases_of_one_server_share_the_roles(empty: str, cluster: Cluster) -> None:
    """The roles are the server's: this run's template made them long ago, and each database makes them again."""
    migrate(empty)
    with psycopg.connect(empty) as connection:
        for statement in create_roles():
            connection.execute(statement)


def test_every_revision_says_why_it_is() -> None:
    for file in (ROOT / "alembic" / "versions").glob("*.py"):
        text = file.read_text()
        assert text.startswith('"""'), file.name
        assert "def downgrade() -> None:" in text
        assert not text.rstrip().endswith("pass"), file.name


def test_there_is_one_line_of_revisions() -> None:
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(ROOT / "alembic"))
    assert len(scripts.get_heads()) == 1
    numbers = sorted(revision.revision for revision in scripts.walk_revisions())
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]


def test_a_migration_that_waits_for_a_lock_gives_up_rather_than_holding_everybody(empty: str, tmp_path: Path) -> None:
    migrate(empty)
    command.downgrade(alembic_config(empty), "-1")
    with psycopg.connect(empty) as connection:
        connection.execute("LOCK TABLE users")
        environment = {"PATH": os.environ["PATH"], "DATABASE_URL": empty, "DATA_DIR": str(tmp_path)}
        command_line = [sys.executable, "-m", "app", "migrate"]
        done = subprocess.run(command_line, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert "lock timeout" in done.stderr
    assert "Traceback" not in done.stderr
    migrate(empty)
    assert _revision(empty) == head()


def test_without_pgvector_the_sentence_says_how_to_get_it(cluster: Cluster) -> None:
    name = f"bare_{uuid4().hex}"
    cluster.run(f"CREATE DATABASE {name} OWNER {OWNER}")
    try:
        with pytest.raises(CannotMigrate, match=f"psql -d {name} -c 'CREATE EXTENSION vector'"):
            migrate(cluster.url(name))
        migrate(_as_superuser(cluster, name))  # a superuser's own start creates it
    finally:
        cluster.drop(name)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://nobody:hunter2@127.0.0.1:1/x",
        "postgresql://nobody:hunter2@no-such-host.invalid/x",
        "postgresql://nobody:hun%ter2@127.0.0.1/x",
        "postgresql://nobody:hunter2@127.0.0.1:port/x",
        "postgresql://nobody:hunter2@127.0.0.1/x?no_such_option=1",
    ],
)
def test_a_database_that_does_not_answer_is_a_sentence_without_the_password(url: str) -> None:
    with pytest.raises(CannotMigrate) as refused:
        migrate(url)
    told = str(refused.value)
    assert "DATABASE_URL" in told
    assert "\n" not in told
    assert "ter2" not in told


def test_a_wrong_password_is_a_sentence_without_it(cluster: Cluster) -> None:
    wrong = cluster.owner_url.replace(f"{OWNER}:", f"{OWNER}:hunter2")
    with pytest.raises(CannotMigrate, match="password authentication failed") as refused:
        migrate(wrong)
    assert "hunter2" not in str(refused.value)
