"""Request fields a provider may not know: asked with them first, then without those it has refused."""

from typing import Any

from app.llm.provider import AttemptFailed


class OptionalFields:
    """Remembered for as long as the adapter lives."""

    def __init__(self, **fields: Any) -> None:
        self._fields = fields

    @property
    def now(self) -> dict[str, Any]:
        return self._fields

    def dropped(self, failure: AttemptFailed, body: bytes) -> bool:
        """Did this refusal name one of them? Then it is left out from now on."""
        if failure.status not in (400, 422):
            return False
        named = [name for name in self._fields if name.encode() in body]
        self._fields = {name: value for name, value in self._fields.items() if name not in named}
        return bool(named)
