"""Instant dispatch: every engineer judged at once, with numpy, by the rules of the evaluator."""

from dispatch.instant.answers import rank
from dispatch.instant.engine import Question, World

__all__ = ["Question", "World", "rank"]
