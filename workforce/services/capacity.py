"""How much working time is kept free, and how much may be planned a day."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import Permission
from core.errors import BadInput
from journal import services as journal
from tenants.actors import Actor
from workforce import queries
from workforce.models import CapacityRule
from workforce.services.saving import change, save

CAPACITY_FIELDS = frozenset(
    {"territory_id", "skill_id", "weekday", "reserve_percent", "up_to_priority", "released_hours"}
    | {"max_minutes"}
)


@transaction.atomic
def create_capacity_rule(*, actor: Actor, at: datetime, **facts: Any) -> CapacityRule:
    """Keep time free or bound a day's plan.

    `facts`: territory_id, skill_id, weekday (each None: every one), reserve_percent, up_to_priority,
    released_hours, max_minutes (None: as much as the shifts hold). One rule for each territory, skill and
    weekday: raises Conflict for a second.
    """
    actor.require(Permission.WORKFORCE_EDIT)
    rule = CapacityRule(**{name: facts[name] for name in CAPACITY_FIELDS & facts.keys()})
    _check(rule.reserve_percent, rule.max_minutes)
    save(rule)
    journal.record(actor=actor, verb="created", thing=rule, at=at)
    return rule


@transaction.atomic
def update_capacity_rule(*, rule_id: int, actor: Actor, at: datetime, **changes: Any) -> CapacityRule:
    """Change a capacity rule."""
    rule = queries.capacity_rule_for_update(rule_id)
    actor.require(Permission.WORKFORCE_EDIT, rule)
    _check(changes.get("reserve_percent", rule.reserve_percent), changes.get("max_minutes", rule.max_minutes))
    change(rule, changes, CAPACITY_FIELDS, actor, at)
    return rule


@transaction.atomic
def remove_capacity_rule(*, rule_id: int, actor: Actor, at: datetime) -> None:
    """Take a capacity rule away; the next less specific one counts from then on."""
    rule = CapacityRule.objects.select_for_update().filter(pk=rule_id).first()
    actor.require(Permission.WORKFORCE_EDIT, rule)
    if rule is None:
        return
    journal.record(actor=actor, verb="removed", thing=rule, at=at)
    rule.delete()


def _check(reserve_percent: int, max_minutes: int | None) -> None:
    if reserve_percent > 100:
        text = _("At most 100 per cent can be kept free.")
        raise BadInput(text, errors={"reserve_percent": [text]})
    if not reserve_percent and max_minutes is None:
        text = _("The rule does nothing. Keep a share free, or bound the minutes of a day.")
        raise BadInput(text, errors={"reserve_percent": [text]})
