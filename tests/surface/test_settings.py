"""One list of settings: the class, `.env.example` and whoever reads the environment agree."""

import re
from pathlib import Path

import pytest

from app.config import Settings

ROOT = Path(__file__).parents[2]
NAMES = {name.upper() for name in Settings.model_fields}

# Who else may look at the environment, and why; none of them reads a setting.
OTHER_READERS = {
    "app/kit/measures.py": {"PROMETHEUS_MULTIPROC_DIR"},  # prometheus_client's own, made by the next
    "app/gunicorn_config.py": {"PROMETHEUS_MULTIPROC_DIR"},  # set for the processes it starts
    "app/llm/litellm_provider.py": set(),  # sets what LiteLLM reads when it is imported
    "app/kit/embedded_postgres/account.py": set(),  # hands a harmless part of it on to Postgres
}


def _example() -> list[tuple[str, str]]:
    """(name, value) of each line of `.env.example`, commented or not."""
    found = re.findall(r"^#?([A-Z][A-Z0-9_]*)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE)
    return [(name, value) for name, value in found]


def test_the_example_names_every_setting_once_and_nothing_else() -> None:
    names = [name for name, _ in _example()]
    assert sorted(names) == sorted(NAMES)


def test_the_example_says_what_every_setting_is_for() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    explained = False
    for line in lines:
        if re.match(r"#?[A-Z][A-Z0-9_]*=", line):
            assert explained, line
        else:
            # HOST and PORT share their line; a heading explains nothing.
            explained = line.startswith("# ") and not line.startswith("# ---")


@pytest.mark.parametrize(("name", "value"), _example())
def test_the_value_of_the_example_is_the_default_where_there_is_one(name: str, value: str) -> None:
    default = Settings.model_fields[name.lower()].default
    if default is not None:
        assert value.lower() == str(default).lower()


def test_the_example_sets_nothing() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == []


def test_only_the_settings_read_the_environment() -> None:
    readers = {
        str(file.relative_to(ROOT)): set(
            re.findall(r"""environ[^\n]*?["']([A-Z_]+)["']|["']([A-Z_]+)["'] (?:not )?in os\.environ""", text)
        )
        for file in (ROOT / "app").rglob("*.py")
        if re.search(r"\benviron\b|\bgetenv\b", text := _code(file))
    }
    named = {file: {name for pair in pairs for name in pair if name} for file, pairs in readers.items()}
    assert named == OTHER_READERS


def test_nobody_reads_a_settings_file_but_the_settings() -> None:
    assert [file for file in (ROOT / "app").rglob("*.py") if "dotenv" in _code(file)] == []


def _code(file: Path) -> str:
    """Without comments and docstrings."""
    return re.sub(r'"""(?s:.*?)"""|#[^\n]*', "", file.read_text())


def test_secrets_are_of_the_type_that_does_not_print_itself() -> None:
    smelling = {name for name in NAMES if re.search("SECRET|KEY|TOKEN|PASSWORD", name)} | {"SMTP_URL"}
    for name in smelling:
        if name not in ("JWT_ALGORITHM", "WS_ALLOW_QUERY_TOKEN"):  # they say how, not what
            assert "SecretStr" in str(Settings.model_fields[name.lower()].annotation), name


def test_settings_that_the_documents_name_exist() -> None:
    documents = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    assigned = {name for document in documents for name in re.findall(r"`([A-Z][A-Z_]{2,})=", document.read_text())}
    assert assigned
    assert assigned <= NAMES


# What the compose file decides itself, and where.
COMPOSES_OWN = {
    "ENV": "prod",
    "DATABASE_URL": "the Postgres beside it",
    "REDIS_URL": "the Redis beside it",
}
IMAGES_OWN = {
    "HOST": "the image: every address of the container",
    "PORT": "the image: the port that is published",
    "DATA_DIR": "the image: the volume",
    "WEB_CONCURRENCY": "one, which devices need",
}


def _given_by_compose() -> dict[str, str]:
    service = (ROOT / "docker-compose.yml").read_text().partition("\n  app:\n")[2].partition("\n\n  ")[0]
    return dict(re.findall(r"^      ([A-Z][A-Z_]+): (.+)$", service, re.MULTILINE))


def test_compose_gives_the_service_settings_that_exist() -> None:
    assert set(_given_by_compose()) == NAMES - set(IMAGES_OWN)


def test_compose_passes_on_what_is_not_its_own_to_decide() -> None:
    for name, value in _given_by_compose().items():
        assert name in COMPOSES_OWN or value.startswith((f"${{{name}:-", f"${{{name}:?")), name


@pytest.mark.parametrize("name", sorted(NAMES))
def test_an_empty_setting_is_one_that_is_not_set(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Compose passes on as empty what nobody has set."""
    for each in NAMES:
        monkeypatch.delenv(each, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(name, "")
    assert Settings() == Settings(_env_file=None)
    assert getattr(Settings(), name.lower()) == Settings.model_fields[name.lower()].default


def test_compose_runs_the_one_process_that_devices_need() -> None:
    assert "WEB_CONCURRENCY" not in (ROOT / "docker-compose.yml").read_text()
    assert Settings.model_fields["web_concurrency"].default == 1
