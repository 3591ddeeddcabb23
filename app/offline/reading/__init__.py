"""From a person's words to wishes."""

from app.offline.reading.read import Reading, read

__all__ = ["Reading", "read"]
