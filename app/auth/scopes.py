"""What an API key may be allowed. A person who is signed in may do everything that is theirs; a key only what it names."""

from enum import StrEnum


class Scope(StrEnum):
    READ = "read"
    CHAT = "chat"
    MEMORY = "memory"
    AGENTS = "agents"
    STORAGE = "storage"
    DEVICE = "device"
