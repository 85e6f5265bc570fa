"""Auto-dispatch rules: made, changed with their versions kept, switched, put in order."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, time
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import Permission
from core.errors import BadInput, NotFound
from customers.enums import CustomerTier
from dispatch import expressions, queries, reasons
from dispatch.enums import RuleEvent, Strategy
from dispatch.expressions import WrongExpression
from dispatch.models import DispatchRule, DispatchRuleVersion
from dispatch.services.catalogue import apply, save_checked
from dispatch.services.timers import arm_rule
from journal import services as journal
from tenants.actors import Actor
from tickets import queries as tickets
from tickets.enums import SlaKpi
from workforce.models import Engineer, Provider

FIELDS = (
    "name",
    "position",
    "event",
    "event_facts",
    "conditions",
    "expression",
    "strategy",
    "steps",
    "horizon_days",
    "sends_at_once",
    "is_enabled",
)
CONTENT = tuple(name for name in FIELDS if name not in ("position", "is_enabled"))
"""What makes a version: the order and the switch are none."""

CONDITIONS = ("work_types", "areas", "max_priority", "tiers", "topics")
STEP_KEYS = frozenset({"strategy", "accept_minutes", "calendar", "provider", "engineers"})
MOST_STEPS = 6
LONGEST_WAIT = 10_080
MOST_DAYS = 14


@transaction.atomic
def create_rule(*, name: str, actor: Actor, at: datetime, **facts: Any) -> DispatchRule:
    """Add an auto-dispatch rule. `facts`: position, event, event_facts, conditions, expression, strategy,
    steps, horizon_days, sends_at_once, is_enabled; see `DispatchRule`. Raises `BadInput` naming the field."""
    actor.require(Permission.RULE_EDIT)
    rule = DispatchRule(name=name)
    apply(rule, facts, FIELDS)
    check_rule(rule)
    save_checked(rule)
    _keep_version(rule, actor, at)
    arm_rule(rule, at)
    journal.record(actor=actor, verb="created", thing=rule, at=at, changes={"conditions": rule.conditions})
    return rule


@transaction.atomic
def update_rule(*, rule_id: int, actor: Actor, at: datetime, **changes: Any) -> DispatchRule:
    """Change a rule. Its version grows, and every run says which version it was."""
    rule = queries.rule_for_update(rule_id)
    actor.require(Permission.RULE_EDIT, rule)
    told = apply(rule, changes, FIELDS)
    if not told:
        return rule
    check_rule(rule)
    if set(told) & set(CONTENT):
        rule.version += 1
        save_checked(rule)
        _keep_version(rule, actor, at)
    else:
        save_checked(rule)
    arm_rule(rule, at)
    journal.record(actor=actor, verb="changed", thing=rule, at=at, changes=told)
    return rule


def set_rule_enabled(*, rule_id: int, is_enabled: bool, actor: Actor, at: datetime) -> DispatchRule:
    """Switch a rule on or off."""
    return update_rule(rule_id=rule_id, actor=actor, at=at, is_enabled=is_enabled)


@transaction.atomic
def move_rule(*, rule_id: int, by: int, actor: Actor, at: datetime) -> DispatchRule:
    """Let a rule be tried earlier (`by` -1) or later (1) than its neighbour; at the end nothing changes."""
    actor.require(Permission.RULE_EDIT)
    rules = list(queries.dispatch_rules().select_for_update(no_key=True))
    place = next((index for index, rule in enumerate(rules) if rule.pk == rule_id), None)
    if place is None:
        raise NotFound(_("Rule %(id)s: not found.") % {"id": rule_id})
    rule = rules.pop(place)
    wanted = min(max(place + by, 0), len(rules))
    rules.insert(wanted, rule)
    for number, other in enumerate(rules, start=1):
        if other.position != number:
            other.position = number
            other.save(update_fields=["position"])
    if wanted != place:
        changes = {"position": [place + 1, wanted + 1]}
        journal.record(actor=actor, verb="changed", thing=rule, at=at, changes=changes)
    return rule


def check_rule(rule: DispatchRule) -> None:
    """Raise `BadInput` that names the field and the place unless the rule can be kept."""
    _check_event(rule)
    _check_conditions(rule.conditions)
    try:
        expressions.check(rule.expression)
    except WrongExpression as problem:
        raise _bad("expression", reasons.wrong_expression(problem)) from problem
    if not 1 <= rule.horizon_days <= MOST_DAYS:
        raise _bad("horizon_days", _("Rules look 1 to %(most)s days ahead.") % {"most": MOST_DAYS})
    _check_steps(rule)


def _check_event(rule: DispatchRule) -> None:
    facts = rule.event_facts
    if rule.event == RuleEvent.SLA_SHARE:
        _check_number(facts.get("percent"), 1, 200, "percent", _("Give a share from 1 to 200 per cent."))
        if facts.get("kpi") and facts["kpi"] not in SlaKpi.values:
            raise _bad("kpi", _("There is no such clock. Use one of %(known)s.") % {"known": _all(SlaKpi)})
    elif rule.event == RuleEvent.ENGINEER_LATE:
        _check_number(facts.get("minutes"), 1, 1440, "minutes", _("Give 1 to 1440 minutes."))
    elif rule.event == RuleEvent.SCHEDULE:
        try:
            time.fromisoformat(str(facts.get("time")))
        except ValueError as problem:
            raise _bad("time", _("Give the time as 06:00.")) from problem
        if not set(facts.get("weekdays") or ()) <= set(range(7)):
            raise _bad("weekdays", _("Weekdays are 0 (Monday) to 6."))


def _check_conditions(conditions: Mapping[str, Any]) -> None:
    unknown = sorted(set(conditions) - set(CONDITIONS))
    if unknown:
        text = _("%(name)s is not a condition. Use one of %(known)s.")
        raise _bad("conditions", text % {"name": unknown[0], "known": ", ".join(CONDITIONS)})
    known = set(queries.work_types().values_list("code", flat=True))
    if missing := sorted(set(conditions.get("work_types") or ()) - known):
        raise _bad("conditions", _("There is no work type %(code)s here.") % {"code": missing[0]})
    topics = set(tickets.topics().values_list("code", flat=True))
    if missing := sorted(set(conditions.get("topics") or ()) - topics):
        raise _bad("conditions", _("There is no topic %(code)s here.") % {"code": missing[0]})
    if missing := sorted(set(conditions.get("tiers") or ()) - set(CustomerTier.values)):
        raise _bad("conditions", _("There is no tier %(code)s.") % {"code": missing[0]})
    most = conditions.get("max_priority")
    if most is not None and most not in (1, 2, 3, 4):
        raise _bad("conditions", _("A priority is from 1 to 4."))


def _check_steps(rule: DispatchRule) -> None:
    """Steps fit the event, name what is here, and the first is the rule's strategy."""
    steps: Sequence[Mapping[str, Any]] = rule.steps
    if len(steps) > MOST_STEPS:
        raise _bad("steps", _("A rule has at most %(most)s steps.") % {"most": MOST_STEPS})
    sends = rule.event == RuleEvent.VISIT_ENDED
    if sends:
        rule.strategy, rule.steps = Strategy.SEND_NEXT, []
        return
    if steps:
        rule.strategy = steps[0]["strategy"]
    for number, step in enumerate(steps or [{"strategy": rule.strategy}], start=1):
        _check_step(step, number)


def _check_step(step: Mapping[str, Any], number: int) -> None:
    strategy = step.get("strategy")
    if strategy not in Strategy.values or strategy == Strategy.SEND_NEXT or not set(step) <= STEP_KEYS:
        raise _bad("steps", _("Step %(number)s: choose how.") % {"number": number})
    if minutes := step.get("accept_minutes"):
        text = _("Step %(number)s: give 1 to %(most)s minutes.") % {"number": number, "most": LONGEST_WAIT}
        _check_number(minutes, 1, LONGEST_WAIT, "steps", text)
    if strategy == Strategy.OFFER_PROVIDER:
        _check_here(Provider, [step.get("provider") or 0], number, _("a provider"))
    if engineers := step.get("engineers"):
        _check_here(Engineer, engineers, number, _("engineers"))
    if calendar := step.get("calendar"):
        tickets.get_calendar(calendar)


def _check_here(model: type[Provider | Engineer], ids: Collection[int], number: int, what: str) -> None:
    if model.objects.filter(pk__in=ids, is_active=True).count() != len(set(ids)):
        text = _("Step %(number)s: choose %(what)s that are here and active.")
        raise _bad("steps", text % {"number": number, "what": what})


def _check_number(value: Any, least: int, most: int, field: str, text: str) -> None:
    if not isinstance(value, int) or not least <= value <= most:
        raise _bad(field, text)


def _bad(field: str, text: str) -> BadInput:
    return BadInput(text, errors={field: [text]})


def _all(choices: Any) -> str:
    return ", ".join(choices.values)


def _keep_version(rule: DispatchRule, actor: Actor, at: datetime) -> None:
    content = {name: getattr(rule, name) for name in CONTENT}
    DispatchRuleVersion.objects.create(
        rule=rule, version=rule.version, content=content, actor_label=actor.label[:200], at=at
    )
