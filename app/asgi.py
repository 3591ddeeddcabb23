"""The application for servers that import it, such as gunicorn in the container. It expects a migrated database."""

from fastapi import FastAPI

from app.config import BadSettings, read_settings
from app.local_secrets import completed
from app.logging import set_up_logging
from app.main import create_app


def application() -> FastAPI:
    """Raises `BadSettings`."""
    settings = completed(read_settings())
    if settings.database_url is None:
        raise BadSettings(
            "DATABASE_URL: several processes need a database of their own; set it, or run: python -m app serve"
        )
    set_up_logging(level=settings.log_level, as_json=settings.logs_as_json)
    return create_app(settings)
