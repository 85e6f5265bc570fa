"""What a tenant promises, and the labels of its tickets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import Permission
from core.errors import BadInput
from core.validation import check_fields
from journal import services as journal
from tenants.actors import Actor
from tickets import queries, rules
from tickets.enums import OnReopen, Priority, SegmentReason, SlaEvent, SlaKpi, WaitingFor
from tickets.models import BusinessCalendar, SlaItem, SlaPolicy, Topic
from tickets.services.calendars import create_calendar
from tickets.services.replays import replay_clocks

ATTACHMENTS = ("kind", "contract_id", "work_type_code", "priority", "tier")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """One promise to publish. Without `starts_on` and `met_when` the KPI's own hold; without `code` its name.

    `pauses_on` None means as usual: a resolution waits with the customer, nothing else pauses.
    """

    kpi: str
    target_minutes: int
    code: str = ""
    name: str = ""
    starts_on: str = ""
    met_when: str = ""
    applies_when: Sequence[Mapping[str, Any]] = ()
    warn_percent: int = 70
    calendar_id: int | None = None
    pauses_on: Sequence[str] | None = None
    on_reopen: str = OnReopen.CONTINUE


@transaction.atomic
def create_topic(
    *, code: str, name: str, actor: Actor, at: datetime, default_priority: int = Priority.P3
) -> Topic:
    """Add a label for what tickets are about; the same code again is the same topic."""
    actor.require(Permission.TENANT_MANAGE)
    topic, created = Topic.objects.get_or_create(
        code=code, defaults={"name": name, "default_priority": default_priority}
    )
    if created:
        check_fields(topic)
        journal.record(actor=actor, verb="created", thing=topic, at=at)
    return topic


@transaction.atomic
def create_policy(
    *,
    name: str,
    actor: Actor,
    at: datetime,
    priority: int | None = None,
    tier: str = "",
    kind: str = "",
    contract_id: int | None = None,
    work_type_code: str = "",
    calendar: dict[str, Any] | None = None,
    calendar_id: int | None = None,
    first_response_minutes: int | None = None,
    next_response_minutes: int | None = None,
    arrival_minutes: int | None = None,
    resolution_minutes: int | None = None,
    warn_percent: int = 70,
    items: Sequence[NewItem] = (),
) -> SlaPolicy:
    """Promise something to the tickets that fit everything named. Minutes are business minutes.

    The minutes are the short form of `items`. `calendar` gives hours as in `core.calendars` and is the short
    form of `calendar_id`: calendars of the same hours are one. Neither is around the clock.
    """
    actor.require(Permission.TENANT_MANAGE)
    if calendar:
        calendar_id = _calendar_of(calendar, actor, at).pk
    minutes = {
        SlaKpi.FIRST_RESPONSE: first_response_minutes,
        SlaKpi.NEXT_RESPONSE: next_response_minutes,
        SlaKpi.ARRIVAL: arrival_minutes,
        SlaKpi.RESOLUTION: resolution_minutes,
    }
    short = [
        NewItem(kpi=kpi, target_minutes=target, warn_percent=warn_percent, calendar_id=calendar_id)
        for kpi, target in minutes.items()
        if target is not None
    ]
    policy = SlaPolicy(
        name=name,
        kind=kind,
        contract_id=contract_id,
        work_type_code=work_type_code,
        priority=priority,
        tier=tier,
    )
    check_fields(policy)
    policy.save(force_insert=True)
    _publish(policy, [*short, *items])
    journal.record(actor=actor, verb="created", thing=policy, at=at)
    replay_clocks(reason=SegmentReason.PUBLISHED, actor=actor, at=at)
    return policy


@transaction.atomic
def publish_policy(
    *, policy_id: int, items: Sequence[NewItem], actor: Actor, at: datetime, **changes: Any
) -> SlaPolicy:
    """Put a new version of a policy in force. Running clocks are replayed under it; a pause stays a pause.

    `changes` may hold the name, is_active, and what the policy is for: see ATTACHMENTS.
    """
    policy = queries.policy_for_update(policy_id)
    actor.require(Permission.TENANT_MANAGE, policy)
    if unknown := sorted(set(changes) - {"name", "is_active", *ATTACHMENTS}):
        raise TypeError(f"A policy has no {', '.join(unknown)}.")
    told = {name: [getattr(policy, name), value] for name, value in changes.items()}
    for name, value in changes.items():
        setattr(policy, name, value)
    policy.version += 1
    check_fields(policy)
    policy.save()
    _publish(policy, items)
    changed: dict[str, Any] = {name: pair for name, pair in told.items() if pair[0] != pair[1]}
    changed["version"] = policy.version
    journal.record(actor=actor, verb="published", thing=policy, at=at, changes=changed)
    replay_clocks(reason=SegmentReason.PUBLISHED, actor=actor, at=at)
    return policy


@transaction.atomic
def switch_policy(*, policy_id: int, is_active: bool, actor: Actor, at: datetime) -> SlaPolicy:
    """Let a policy hold or no longer hold; running clocks follow the next one that fits."""
    policy = queries.policy_for_update(policy_id)
    actor.require(Permission.TENANT_MANAGE, policy)
    if policy.is_active != is_active:
        policy.is_active = is_active
        policy.save(update_fields=["is_active"])
        journal.record(
            actor=actor,
            verb="switched",
            thing=policy,
            at=at,
            changes={"is_active": [not is_active, is_active]},
        )
        replay_clocks(reason=SegmentReason.PUBLISHED, actor=actor, at=at)
    return policy


def _publish(policy: SlaPolicy, items: Sequence[NewItem]) -> None:
    rows = [_item(policy, position, item) for position, item in enumerate(items)]
    for row in rows:
        check_fields(row)
    SlaItem.objects.bulk_create(rows)


def _item(policy: SlaPolicy, position: int, item: NewItem) -> SlaItem:
    kpi = SlaKpi(item.kpi)
    starts_on, met_when = rules.MEASURES.get(kpi, (item.starts_on, item.met_when))
    _check_item(item, starts_on, met_when)
    usual = [WaitingFor.CUSTOMER.value] if kpi == SlaKpi.RESOLUTION else []
    return SlaItem(
        policy=policy,
        version=policy.version,
        position=position,
        code=item.code or kpi.value,
        name=item.name,
        kpi=kpi,
        starts_on=item.starts_on or starts_on,
        met_when=item.met_when or met_when,
        applies_when=[dict(one) for one in item.applies_when],
        target_minutes=item.target_minutes,
        warn_percent=item.warn_percent,
        calendar_id=item.calendar_id,
        pauses_on=usual if item.pauses_on is None else list(item.pauses_on),
        on_reopen=item.on_reopen,
    )


def _check_item(item: NewItem, starts_on: str, met_when: str) -> None:
    if not starts_on or not met_when or starts_on == met_when:
        _refuse("met_when", _("Say from which event until which other one it counts."))
    if item.kpi == SlaKpi.OTHER and not (item.code and item.name):
        _refuse("name", _("Give what is measured between two events a name."))
    if unknown := sorted(set(item.pauses_on or ()) - set(WaitingFor.values)):
        _refuse("pauses_on", _("A ticket cannot wait for “%(what)s”.") % {"what": ", ".join(unknown)})
    for one in item.applies_when:
        if one.get("field") not in rules.CONDITION_FIELDS or not isinstance(one.get("any_of"), list):
            _refuse(
                "applies_when",
                _("A condition names one of %(fields)s and the values that fit.")
                % {"fields": ", ".join(rules.CONDITION_FIELDS)},
            )
    if item.starts_on and item.starts_on not in SlaEvent.values:
        _refuse("starts_on", _("Not one of the choices."))


def _refuse(field: str, why: str) -> None:
    raise BadInput(_("The policy cannot be used: %(why)s") % {"why": why}, errors={field: [why]})


def _calendar_of(hours: dict[str, Any], actor: Actor, at: datetime) -> BusinessCalendar:
    """The calendar of these hours, made when there is none yet."""
    own = dict(hours.get("days") or {})
    own |= {day: [] for day in hours.get("holidays") or () if day not in own}
    own_days = [{"on": day, "name": "", "open": own[day]} for day in sorted(own)]
    weekly = {day: rows for day, rows in hours.items() if day not in ("days", "holidays")}
    found = queries.find_calendar_with(weekly, own_days)
    if found is not None:
        return found
    count = queries.calendars().count() + 1
    name = _("Business hours") if count == 1 else _("Business hours %(number)s") % {"number": count}
    return create_calendar(name=name, weekly=weekly, own_days=own_days, actor=actor, at=at)
