"""The smallest FastAPI application: what a process costs before it does anything."""

from fastapi import FastAPI


def one_route() -> FastAPI:
    app = FastAPI()

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    return app
