"""The settings: the only reader of the environment. Names and defaults are fixed; deployments use them."""

import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.keys.master_keys import BadMasterKeys, MasterKeys

MIN_SECRET_BYTES = 32
OFFLINE_MODEL, OFFLINE_EMBEDDINGS = "offline/rules", "offline/hashing"
_EXAMPLE = re.compile(r"change.?me|example|secret|password|your[-_ ]|xxxx|1234567|insert", re.IGNORECASE)


class BadSettings(Exception):
    """The settings cannot be used; the message has one line for each thing to mend and never a secret's value."""


def _postgres_url(url: str) -> str:
    """Accept what people paste: `postgres://` and URLs that name a driver."""
    plain = re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql://", url)
    if not plain.startswith("postgresql://"):
        raise ValueError("it must look like postgresql://user:password@host:5432/database")
    return plain


def _split(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


def _is_url(url: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in schemes and bool(parts.hostname or parts.path.strip("/")) and (parts.port or 1) > 0
    except ValueError:  # a port that is none, brackets around what is no address
        return False


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True, hide_input_in_errors=True)

    env: Literal["dev", "test", "prod"] = "dev"
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    web_concurrency: int = Field(default=1, ge=1, le=64)
    database_url: Annotated[str, AfterValidator(_postgres_url)] | None = None
    data_dir: Path = Path(".data")
    redis_url: str | None = None

    jwt_secret: SecretStr | None = None
    jwt_algorithm: Literal["HS256", "HS384", "HS512"] = "HS256"
    master_keys: SecretStr | None = None

    public_url: str | None = None
    cors_origins: str = "app://*,http://localhost:*"
    trusted_hosts: str | None = None
    trusted_proxies: str | None = None

    llm_model: str = OFFLINE_MODEL
    llm_api_base: str | None = None
    llm_api_key: SecretStr | None = None
    llm_router_model: str | None = None
    llm_fallback_models: str | None = None
    embedding_model: str = OFFLINE_EMBEDDINGS
    embedding_api_base: str | None = None
    embedding_api_key: SecretStr | None = None
    openai_api_key: SecretStr | None = None
    anthropic_api_key: SecretStr | None = None

    smtp_url: SecretStr | None = None
    mail_from: str | None = None

    rate_limits: Literal["on", "off"] = "on"
    registration: Literal["open", "invite", "closed"] = "open"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["console", "json"] | None = None
    metrics_token: SecretStr | None = None

    ws_allow_query_token: bool = True
    ws_max_frame_bytes: int = Field(default=1024 * 1024, ge=1024, le=16 * 1024 * 1024)
    ws_frames_per_second: int = Field(default=50, ge=1, le=10_000)
    ws_max_devices_per_user: int = Field(default=10, ge=1, le=1000)

    @field_validator("env", "rate_limits", "registration", "log_level", "log_format", mode="before")
    @classmethod
    def _any_case(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("jwt_secret")
    @classmethod
    def _long_and_random(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is None:
            return None
        value = secret.get_secret_value()
        if len(value.encode()) < MIN_SECRET_BYTES:
            raise ValueError(f"it must have at least {MIN_SECRET_BYTES} bytes; make one with: openssl rand -base64 48")
        if _EXAMPLE.search(value) or len(set(value)) < MIN_SECRET_BYTES // 4:
            raise ValueError("it is an example, not a secret; make one with: openssl rand -base64 48")
        return secret

    @field_validator("master_keys")
    @classmethod
    def _master_keys_are_keys(cls, keys: SecretStr | None) -> SecretStr | None:
        if keys is not None:
            try:
                MasterKeys.parse(keys.get_secret_value())
            except BadMasterKeys as error:
                raise ValueError(str(error).removeprefix("MASTER_KEYS: ")) from None
        return keys

    @field_validator("smtp_url")
    @classmethod
    def _smtp_url_is_one(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not _is_url(url.get_secret_value(), ("smtp", "smtps")):
            raise ValueError("it must look like smtp://user:password@host:587 or smtps://user:password@host:465")
        return url

    @field_validator("llm_api_base", "embedding_api_base")
    @classmethod
    def _base_is_http(cls, url: str | None) -> str | None:
        if url is not None and not _is_url(url, ("http", "https")):
            raise ValueError("it must look like https://host/v1, with the version and without /chat/completions")
        return url and url.rstrip("/")

    @field_validator("llm_api_key", "embedding_api_key", "openai_api_key", "anthropic_api_key")
    @classmethod
    def _key_fits_a_header(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and not re.fullmatch(r"[!-~]+", key.get_secret_value()):
            raise ValueError("it must be ASCII without spaces or line breaks")
        return key

    @field_validator("llm_model", "llm_router_model", "embedding_model")
    @classmethod
    def _model_is_one_name(cls, name: str | None) -> str | None:
        if name is not None and not re.fullmatch(r"[^\s,]+", name):
            raise ValueError("it must be the name of one model, such as openai/gpt-4o-mini")
        return name

    @field_validator("redis_url")
    @classmethod
    def _redis_url_is_one(cls, url: str | None) -> str | None:
        if url is not None and not _is_url(url, ("redis", "rediss", "redis+unix")):
            raise ValueError("it must look like redis://host:6379/0")
        return url

    @field_validator("trusted_proxies")
    @classmethod
    def _proxies_are_networks(cls, written: str | None) -> str | None:
        for part in _split(written or ""):
            try:
                ip_network(part)
            except ValueError:
                raise ValueError(f"{part} is neither an address nor a network such as 10.0.0.0/8") from None
        return written

    @field_validator("public_url")
    @classmethod
    def _public_url_is_http(cls, url: str | None) -> str | None:
        if url is not None and not (re.match(r"https?://[^/\s]+", url) and _is_url(url, ("http", "https"))):
            raise ValueError("it must look like https://api.example.com")
        return url and url.rstrip("/")

    @model_validator(mode="after")
    def _secrets_do_one_job(self) -> Self:
        if self.jwt_secret is None or self.master_keys is None:
            return self
        jwt_secret, keys = self.jwt_secret.get_secret_value(), self.master_keys.get_secret_value()
        encoded = [entry.partition(":")[2].strip() for entry in keys.split(",")]
        if jwt_secret in encoded or MasterKeys.parse(keys).holds(jwt_secret.encode()):
            raise ValueError("JWT_SECRET is also one of MASTER_KEYS; each must be a secret of its own")
        return self

    @model_validator(mode="after")
    def _several_processes_share_their_state(self) -> Self:
        if self.web_concurrency > 1:
            if self.redis_url is None:
                raise ValueError(
                    "WEB_CONCURRENCY above 1 needs REDIS_URL: rate limits and sign-in delays would otherwise be counted "
                    "separately in each process. Set REDIS_URL or WEB_CONCURRENCY=1"
                )
            if self.database_url is None:
                raise ValueError(
                    "WEB_CONCURRENCY above 1 needs DATABASE_URL: the embedded Postgres belongs to one process. "
                    "Set DATABASE_URL or WEB_CONCURRENCY=1"
                )
        return self

    @model_validator(mode="after")
    def _mail_has_a_sender(self) -> Self:
        if (self.smtp_url is None) != (self.mail_from is None):
            missing = "MAIL_FROM" if self.mail_from is None else "SMTP_URL"
            raise ValueError(f"SMTP_URL and MAIL_FROM go together; {missing} is missing")
        return self

    @model_validator(mode="after")
    def _openai_has_a_key(self) -> Self:
        named = {
            "LLM_MODEL": (self.llm_model, self.llm_api_base, self.llm_api_key),
            "EMBEDDING_MODEL": (self.embedding_model, self.embedding_api_base, self.embedding_api_key),
        }
        for name, (model, base, key) in named.items():
            if model.startswith("openai/") and base is None and key is None and self.openai_api_key is None:
                group = name.removesuffix("_MODEL")
                raise ValueError(
                    f"{name} is a model of OpenAI and needs OPENAI_API_KEY (or {group}_API_KEY); "
                    f"for a server of one's own, {group}_API_BASE"
                )
        return self

    @model_validator(mode="after")
    def _prod_is_complete(self) -> Self:
        if self.env != "prod":
            return self
        needed = {
            "DATABASE_URL": self.database_url,
            "JWT_SECRET": self.jwt_secret,
            "MASTER_KEYS": self.master_keys,
            "LLM_MODEL": None if self.llm_model == OFFLINE_MODEL else self.llm_model,
        }
        if missing := [name for name, value in needed.items() if value is None]:
            raise ValueError(f"ENV=prod needs {', '.join(missing)}; .env.example says what each is for")
        if OFFLINE_MODEL in (self.llm_router_model, *self.fallback_models):
            raise ValueError(
                f"{OFFLINE_MODEL} is for trying things out; ENV=prod refuses it, "
                "also as LLM_ROUTER_MODEL and in LLM_FALLBACK_MODELS"
            )
        if self.rate_limits == "off":
            raise ValueError("RATE_LIMITS=off is for benchmarks and tests; ENV=prod refuses it")
        return self

    @property
    def own_url(self) -> str:
        """Where people reach this service: the base of links in mails."""
        return self.public_url or f"http://{self.host}:{self.port}"

    @property
    def fallback_models(self) -> list[str]:
        """Models asked in this order when LLM_MODEL fails."""
        return _split(self.llm_fallback_models or "")

    @property
    def cors_origin_pattern(self) -> str:
        """One regular expression for all allowed origins; `*` stands for any port, or for anything but a slash."""
        patterns = [re.escape(origin).replace(r":\*", r":\d{1,5}") for origin in _split(self.cors_origins)]
        return "|".join(pattern.replace(r"\*", "[^/]*") for pattern in patterns) or "(?!)"

    @property
    def allowed_hosts(self) -> list[str]:
        """Host names requests may be addressed to; empty means any. In prod it is PUBLIC_URL's own unless it is set."""
        if self.trusted_hosts is not None:
            return _split(self.trusted_hosts)
        host = urlsplit(self.public_url or "").hostname
        return [host] if self.env == "prod" and host else []

    @property
    def proxies(self) -> list[str]:
        return _split(self.trusted_proxies or "")

    @property
    def logs_as_json(self) -> bool:
        return (self.log_format or ("json" if self.env == "prod" else "console")) == "json"


def read_settings() -> Settings:
    """Settings from the environment and `.env`. Raises `BadSettings`."""
    try:
        return Settings()
    except ValidationError as error:
        raise BadSettings("\n".join(_as_line(item["loc"], item["msg"]) for item in error.errors())) from None


def _as_line(location: tuple[int | str, ...], message: str) -> str:
    sentence = message.removeprefix("Value error, ")
    names = [str(part) for part in location if isinstance(part, str)]
    return f"{names[0].upper()}: {sentence}" if names else sentence
