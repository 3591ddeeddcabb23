"""From a person's words to wishes."""

from app.offline.reading.read import Reading, read
from app.offline.reading.remembering import MEMORY

__all__ = ["MEMORY", "Reading", "read"]
