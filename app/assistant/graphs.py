"""The two supervisors and their sub-agents as LangGraph graphs: built once in a process and shared by all users.

Nothing of a user is in them; it travels in the run's `TurnContext`.
"""

from collections.abc import Sequence
from typing import Any, Literal, get_args

from deepagents import FilesystemMiddleware, SubAgent, create_deep_agent
from deepagents.profiles import GeneralPurposeSubagentProfile, HarnessProfile, register_harness_profile
from langchain_core.language_models import BaseChatModel, LangSmithParams
from langchain_core.outputs import ChatResult
from langchain_core.utils.function_calling import convert_to_openai_tool
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Checkpointer

from app.assistant.context import TurnContext
from app.assistant.model_calls import ModelCalls
from app.assistant.prompts import prompt
from app.assistant.subagents import SUBAGENTS
from app.assistant.supervisor_calls import DELEGATE, SupervisorCalls
from app.assistant.tool_calls import ToolCalls
from app.assistant.tools.declared import SubAgentSpec
from app.assistant.tools.memory import MEMORY_TOOLS
from app.assistant.untraced import turn_tracing_off
from app.llm.port import ToolSchema
from app.memory.by_model.prompts import PROMPTS as MEMORY_PROMPTS
from app.memory.by_model.prompts import prompt as memory_prompt

Kind = Literal["home", "floating"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Graph = CompiledStateGraph[Any, TurnContext, Any, Any]
RECURSION_LIMIT = 1000  # never reached: the meter ends a turn long before; LangGraph counts several steps to a call
_PROVIDER = "adiuva"


class _PortedModel(BaseChatModel):
    """Stands where LangChain wants a model. `ModelCalls` asks the turn's own one, so this is never asked."""

    @property
    def _llm_type(self) -> str:
        return _PROVIDER

    def _get_ls_params(self, *_args: object, **_kwargs: object) -> LangSmithParams:
        return LangSmithParams(ls_provider=_PROVIDER, ls_model_type="chat")

    def _generate(self, *_args: object, **_kwargs: object) -> ChatResult:
        raise RuntimeError("models are asked by app.assistant.model_calls")


# The file tools of deepagents, its general sub-agent and its summaries have no work here, and cost 2,600 tokens a call.
register_harness_profile(
    _PROVIDER,
    HarnessProfile(
        excluded_tools=frozenset({"ls", "read_file", "write_file", "edit_file", "delete", "glob", "grep", "execute"}),
        general_purpose_subagent=GeneralPurposeSubagentProfile(enabled=False),
        excluded_middleware=frozenset({"SummarizationMiddleware", "PatchToolCallsMiddleware"}),
    ),
)


def supervisor(kind: Kind, checkpointer: Checkpointer, subagents: Sequence[SubAgentSpec] = SUBAGENTS) -> Graph:
    """Build it once: it costs some 100 ms."""
    turn_tracing_off()
    last = prompt("last_answer")
    graph: Graph = create_deep_agent(
        model=_PortedModel(),
        tools=[tool.tool for tool in MEMORY_TOOLS],
        system_prompt=prompt(kind),
        middleware=[
            _no_files(),
            ModelCalls(prompt(kind), last, supervisor_schemas(subagents), speaks=True),
            SupervisorCalls(kind, MEMORY_TOOLS, subagents),
        ],
        subagents=[_subagent(spec, last) for spec in subagents],
        context_schema=TurnContext,
        checkpointer=checkpointer,
        name=kind,
    )
    return graph


def _no_files() -> Any:
    """In the place of deepagents' own, which moves long results to files and tells the model to read those."""
    return FilesystemMiddleware(tool_token_limit_before_evict=None, human_message_token_limit_before_evict=None)


def _subagent(spec: SubAgentSpec, last: str) -> SubAgent:
    schemas = [convert_to_openai_tool(tool.tool) for tool in spec.tools]
    middleware: Any = [
        _no_files(),
        ModelCalls(spec.prompt, last, schemas, speaks=False),
        ToolCalls(spec.name, spec.tools),
    ]
    return SubAgent(
        name=spec.name,
        description=spec.description,
        system_prompt=spec.prompt,
        tools=[tool.tool for tool in spec.tools],
        middleware=middleware,
    )


def supervisor_schemas(subagents: Sequence[SubAgentSpec]) -> list[ToolSchema]:
    return [delegation(subagents), *(convert_to_openai_tool(tool.tool) for tool in MEMORY_TOOLS)]


def delegation(subagents: Sequence[SubAgentSpec]) -> ToolSchema:
    """The tool that deepagents gives a supervisor, in fewer words."""
    agents = "\n".join(f"- {spec.name}: {spec.description}" for spec in subagents)
    return {
        "type": "function",
        "function": {
            "name": DELEGATE,
            "description": "Hand a piece of work to one agent. It sees nothing but the description. Independent pieces "
            f"can be handed out in one go.\n{agents}",
            "parameters": {
                "type": "object",
                "properties": {
                    "description": {
                        "type": "string",
                        "description": "What to do, with every id, date and name it needs.",
                    },
                    "subagent_type": {"type": "string", "enum": [spec.name for spec in subagents]},
                },
                "required": ["description", "subagent_type"],
            },
        },
    }


def private_texts(subagents: Sequence[SubAgentSpec] = SUBAGENTS) -> list[str]:
    """Everything we tell models, for the sanitizer: none of it belongs in an answer."""
    texts = [prompt("title"), *map(memory_prompt, MEMORY_PROMPTS)]
    texts += [f"{prompt(kind)}\n\n{prompt('last_answer')}" for kind in KINDS]
    texts += _descriptions(supervisor_schemas(subagents))
    for spec in subagents:
        texts += [spec.prompt, spec.description]
        for tool in spec.tools:
            texts += _descriptions(convert_to_openai_tool(tool.tool))
    return texts


def _descriptions(schema: Any) -> list[str]:
    """All that is said in a schema. Its bare structure is that of many others, and may stand in an answer."""
    if isinstance(schema, list):
        return [text for each in schema for text in _descriptions(each)]
    if not isinstance(schema, dict):
        return []
    own = [schema["description"]] if isinstance(schema.get("description"), str) else []
    return own + [text for each in schema.values() for text in _descriptions(each)]


def private_names(subagents: Sequence[SubAgentSpec] = SUBAGENTS) -> list[str]:
    return [*(spec.name for spec in subagents), "subagent_type"]
