"""Questions to customers as rows: made, closed, with the timers that end them and word to who asked.

Who may ask and what an answer does is decided in `consents`.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import ClassVar

from django.utils import timezone
from django.utils.translation import gettext as _

from core import formats
from core.errors import Conflict
from core.transitions import check_transition
from dispatch import events, letters, queries
from dispatch.enums import ConsentStatus, TimerKind
from dispatch.evaluator import Verdict
from dispatch.models import ConsentRequest, DispatchTimer, Visit, WorkOrder
from dispatch.queries.consents import zone_of
from dispatch.rules import CONSENT_TRANSITIONS, Appointment
from dispatch.services.judging import judge
from dispatch.services.planners import tell_planners
from journal import services as journal
from tenants.actors import Actor

CHOICES = (ConsentStatus.AGREED, ConsentStatus.CHOSE_OTHER)


class NeedsConsent(Conflict):
    """The customer confirmed when somebody comes: they must agree first. `ask` is where the API asks them."""

    code: ClassVar[str] = "needs_consent"


def check_consent(visit: Visit, engineer_id: int, start_at: datetime) -> None:
    """Raise `NeedsConsent` when a visit would leave what its customer confirmed."""
    held = queries.appointment_of(visit)
    if not held.needs_consent(engineer_id, start_at):
        return
    open_one = queries.open_consent_of(visit.pk)
    way_out = (
        _("They were asked at %(time)s; wait for the answer, or call them.")
        % {"time": formats.local_datetime(open_one.asked_at)}
        if open_one
        else _("Ask the customer first.")
    )
    message = _("%(customer)s confirmed %(when)s. %(way_out)s")
    facts = {"customer": visit.work_order.customer.name, "when": told_window(visit, held), "way_out": way_out}
    raise NeedsConsent(
        message % facts,
        visit=visit.pk,
        confirmed_from=held.opens.isoformat(),
        confirmed_until=held.closes.isoformat(),
        consent=open_one.pk if open_one else None,
        ask=f"/api/v1/visits/{visit.pk}/consent",
    )


def told_window(visit: Visit, held: Appointment) -> str:
    """The window that was confirmed, in words, by the clock of the customer."""
    with timezone.override(zone_of(visit.work_order)):
        told = formats.local_datetime(held.opens)
        return told if held.closes == held.opens else f"{told}–{formats.local_time(held.closes)}"


def make_consent(consent: ConsentRequest, *, actor: Actor, at: datetime) -> None:
    """Write the question, its timer, the record and the fact that lets the customer be asked."""
    consent.asked_at, consent.asked_by, consent.asker_id = at, actor.label[:200], actor.membership_id
    consent.save()
    DispatchTimer.objects.create(kind=TimerKind.CONSENT_EXPIRES, consent=consent, due_at=consent.expires_at)
    changes = {"options": len(consent.options), "expires_at": consent.expires_at.isoformat()}
    journal.record(
        actor=actor, verb="asked_consent", thing=consent.visit, at=at, changes=changes, reason=consent.reason
    )
    journal.publish(
        events.ConsentAsked(
            consent_id=consent.pk, visit_id=consent.visit_id, work_order_id=consent.visit.work_order_id
        )
    )


def close_consent(
    consent: ConsentRequest,
    status: ConsentStatus,
    *,
    actor: Actor,
    at: datetime,
    chosen: int | None = None,
    comment: str = "",
    reason: str = "",
) -> None:
    """Give an open question its end, and tell who asked. Raises `IllegalTransition` for one that has ended."""
    check_transition(
        CONSENT_TRANSITIONS, thing=str(consent), current=ConsentStatus(consent.status), wanted=status
    )
    consent.status, consent.chosen, consent.comment = status, chosen, comment
    consent.answered_at = at
    consent.version += 1
    consent.save()
    DispatchTimer.objects.filter(consent=consent, done_at=None).update(done_at=at)
    changes = {"status": [ConsentStatus.ASKED.value, status.value], "comment": comment}
    journal.record(
        actor=actor, verb="closed_consent", thing=consent.visit, at=at, changes=changes, reason=reason[:500]
    )
    journal.publish(
        events.ConsentClosed(
            consent_id=consent.pk,
            visit_id=consent.visit_id,
            work_order_id=consent.visit.work_order_id,
            status=status.value,
        )
    )
    if status != ConsentStatus.WITHDRAWN:
        _tell(consent, actor, at)


def withdraw_open(visit_ids: Collection[int], *, actor: Actor, at: datetime, reason: str = "") -> None:
    """Take back what is still asked about visits that were moved or called off otherwise."""
    waiting = ConsentRequest.objects.select_for_update(of=("self",)).filter(
        visit_id__in=visit_ids, status=ConsentStatus.ASKED
    )
    for consent in waiting.select_related("visit__work_order__customer").order_by("id"):
        close_consent(consent, ConsentStatus.WITHDRAWN, actor=actor, at=at, reason=reason)


def judge_in(
    visit: Visit, engineer_id: int, start_at: datetime, window: tuple[datetime, datetime], *, at: datetime
) -> Verdict:
    """The verdict on moving a visit, with this window in place of the one that was promised."""
    order = visit.work_order
    held = order.promised_start_at, order.promised_end_at
    order.promised_start_at, order.promised_end_at = window
    end_at = start_at + (visit.end_at - visit.start_at)
    try:
        return judge(order, engineer_id, start_at, end_at, at=at, ignoring=visit.pk)
    finally:
        order.promised_start_at, order.promised_end_at = held


def promise(work_order: WorkOrder, window: tuple[datetime, datetime], *, actor: Actor, at: datetime) -> None:
    """Write the window that a customer has agreed to on the work."""
    before = [edge.isoformat() if edge else None for edge in _promised(work_order)]
    work_order.promised_start_at, work_order.promised_end_at = window
    work_order.save(update_fields=["promised_start_at", "promised_end_at", "updated_at"])
    changes = {"promised": [before, [edge.isoformat() for edge in window]]}
    journal.record(actor=actor, verb="changed", thing=work_order, at=at, changes=changes)


def _promised(work_order: WorkOrder) -> tuple[datetime | None, datetime | None]:
    return work_order.promised_start_at, work_order.promised_end_at


def _tell(consent: ConsentRequest, actor: Actor, at: datetime) -> None:
    start = consent.options[consent.chosen]["start"] if consent.chosen is not None else ""
    tell_planners(
        consent.visit.work_order,
        letters.CONSENT_ANSWERED,
        {"status": consent.status, "start": start, "comment": consent.comment},
        key=f"{letters.CONSENT_ANSWERED}:{consent.pk}",
        only=consent.asker_id,
        actor=actor,
        at=at,
    )
