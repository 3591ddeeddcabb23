"""The application for servers that import it, such as gunicorn in the container. It expects a migrated database."""

import structlog
from fastapi import FastAPI

from app.config import BadSettings, Settings, read_settings
from app.kit import garbage
from app.local_secrets import completed
from app.logging import set_up_logging
from app.main import create_app

log = structlog.get_logger()


def application() -> FastAPI:
    """Raises `BadSettings`."""
    settings = read_settings()
    set_up_logging(level=settings.log_level, as_json=settings.logs_as_json)
    try:
        app = create_app(_complete(settings))
    except BadSettings as error:
        # Gunicorn logs the exception by its class alone; its sentence is what helps.
        log.error("settings_refused", reason=str(error))  # noqa: TRY400 - where it came from helps nobody
        raise
    garbage.freeze()
    return app


def _complete(settings: Settings) -> Settings:
    if settings.database_url is None:
        raise BadSettings(
            "DATABASE_URL: several processes need a database of their own; set it, or run: python -m app serve"
        )
    return completed(settings)
