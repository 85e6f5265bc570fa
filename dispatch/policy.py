"""What a tenant's planning blocks, asks about, allows and prefers: pure values with the product's own as
default.

A verdict is about planning by hand. Searching for a time always keeps to working time, windows, absences and
travel; of the rest, what is blocked hinders, what needs a reason is told, what is allowed is passed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from dispatch.travel import ESTIMATE, Roads

BLOCK: Final = "block"
CONFIRM: Final = "confirm"
ALLOW: Final = "allow"
CHOICES = (BLOCK, CONFIRM, ALLOW)

INACTIVE: Final = "inactive"
SKILL: Final = "skill"
CERTIFICATE: Final = "certificate"
TERRITORY: Final = "territory"
SHIFT: Final = "shift"
ABSENCE: Final = "absence"
BREAK: Final = "break"
OVERLAP: Final = "overlap"
WINDOW: Final = "window"
VISITING_HOURS: Final = "visiting_hours"
PARTS: Final = "parts"
TRAVEL: Final = "travel"
MAX_TRAVEL: Final = "max_travel"
EXCLUDED: Final = "excluded"
PROVIDER_SCOPE: Final = "provider_scope"
CREW: Final = "crew"
DEPENDENCY: Final = "dependency"
OVERTIME: Final = "overtime"
OVERTIME_WEEK: Final = "overtime_week"
CAPACITY: Final = "capacity"

NEVER_BROKEN = frozenset({OVERLAP, INACTIVE})
"""Rules that every tenant blocks: nobody is at two places at once."""

VERDICTS: Mapping[str, str] = MappingProxyType(
    {
        INACTIVE: BLOCK,
        OVERLAP: BLOCK,
        ABSENCE: BLOCK,
        SKILL: BLOCK,
        CERTIFICATE: BLOCK,
        EXCLUDED: BLOCK,
        PROVIDER_SCOPE: BLOCK,
        CREW: BLOCK,
        OVERTIME_WEEK: BLOCK,
        SHIFT: CONFIRM,
        OVERTIME: CONFIRM,
        BREAK: CONFIRM,
        TERRITORY: CONFIRM,
        WINDOW: CONFIRM,
        VISITING_HOURS: CONFIRM,
        TRAVEL: CONFIRM,
        MAX_TRAVEL: CONFIRM,
        PARTS: CONFIRM,
        DEPENDENCY: CONFIRM,
        CAPACITY: CONFIRM,
    }
)

SLA_SLACK: Final = "sla_slack"
TRAVEL_TIME: Final = "travel"
PRIORITY: Final = "priority"
PREFERRED: Final = "preferred"
PREVIOUS_ENGINEER: Final = "previous_engineer"
EXACT_SKILL: Final = "exact_skill"
LOAD: Final = "load"
OVERTIME_COST: Final = "overtime"
COST: Final = "cost"

WEIGHTS: Mapping[str, int] = MappingProxyType(
    {
        SLA_SLACK: 60,
        TRAVEL_TIME: 50,
        PRIORITY: 40,
        PREFERRED: 40,
        PREVIOUS_ENGINEER: 25,
        EXACT_SKILL: 15,
        LOAD: 20,
        OVERTIME_COST: 30,
        COST: 10,
    }
)

LIMITS: Mapping[str, int] = MappingProxyType(
    {
        "max_travel_minutes": 0,
        "freeze_minutes": 60,
        "change_price_seconds": 1800,
        "consent_minutes": 240,
        "consent_days": 7,
    }
)
"""Whole numbers; `max_travel_minutes` 0 is no limit, `consent_days` 0 asks no customer by itself."""

LIMIT_RANGES: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "max_travel_minutes": (0, 1440),
        "freeze_minutes": (0, 10_080),
        "change_price_seconds": (0, 86_400),
        "consent_minutes": (15, 4_800),
        "consent_days": (0, 60),
    }
)


@dataclass(frozen=True, slots=True)
class Policy:
    """One version in force: version 0 is the product's own. Absent keys mean the product's values.

    `roads` is no part of the version: it is how long driving takes, the same for everybody who judges.
    """

    version: int = 0
    verdicts: Mapping[str, str] = field(default_factory=dict)
    weights: Mapping[str, int] = field(default_factory=dict)
    limits: Mapping[str, int] = field(default_factory=dict)
    roads: Roads = ESTIMATE

    @classmethod
    def default(cls) -> Policy:
        """The product's own policy."""
        return PRODUCT

    def verdict(self, code: str) -> str:
        """block, confirm or allow. Unknown codes block."""
        if code in NEVER_BROKEN:
            return BLOCK
        return self.verdicts.get(code) or VERDICTS.get(code, BLOCK)

    def allowing(self, *rules: str) -> Policy:
        """The policy with rules that may be broken without a word."""
        return replace(self, verdicts={**self.verdicts, **dict.fromkeys(rules, ALLOW)})

    @property
    def allows_anything(self) -> bool:
        """Whether any rule may be broken without a word."""
        return ALLOW in self.verdicts.values()

    def weight(self, code: str) -> int:
        """0 to 100."""
        return int(self.weights.get(code, WEIGHTS.get(code, 0)))

    def limit(self, code: str) -> int:
        """A whole number; see LIMITS."""
        return int(self.limits.get(code, LIMITS.get(code, 0)))


PRODUCT = Policy()
