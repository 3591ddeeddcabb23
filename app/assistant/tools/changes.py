"""The columns a write sets, gathered from a tool's arguments: what was not given is left as it is."""

from app.assistant.tools import arguments
from app.assistant.tools.arguments import CLEAR_DATE, NOT_GIVEN, WrongArgument, is_cleared
from app.devices.tables import Row


class Columns:
    """Each method sets one column, unless its argument was not given. Raises `WrongArgument` for a wrong one."""

    def __init__(self) -> None:
        self.values: Row = {}

    def text(self, column: str, value: str, *, may_clear: bool = False) -> "Columns":
        if value:
            self.values[column] = None if may_clear and is_cleared(value) else value
        return self

    def named(self, column: str, value: str) -> "Columns":
        """A title or name: it may be left out, but not blank."""
        if value:
            self.values[column] = arguments.needed(column, value)
        return self

    def choice(self, column: str, value: str, choices: tuple[str, ...]) -> "Columns":
        if value:
            self.values[column] = arguments.one_of(column, value, choices)
        return self

    def date(self, column: str, name: str, value: int) -> "Columns":
        if value != NOT_GIVEN:
            self.values[column] = None if value == CLEAR_DATE else arguments.moment(name, value)
        return self

    def flag(self, column: str, name: str, value: int) -> "Columns":
        if value != NOT_GIVEN:
            self.values[column] = arguments.flag(name, value)
        return self

    def assignees(self, value: str) -> "Columns":
        if value:
            self.values["assignee"] = None if is_cleared(value) else arguments.names("assignees", value)
        return self

    def for_insert(self) -> Row:
        """A new row has nothing to clear: what would be emptied is left out."""
        return {column: value for column, value in self.values.items() if value is not None}

    def for_update(self) -> Row:
        if not self.values:
            raise WrongArgument("nothing to update: give at least one field to change.")
        return self.values
