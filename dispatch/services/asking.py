"""Asking by itself: customers whose engineer cannot come, when nobody else can keep what they confirmed."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef

from accounts.enums import Permission
from core.errors import Refusal
from dispatch import letters, queries
from dispatch.enums import ConsentCause, LockLevel
from dispatch.models import ConsentRequest, Visit
from dispatch.queries.windows import best_between
from dispatch.rules import MOVABLE
from dispatch.services.consents import ask_consent
from dispatch.services.planners import tell_planners
from tenants.actors import Actor
from workforce.models import Absence

A_MINUTE = timedelta(minutes=1)


@transaction.atomic
def ask_where_absent(*, engineer_id: int, actor: Actor, at: datetime) -> list[ConsentRequest]:
    """Ask the customers of an engineer's confirmed visits that lie in an absence, as far ahead as the policy says.

    Not where somebody else could come in the window that was confirmed: that needs no consent, and is left to
    the dispatcher or a planning run. Each visit at a time is asked about once; where it cannot be, those who plan
    are told. Returns the questions.
    """
    actor.require(Permission.VISIT_PLAN)
    days = queries.policy_in_force().limit("consent_days")
    if not days:
        return []
    asked = [_ask(visit, actor, at) for visit in _touched(engineer_id, at, at + timedelta(days=days))]
    return [consent for consent in asked if consent is not None]


def _touched(engineer_id: int, at: datetime, until: datetime) -> list[Visit]:
    absences = Absence.objects.filter(
        engineer_id=engineer_id, start_at__lt=OuterRef("end_at"), end_at__gt=OuterRef("start_at")
    )
    before = ConsentRequest.objects.filter(
        visit=OuterRef("pk"), cause=ConsentCause.ABSENCE, from_start_at=OuterRef("start_at")
    ).filter(from_engineer=OuterRef("engineer"))
    found = queries.visits().filter(
        engineer_id=engineer_id,
        status__in=MOVABLE,
        lock_level__in=[LockLevel.CONFIRMED, LockLevel.COMMITTED],
        start_at__gt=at,
        start_at__lt=until,
    )
    return list(found.filter(Exists(absences), ~Exists(before)).order_by("start_at", "id"))


def _ask(visit: Visit, actor: Actor, at: datetime) -> ConsentRequest | None:
    held = queries.appointment_of(visit)
    is_committed = visit.lock_level == LockLevel.COMMITTED
    closes = max(held.closes, held.opens + A_MINUTE)
    if not is_committed and closes > at and best_between(visit, held.opens, closes, max(at, held.opens)):
        return None
    if queries.open_consent_of(visit.pk):
        return None
    try:
        with transaction.atomic():
            return ask_consent(visit_id=visit.pk, cause=ConsentCause.ABSENCE, actor=actor, at=at)
    except Refusal as problem:
        tell_planners(
            visit.work_order,
            letters.CONSENT_IMPOSSIBLE,
            {"reason": problem.message},
            key=f"{letters.CONSENT_IMPOSSIBLE}:{visit.pk}:{visit.version}",
            actor=actor,
            at=at,
        )
        return None
