"""How much a turn has done so far, counted over its supervisor and sub-agents together."""

from dataclasses import dataclass

from app.llm.port import ModelUsage

MODEL_CALLS = 25
TOOL_CALLS = 40


@dataclass
class Meter:
    """Past either limit, one last answer is written from what is there."""

    model_calls: int = 0
    tool_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    paid_input_tokens: int = 0  # those that count against the month's budget
    paid_output_tokens: int = 0
    most_model_calls: int = MODEL_CALLS
    most_tool_calls: int = TOOL_CALLS
    ids: int = 0

    @property
    def is_used_up(self) -> bool:
        return self.model_calls >= self.most_model_calls or self.tool_calls >= self.most_tool_calls

    def count_model_call(self) -> None:
        self.model_calls += 1

    def take_tool_call(self) -> bool:
        """Count a tool call; False when there are no more to make."""
        if self.tool_calls >= self.most_tool_calls:
            return False
        self.tool_calls += 1
        return True

    def add(self, usage: ModelUsage, *, is_free: bool) -> None:
        self.input_tokens += usage.input_tokens
        self.output_tokens += usage.output_tokens
        if not is_free:
            self.paid_input_tokens += usage.input_tokens
            self.paid_output_tokens += usage.output_tokens

    def next_id(self) -> str:
        """For a tool call: models number theirs by themselves, and two agents may choose the same."""
        self.ids += 1
        return f"call_{self.ids}"
