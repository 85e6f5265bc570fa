"""Instant dispatch: every engineer judged at once, with numpy, by the rules of the evaluator."""

from dispatch.instant.answers import rank
from dispatch.instant.slots import Slot, slots
from dispatch.instant.world import Question, World

__all__ = ["Question", "Slot", "World", "rank", "slots"]
