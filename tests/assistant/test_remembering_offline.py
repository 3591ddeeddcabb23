"""Without a language model: what the user wants remembered is remembered, told and forgotten, over a real socket."""

from pathlib import Path

from app.config import Settings
from tests.assistant.talking import desktop
from tests.devices.live import live


async def test_the_offline_model_remembers_across_threads_and_forgets(settings: Settings, tmp_path: Path) -> None:
    async with live(settings) as service, desktop(service, tmp_path / "ada") as ada:
        kept = await ada.ask("Remember that I prefer short answers")
        known = await ada.ask("What do you know about me?")
        await ada.ask("Forget that I prefer short answers")
        after = await ada.ask("What do you know about me?")

    assert kept.text == "I'll remember: answers: short."
    assert "- answers: short" in known.text
    assert "- answers: short" not in after.text
