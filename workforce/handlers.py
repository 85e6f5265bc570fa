"""What the workforce tells people; it reacts to nothing."""

from __future__ import annotations

from notices.registry import name_kinds
from workforce.letters import KINDS

name_kinds(KINDS)
