from app.assistant.prompts import prompt
from app.assistant.tools.declared import SubAgentSpec
from app.assistant.tools.notes import NOTE_TOOLS

NOTE_AGENT = SubAgentSpec(
    name="note_agent",
    domain="notes",
    label="Working on your notes",
    description="Notes in Markdown: find by meaning, read, write, change, delete.",
    prompt=prompt("notes"),
    tools=NOTE_TOOLS,
)
