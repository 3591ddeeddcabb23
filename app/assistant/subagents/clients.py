from app.assistant.prompts import prompt
from app.assistant.tools.clients import CLIENT_TOOLS
from app.assistant.tools.declared import SubAgentSpec

CLIENT_AGENT = SubAgentSpec(
    name="client_agent",
    domain="clients",
    label="Working on your clients",
    description="Clients: list, read, create, change, delete.",
    prompt=prompt("clients"),
    tools=CLIENT_TOOLS,
)
