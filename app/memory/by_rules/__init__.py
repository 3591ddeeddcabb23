"""Remembering without a model: facts, summaries and patterns by rules, in English."""

from app.memory.by_rules.extracting import RuleExtractor
from app.memory.by_rules.reflecting import RuleReflector
from app.memory.by_rules.summing_up import RuleSummarizer

__all__ = ["RuleExtractor", "RuleReflector", "RuleSummarizer"]
