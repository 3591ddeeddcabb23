from collections import Counter

from app.assistant.shaping.sanitizer import Sanitizer
from app.assistant.shaping.seen import SeenIds


class Shaper:
    def __init__(self, *, sanitizer: Sanitizer, seen: SeenIds, own_urls: set[str], tags: bool) -> None:
        self.removed: Counter[str] = Counter()

    def feed(self, text: str) -> list[str]:
        return [text]

    def end(self) -> list[str]:
        return []
