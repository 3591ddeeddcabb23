"""The state of the connection, in the words of somebody who only wants to talk."""

from collections.abc import Callable


class Link:
    """What a person should know about the connection: when it is away, why, and when it is back."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._trouble = ""

    def state(self, word: str, sentence: str) -> None:
        if word == "waiting":
            trouble, _, _when = sentence.partition(". Trying again")
            if trouble != self._trouble:
                self._tell(f"{trouble}. It is tried again until it works.")
            self._trouble = trouble
        elif word == "ready" and self._trouble:
            self._trouble = ""
            self._tell("Connected again.")
