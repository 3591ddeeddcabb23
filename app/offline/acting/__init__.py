"""The sub-agents' side: wishes carried out with tools."""

from app.offline.acting.carry_out import carry_out

__all__ = ["carry_out"]
