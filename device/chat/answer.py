"""An answer as it comes: text at once, and its components on lines of their own after the line they stand in."""

from device.chat import charts
from device.chat.changes import line_of
from device.chat.entities import Entities
from device.chat.markdown import Markdown
from device.chat.screen import Screen, harmless
from device.chat.tags import Chart, pieces
from device.events import Activity, Ended, Mutation


class Answer:
    def __init__(self, screen: Screen, entities: Entities) -> None:
        self._screen, self._entities = screen, entities
        self._markdown = Markdown(screen)
        self._components: list[str] = []
        self._doing = ""
        self._held_ends = (
            ""  # of lines: written once something follows, for a tag that was taken out may have stood there
        )

    def activity(self, activity: Activity) -> None:
        """A line for what begins or fails; the same words are not said twice in a row."""
        label = harmless(activity.label.replace("\n", " "))
        words = f"· {label} (failed)" if activity.state == "failed" else f"· {label}"
        if activity.state == "finished" or not label or words == self._doing:
            return
        self._doing = words
        self._close_line()
        self._screen.line(words, "dim")

    def text(self, chunk: str) -> None:
        self._doing = ""
        for piece in pieces(chunk):
            if isinstance(piece, str):
                self._prose(harmless(piece))
            elif isinstance(piece, Chart):
                self._component(charts.drawn(piece.content, self._screen.width))
            else:
                self._component(self._entities.lines(piece.kind, piece.ids, self._screen.width))

    def ended(self, ended: Ended) -> None:
        self._close_line()
        for each in told_once(ended.mutations):
            self._screen.line(line_of(each, self._entities), "good")
        if ended.status == "cancelled":
            self._screen.line("(cancelled)", "dim")
        elif ended.status != "completed":
            why = ended.error_message or "The assistant could not finish this."
            self._screen.line(harmless(why), "bad")

    def interrupted(self) -> None:
        """It goes on no more, or not now: whatever follows begins on a line of its own."""
        self._close_line()

    def _component(self, lines: list[str]) -> None:
        if lines:
            self._screen.write(self._markdown.feed(self._held_ends))
            self._held_ends = ""
        self._components += lines

    def _prose(self, text: str) -> None:
        whole = self._held_ends + text
        text = whole.rstrip("\n")
        ends = whole[len(text) :]
        while self._components and "\n" in text:
            line, _, text = text.partition("\n")
            self._screen.write(self._markdown.feed(line))
            self._close_line()
        self._screen.write(self._markdown.feed(text))
        self._held_ends = ends

    def _close_line(self) -> None:
        self._held_ends = ""
        self._screen.write(self._markdown.finish())
        self._screen.fresh()
        for line in self._components:
            self._screen.line(line)
        self._components.clear()


def told_once(mutations: tuple[Mutation, ...]) -> list[Mutation]:
    """Several changes of one kind to one row are one line."""
    return list({(each.action, each.table, each.id): each for each in mutations}.values())
