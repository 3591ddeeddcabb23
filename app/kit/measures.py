"""What is measured, for Prometheus. Labels are route templates and codes, never ids or content."""

import os

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

REQUESTS = Histogram(
    "adiuva_request_seconds",
    "Time to answer a request.",
    ["method", "route", "status"],
    buckets=(0.005, 0.025, 0.1, 0.5, 2.5, 10),
)

JOBS = Counter("adiuva_job_attempts_total", "Attempts of background jobs that have ended.", ["task", "outcome"])


def registry() -> CollectorRegistry:
    """What to report: with several processes (`app.gunicorn_config` sets the folder they share), all of them together."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]  # the library is not typed here
    return together
