"""Settings that refuse to half-start: what is wrong is told by name, all at once, and never with a secret's value."""

import base64
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.config import BadSettings, Settings, read_settings
from app.edge.guards import AllowedHosts
from app.keys.master_keys import MasterKeys
from app.local_secrets import completed

JWT_SECRET = "Uo0r1tqvC7mZp3nX9yKeWb4hLs8dQfAj"
MASTER_KEYS = MasterKeys.make()
PROD = {
    "ENV": "prod",
    "DATABASE_URL": "postgresql://adiuva:pw@db/adiuva",
    "JWT_SECRET": JWT_SECRET,
    "MASTER_KEYS": MASTER_KEYS,
    "LLM_MODEL": "anthropic/some-model",
}


class Environment(dict[str, str]):
    """What the process is told; nothing else is there, and no `.env`."""

    def read(self, **variables: str) -> Settings:
        for name in list(os.environ):
            if name.lower() in Settings.model_fields:
                del os.environ[name]
        os.environ.update(variables)
        return read_settings()

    def refused(self, **variables: str) -> str:
        with pytest.raises(BadSettings) as refused:
            self.read(**variables)
        return str(refused.value)


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[Environment]:
    before, here = dict(os.environ), Path.cwd()
    os.chdir(tmp_path)
    yield Environment()
    os.chdir(here)
    os.environ.clear()
    os.environ.update(before)


def test_nothing_needs_to_be_set_at_home(environment: Environment) -> None:
    settings = environment.read()
    assert (settings.env, settings.host, settings.port) == ("dev", "127.0.0.1", 8000)
    assert (settings.web_concurrency, settings.data_dir) == (1, Path(".data"))
    assert (settings.rate_limits, settings.registration, settings.jwt_algorithm) == ("on", "open", "HS256")
    assert settings.database_url is None
    assert settings.own_url == "http://127.0.0.1:8000"
    assert not settings.logs_as_json


def test_a_variable_that_is_empty_counts_as_not_set(environment: Environment) -> None:
    settings = environment.read(PORT="", DATABASE_URL="", JWT_SECRET="", REDIS_URL="")
    assert (settings.port, settings.database_url, settings.jwt_secret, settings.redis_url) == (8000, None, None, None)


def test_a_file_is_read_and_the_environment_wins(environment: Environment) -> None:
    Path(".env").write_text("PORT=9001\nHOST=0.0.0.0\nSOMEBODY_ELSES=1\n")
    settings = environment.read(PORT="9002")
    assert (settings.port, settings.host) == (9002, "0.0.0.0")


def test_everything_that_is_wrong_is_told_at_once_a_line_each(environment: Environment) -> None:
    told = environment.refused(PORT="many", ENV="staging", JWT_SECRET="short", RATE_LIMITS="maybe", LOG_LEVEL="loud")
    assert [line.partition(":")[0] for line in told.splitlines()] == [
        "ENV",
        "PORT",
        "JWT_SECRET",
        "RATE_LIMITS",
        "LOG_LEVEL",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JWT_SECRET", "hunter2"),
        ("JWT_SECRET", "hunter2-change-me-hunter2-change-me-hunter2"),
        ("MASTER_KEYS", "k1:hunter2"),
        ("MASTER_KEYS", "hunter2"),
        ("DATABASE_URL", "mysql://user:hunter2@host/db"),
        ("SMTP_URL", "smtp://user:hunter2@host"),
        ("PUBLIC_URL", "ftp://user:hunter2@host"),
        ("LLM_API_KEY", "hunter2 hunter2"),
        ("LLM_API_BASE", "ftp://user:hunter2@host"),
        ("PORT", "hunter2"),
    ],
)
def test_the_value_that_is_refused_is_not_shown(environment: Environment, name: str, value: str) -> None:
    told = environment.refused(**{name: value})
    assert name in told
    assert "hunter2" not in told


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMTP_URL", "mail.example.com"),
        ("SMTP_URL", "smtp://host:99999999"),
        ("REDIS_URL", "localhost:6379"),
        ("REDIS_URL", "http://localhost:6379"),
        ("TRUSTED_PROXIES", "10.0.0.0/99"),
        ("LLM_API_BASE", "localhost:11434"),
        ("EMBEDDING_API_BASE", "localhost/v1"),
        ("OPENAI_API_KEY", "sk-é"),
        ("LLM_MODEL", "openai/a, openai/b"),
        ("TRUSTED_PROXIES", "10.0.0.1, proxy.internal"),
        ("PUBLIC_URL", "api.example.com"),
        ("PUBLIC_URL", "https://[2001:db8::7"),
    ],
)
def test_a_setting_that_cannot_be_used_is_told_in_a_sentence(environment: Environment, name: str, value: str) -> None:
    assert f"{name}: " in environment.refused(**{name: value, "MAIL_FROM": "a@example.com"})


@pytest.mark.parametrize(
    "url", ["redis://localhost", "rediss://:password@cache.internal:6380/2", "redis://[::1]:6379/0"]
)
def test_a_redis_url_may_be_short(environment: Environment, url: str) -> None:
    assert environment.read(REDIS_URL=url).redis_url == url


def test_settings_do_not_show_secrets_when_printed(environment: Environment) -> None:
    settings = environment.read(
        **PROD, SMTP_URL="smtps://user:hunter2@host", MAIL_FROM="a@b.c", METRICS_TOKEN="hunter2"
    )
    for shown in (repr(settings), str(settings), settings.model_dump_json()):
        assert "hunter2" not in shown
        assert JWT_SECRET not in shown
        assert MASTER_KEYS.partition(":")[2] not in shown


@pytest.mark.parametrize("missing", ["DATABASE_URL", "JWT_SECRET", "MASTER_KEYS", "LLM_MODEL"])
def test_production_names_what_is_missing(environment: Environment, missing: str) -> None:
    told = environment.refused(**{name: value for name, value in PROD.items() if name != missing})
    assert missing in told
    for there in set(PROD) - {"ENV", missing}:
        assert there not in told


@pytest.mark.parametrize("name", ["LLM_MODEL", "LLM_ROUTER_MODEL", "LLM_FALLBACK_MODELS"])
def test_production_refuses_the_offline_model(environment: Environment, name: str) -> None:
    assert name in environment.refused(**PROD | {name: "offline/rules"})


def test_offline_embeddings_are_good_enough_for_production(environment: Environment) -> None:
    assert environment.read(**PROD, EMBEDDING_MODEL="offline/hashing").embedding_model == "offline/hashing"


def test_without_a_word_about_models_the_assistant_is_offline(environment: Environment) -> None:
    settings = environment.read()
    assert (settings.llm_model, settings.embedding_model) == ("offline/rules", "offline/hashing")
    assert settings.fallback_models == []


def test_fallback_models_are_a_list_in_order(environment: Environment) -> None:
    told = environment.read(LLM_FALLBACK_MODELS="anthropic/a, ollama/b ,")
    assert told.fallback_models == ["anthropic/a", "ollama/b"]


@pytest.mark.parametrize("group", ["LLM", "EMBEDDING"])
def test_a_model_of_openai_needs_a_key_or_an_address(environment: Environment, group: str) -> None:
    model = {f"{group}_MODEL": "openai/some-model"}
    assert f"{group}_MODEL is a model of OpenAI and needs OPENAI_API_KEY" in environment.refused(**model)
    for enough in ({"OPENAI_API_KEY": "sk"}, {f"{group}_API_KEY": "sk"}, {f"{group}_API_BASE": "http://h/v1"}):
        environment.read(**model | enough)


def test_the_address_of_a_server_may_end_in_a_slash(environment: Environment) -> None:
    assert environment.read(LLM_API_BASE="http://localhost:11434/v1/").llm_api_base == "http://localhost:11434/v1"


def test_production_names_all_that_is_missing(environment: Environment) -> None:
    told = environment.refused(ENV="PROD")
    assert "DATABASE_URL, JWT_SECRET, MASTER_KEYS, LLM_MODEL" in told


def test_production_refuses_to_go_without_rate_limits(environment: Environment) -> None:
    assert "RATE_LIMITS=off" in environment.refused(**PROD, RATE_LIMITS="off")


def test_production_that_is_complete_starts_and_logs_json(environment: Environment) -> None:
    settings = environment.read(**PROD)
    assert settings.logs_as_json
    assert settings.proxies == []


@pytest.mark.parametrize(
    "secret",
    [
        "a" * 64,
        "changeme-changeme-changeme-changeme-1",
        "this-is-an-example-of-a-long-jwt-key!",
        "my-secret-my-secret-my-secret-my-secret",
        "your-256-bit-key-goes-right-in-here-ok",
        "abababababababababababababababababab",
    ],
)
def test_an_example_is_no_secret(environment: Environment, secret: str) -> None:
    assert "it is an example" in environment.refused(JWT_SECRET=secret)


def test_a_secret_is_counted_in_bytes(environment: Environment) -> None:
    assert "32 bytes" in environment.refused(JWT_SECRET=JWT_SECRET[:31])
    assert environment.read(JWT_SECRET=JWT_SECRET).jwt_secret is not None


def test_each_secret_does_one_job(environment: Environment) -> None:
    encoded = MASTER_KEYS.partition(":")[2]
    assert "a secret of its own" in environment.refused(JWT_SECRET=encoded, MASTER_KEYS=MASTER_KEYS)
    raw = JWT_SECRET.encode()
    same_bytes = f"k1:{base64.b64encode(raw).decode()}"
    assert "a secret of its own" in environment.refused(JWT_SECRET=JWT_SECRET, MASTER_KEYS=same_bytes)


def test_several_processes_need_redis_and_a_database_of_their_own(environment: Environment) -> None:
    database, redis = "postgresql://u:p@h/d", "redis://localhost"
    assert "needs REDIS_URL" in environment.refused(WEB_CONCURRENCY="2", DATABASE_URL=database)
    assert "needs DATABASE_URL" in environment.refused(WEB_CONCURRENCY="2", REDIS_URL=redis)
    assert environment.read(WEB_CONCURRENCY="2", REDIS_URL=redis, DATABASE_URL=database).web_concurrency == 2


def test_half_of_the_mail_settings_is_refused_by_the_name_of_the_other_half(environment: Environment) -> None:
    assert "MAIL_FROM is missing" in environment.refused(SMTP_URL="smtp://host")
    assert "SMTP_URL is missing" in environment.refused(MAIL_FROM="a@b.c")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg", "postgresql+psycopg"])
def test_a_database_url_is_taken_in_any_spelling(environment: Environment, scheme: str) -> None:
    assert environment.read(DATABASE_URL=f"{scheme}://u:p@h/d").database_url == "postgresql://u:p@h/d"


def test_in_production_the_hosts_are_public_urls_own_unless_told_otherwise(environment: Environment) -> None:
    assert environment.read(**PROD, PUBLIC_URL="https://api.example.com:8443/").allowed_hosts == ["api.example.com"]
    told = environment.read(**PROD, PUBLIC_URL="https://api.example.com", TRUSTED_HOSTS="a.example, *.b.example")
    assert told.allowed_hosts == ["a.example", "*.b.example"]


@pytest.mark.parametrize("url", ["https://[2001:db8::7]", "https://[2001:db8::7]:8443/adiuva"])
def test_in_production_the_host_may_be_an_ipv6_address(environment: Environment, url: str) -> None:
    hosts = AllowedHosts(environment.read(**PROD, PUBLIC_URL=url).allowed_hosts)
    assert [
        host for host in ("[2001:db8::7]", "[2001:db8::7]:8443", "[2001", "[2001:db8::8]") if hosts.allow(host)
    ] == [
        "[2001:db8::7]",
        "[2001:db8::7]:8443",
    ]


@pytest.mark.parametrize("written", ["[::1]", "::1"])
def test_a_trusted_host_may_be_an_ipv6_address(environment: Environment, written: str) -> None:
    hosts = AllowedHosts(environment.read(TRUSTED_HOSTS=written).allowed_hosts)
    assert hosts.allow("[::1]:8000")
    assert not hosts.allow("[::2]:8000")


def test_secrets_of_this_machine_are_made_once_and_kept_to_its_user(environment: Environment, tmp_path: Path) -> None:
    settings = environment.read()
    first, second = completed(settings), completed(settings)
    assert first.jwt_secret == second.jwt_secret is not None
    assert first.master_keys == second.master_keys is not None
    for name in ("jwt_secret", "master_keys"):
        file = tmp_path / ".data" / "keys" / name
        assert file.stat().st_mode & 0o077 == 0
    assert (tmp_path / ".data" / "keys").stat().st_mode & 0o077 == 0
    assert sorted(path.name for path in (tmp_path / ".data" / "keys").iterdir()) == ["jwt_secret", "master_keys"]


def test_what_a_machine_makes_for_itself_would_be_accepted_as_a_setting(environment: Environment) -> None:
    made = completed(environment.read())
    assert made.jwt_secret is not None
    assert made.master_keys is not None
    environment.read(JWT_SECRET=made.jwt_secret.get_secret_value(), MASTER_KEYS=made.master_keys.get_secret_value())


def test_a_given_secret_is_never_replaced(environment: Environment, tmp_path: Path) -> None:
    settings = completed(environment.read(JWT_SECRET=JWT_SECRET, MASTER_KEYS=MASTER_KEYS))
    assert settings.jwt_secret is not None
    assert settings.jwt_secret.get_secret_value() == JWT_SECRET
    assert not (tmp_path / ".data").exists()
