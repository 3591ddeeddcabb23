"""Everything that belongs to one turn of one user: the run context of the graphs, which are shared by all users.

Tools and middleware take what they need from here and nowhere else.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from app.assistant.about import marked
from app.assistant.approvals.policy import Decision, Policy
from app.assistant.budget import ModelCallBudget
from app.assistant.desk import Desk, Noted
from app.assistant.meter import Meter
from app.assistant.permissions import AgentName, WriteAction
from app.assistant.remembering import TurnMemory
from app.assistant.shaping.sanitizer import Sanitizer
from app.assistant.voice import Voice
from app.devices.tables import DeviceTables
from app.llm.port import ChatModel, Embedder


@dataclass(frozen=True, kw_only=True)
class TurnContext:
    now: datetime  # in the user's time zone
    zone: ZoneInfo
    model: ChatModel
    embedder: Embedder
    tables: DeviceTables
    voice: Voice
    words: str  # the user's
    sanitizer: Sanitizer
    budget: ModelCallBudget
    policy: Policy
    meter: Meter
    noted: Noted
    memory: TurnMemory
    mark: str  # of the blocks that hold data; not to be guessed by what stands in them
    about: str  # what every agent is told: when it is, what the user looks at
    can_be_asked: Callable[[], bool]  # is anybody there who could approve something?
    decisions: Mapping[str, Decision] = field(default_factory=dict)  # by tool call, when the turn goes on after a wait
    grants: dict[str, tuple[AgentName, WriteAction | None]] = field(default_factory=dict)  # by tool call
    started: set[str] = field(default_factory=set)  # tool calls that have been shown
    unreadable: set[str] = field(default_factory=set)  # tool calls whose arguments are not JSON

    def desk(self, tool_call_id: str | None) -> Desk:
        """The device, for the tool call that is being carried out."""
        agent, granted = self.grants[tool_call_id or ""]
        return Desk(self.tables, agent, granted, self.noted)

    def started_once(self, tool_call_id: str) -> bool:
        """Is this the first time? A call that waited for an approval begins again."""
        is_new = tool_call_id not in self.started
        self.started.add(tool_call_id)
        return is_new

    def outside_rows(self, kind: str, listing: str) -> str:
        """A listing whose rows hold words of others: the count as it stands, the rows in a marked block."""
        count, _, rows = listing.partition("\n")
        return f"{count}\n{self.outside_text(kind, rows)}" if rows else count

    def outside_text(self, kind: str, text: str) -> str:
        """Text that others than the user may have written, in a marked block: data, never instruction."""
        self.noted.has_read_outside_text = True
        return self.block(kind, text)

    def block(self, kind: str, text: str) -> str:
        return marked(kind, text, self.mark)
