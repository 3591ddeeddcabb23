"""A service in a process of its own, whose log lines a test reads. Started by test_logs.py:

python -m tests.edge.talkative DATABASE_URL DATA_DIR json|console
"""

import asyncio
import logging
import sys
from pathlib import Path
from typing import Any

import structlog

from app.logging import set_up_logging
from tests.conftest import make_settings, running
from tests.edge.conftest import SECRET, probes
from tests.factories.people import Person

log = structlog.get_logger()


async def talk(database_url: str, data_dir: Path) -> None:
    async with running(make_settings(database_url, data_dir), with_worker=False) as service:
        service.app.include_router(probes)
        ada = await Person.register(service.http, email="canary@example.com", password=SECRET)
        await ada.get("/probes/line", headers={"X-Request-ID": "one"})
        await ada.get("/probes/bug", headers={"X-Request-ID": "two"})
        await ada.delete("/auth/sessions/0d1d0a2c-8c9e-4b2c-9d52-0f2f0a2b7b1c", headers={"X-Request-ID": "three"})
        await ada.post("/auth/password", json={"current": f"not {SECRET}", "new": SECRET})
        await ada.get(f"/nothing/{SECRET}", params={"token": ada.access_token})
        await service.http.post("/auth/login", json={"email": "canary@example.com", "password": f"not {SECRET}"})
        await service.http.post("/auth/refresh", json={"refresh_token": ada.refresh_token})
        await asyncio.gather(*(ada.get("/probes/line", headers={"X-Request-ID": f"many-{n}"}) for n in range(5)))
        log.info("told", password=SECRET, access_token=ada.access_token, user_email="canary@example.com", size=7)
        library(log)
    for secret in (ada.access_token, ada.refresh_token):
        sys.stdout.write(f"{secret}\n")


def library(log: Any) -> None:
    """What libraries do: `logging`, with an exception that tells the row it failed on."""
    try:
        raise KeyError(SECRET)
    except KeyError:
        logging.getLogger("some.library").exception("it failed")
        log.exception("ours_failed")
    logging.getLogger("some.library").warning("a warning")
    logging.getLogger("sqlalchemy.engine").info("SELECT %s", SECRET)


if __name__ == "__main__":
    set_up_logging(level="info", as_json=sys.argv[3] == "json")
    asyncio.run(talk(sys.argv[1], Path(sys.argv[2])))
