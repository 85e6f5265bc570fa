"""Answering offers: accepted once, declined, run out, taken back; then the rule's next step."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import Permission
from core import formats
from core.errors import BadInput, Conflict, IllegalTransition, NotFound
from dispatch import events, queries
from dispatch.enums import OfferKind, OfferStatus, RuleEvent, RunOutcome, VisitStatus, WorkOrderStatus
from dispatch.evaluator import Verdict
from dispatch.models import DispatchRun, Offer, Visit, WorkOrder
from dispatch.permissions import check_may_answer
from dispatch.queries.turns import take_turn_at_weeks_of
from dispatch.services.auto import go_on
from dispatch.services.choosing import NOT_YET_THERE
from dispatch.services.days import plan_rest
from dispatch.services.following import follow_visits
from dispatch.services.judging import alone, check_verdict, fitting_end, judge, plan_facts, save_planned
from dispatch.services.offering import close_offer, open_offers_for_update, open_round, withdraw_offers
from dispatch.services.planning import cancel_visit, fact
from journal import services as journal
from tenants.actors import Actor

OFFERS = Actor.system("auto-dispatch")


@transaction.atomic
def accept_offer(
    *,
    offer_id: int,
    actor: Actor,
    at: datetime,
    engineer_id: int | None = None,
    start_at: datetime | None = None,
) -> Offer:
    """Take the work: the visit is planned and sent, and the offers that went out with this one are withdrawn.

    An engineer takes the time that was offered. A provider names one of its engineers and a start; the
    evaluator judges it as any plan, only a broken promise is let pass. Of work that takes several days all stints
    are planned, or none is: see `plan_rest`. Raises `Conflict` when the offer has run out or somebody else was
    faster, `CannotSchedule` when the plan, or a later stint of it, has become impossible; then the offer stays open.
    """
    offer = _locked(offer_id, actor)
    _check_open(offer, at)
    work_order = offer.work_order
    replaced = _replaced(offer, work_order)
    engineer, begin, end = _plan(offer, replaced, engineer_id, start_at)
    others = _others(offer)
    if work_order.may_split and replaced is None:
        take_turn_at_weeks_of([engineer, *others])
    verdict = alone(
        work_order, judge(work_order, engineer, begin, end, at=at, ignoring=replaced.pk if replaced else 0)
    )
    _check_possible(work_order, verdict)
    if replaced is not None:
        reason = str(RuleEvent.ENGINEER_LATE.label)
        cancel_visit(visit_id=replaced.pk, reason=reason, actor=OFFERS, at=at)
    is_own = offer.kind != OfferKind.PROVIDER
    visit = Visit(
        work_order=work_order,
        engineer_id=engineer,
        start_at=begin,
        end_at=end,
        status=VisitStatus.ACCEPTED if is_own else VisitStatus.DISPATCHED,
        sent_at=at,
        accepted_at=at if is_own else None,
        **plan_facts(verdict, ""),
    )
    save_planned(visit)
    offer.visit = visit
    close_offer(offer, OfferStatus.ACCEPTED, actor=actor, at=at)
    waiting = [one for one in open_offers_for_update(work_order.pk) if one.pk != offer.pk]
    withdraw_offers(waiting, reason=str(_("Somebody else took it.")), actor=OFFERS, at=at)
    follow_visits(work_order, at=at)
    rest = [] if replaced else _rest(offer, visit, others, actor, at)
    _tell(offer, [visit, *rest], verdict, actor, at)
    return offer


def _others(offer: Offer) -> list[int]:
    """Who may go on where who took the offer cannot: the engineers of its provider, for work of several days."""
    if offer.provider is None or not offer.work_order.may_split:
        return []
    return list(offer.provider.engineers.filter(is_active=True).values_list("pk", flat=True))


def _rest(offer: Offer, first: Visit, others: Collection[int], actor: Actor, at: datetime) -> list[Visit]:
    """The other stints of the work: those that were offered, or whenever the engineer, or `others`, can."""
    return plan_rest(first, offered=offer.spans[1:], others=others, actor=actor, at=at)


@transaction.atomic
def decline_offer(*, offer_id: int, actor: Actor, at: datetime, reason: str = "") -> Offer:
    """Say no. When nobody is left to answer, the rule's next step follows at once."""
    offer = _locked(offer_id, actor)
    _check_open(offer, at)
    close_offer(offer, OfferStatus.DECLINED, actor=actor, at=at, reason=reason)
    _next_step(offer, "declined", at)
    return offer


@transaction.atomic
def withdraw_offer(*, offer_id: int, actor: Actor, at: datetime, reason: str = "") -> Offer:
    """Take an offer back by hand. No further step follows: whoever did it decides what does."""
    actor.require(Permission.VISIT_PLAN)
    offer = _locked(offer_id, actor)
    if offer.status != OfferStatus.OFFERED:
        _refuse_closed(offer)
    withdraw_offers([offer], reason=reason, actor=actor, at=at)
    return offer


@transaction.atomic
def expire_offer(*, offer_id: int, actor: Actor, at: datetime) -> None:
    """End an offer that nobody answered in time, and go on with the next step. Twice changes nothing."""
    offer = _locked(offer_id, actor)
    if offer.status != OfferStatus.OFFERED or offer.expires_at > at:
        return
    close_offer(offer, OfferStatus.EXPIRED, actor=actor, at=at, answered=False)
    _next_step(offer, "expired", at)


@transaction.atomic
def withdraw_needless_offers(*, work_order_id: int, actor: Actor, at: datetime) -> int:
    """Take back what is still offered of work that was planned, done or called off meanwhile."""
    actor.require(Permission.VISIT_PLAN)
    if not Offer.objects.filter(work_order_id=work_order_id, status=OfferStatus.OFFERED).exists():
        return 0
    work_order = queries.work_order_for_update(work_order_id)
    if work_order.status == WorkOrderStatus.UNSCHEDULED:
        return 0
    waiting = [
        offer
        for offer in open_offers_for_update(work_order_id)
        if offer.run is None or offer.run.event != RuleEvent.ENGINEER_LATE
    ]
    return withdraw_offers(waiting, reason=str(_("No longer needed.")), actor=actor, at=at)


def _locked(offer_id: int, actor: Actor) -> Offer:
    """The offer, with its work order locked before it, as everything that plans does."""
    work_order_id = Offer.objects.filter(pk=offer_id).values_list("work_order_id", flat=True).first()
    if work_order_id is None:
        raise NotFound(_("Offer %(id)s: not found.") % {"id": offer_id})
    work_order = queries.work_order_for_update(work_order_id)
    found = Offer.objects.select_for_update(of=("self",)).select_related("engineer", "provider", "run__rule")
    offer = found.get(pk=offer_id)
    offer.work_order = work_order
    check_may_answer(actor, offer)
    return offer


def _check_open(offer: Offer, at: datetime) -> None:
    if offer.status != OfferStatus.OFFERED:
        _refuse_closed(offer)
    if offer.expires_at <= at:
        message = _(
            "%(offer)s could be answered until %(time)s. Ask the dispatcher whether it is still free."
        )
        facts = {"offer": offer, "time": formats.local_time(offer.expires_at)}
        raise Conflict(message % facts, code="expired", expired_at=offer.expires_at.isoformat())


def _refuse_closed(offer: Offer) -> None:
    message = _("%(offer)s is “%(state)s” since %(time)s: there is nothing to answer any more.")
    facts = {
        "offer": offer,
        "state": OfferStatus(offer.status).label,
        "time": formats.local_time(offer.answered_at) if offer.answered_at else "",
    }
    raise IllegalTransition(message % facts, current=str(offer.status))


def _plan(
    offer: Offer, replaced: Visit | None, engineer_id: int | None, start_at: datetime | None
) -> tuple[int, datetime, datetime]:
    """Who goes from when until when: as offered, or as the provider names it."""
    if offer.kind != OfferKind.PROVIDER and offer.engineer_id and offer.start_at and offer.end_at:
        return offer.engineer_id, offer.start_at, offer.end_at
    errors: dict[str, list[str]] = {}
    if engineer_id is None:
        errors["engineer"] = [_("Name the engineer who goes.")]
    if start_at is None:
        errors["start_at"] = [_("Name the time of the visit.")]
    if engineer_id is None or start_at is None:
        raise BadInput(" ".join(text for texts in errors.values() for text in texts), errors=errors)
    if not offer.provider or not offer.provider.engineers.filter(pk=engineer_id, is_active=True).exists():
        text = _("Engineer %(id)s is not one of %(provider)s.") % {
            "id": engineer_id,
            "provider": offer.provider,
        }
        raise BadInput(text, errors={"engineer": [text]})
    if replaced is not None:
        return engineer_id, start_at, start_at + (replaced.end_at - replaced.start_at)
    return engineer_id, start_at, fitting_end(offer.work_order, engineer_id, start_at)


def _replaced(offer: Offer, work_order: WorkOrder) -> Visit | None:
    """The visit of a late engineer that this one stands in for. Raises when the work needs nobody any more."""
    run = offer.run
    if run is not None and run.event == RuleEvent.ENGINEER_LATE:
        late = queries.visits().filter(pk=run.inputs.get("visit_id") or 0).first()
        if late is not None and late.status in NOT_YET_THERE:
            return late
    if work_order.status != WorkOrderStatus.UNSCHEDULED:
        label = WorkOrderStatus(work_order.status).label
        message = _("%(thing)s is “%(state)s” and needs nobody any more.")
        raise IllegalTransition(
            message % {"thing": work_order, "state": label}, current=str(work_order.status)
        )
    return None


def _check_possible(work_order: WorkOrder, verdict: Verdict) -> None:
    """Late beats never: an arrival after the promise is let pass, every other broken rule is told."""
    if not verdict.is_only_late:
        check_verdict(work_order, verdict, None)


def _next_step(offer: Offer, after: str, at: datetime) -> None:
    if offer.run is not None and not open_round(offer):
        go_on(run=offer.run, after=after, actor=OFFERS, at=at)


def _tell(offer: Offer, visits: Sequence[Visit], verdict: Verdict, actor: Actor, at: datetime) -> None:
    """Say who took it: `visits` are what was planned for it, the first stint first."""
    work_order, run, visit = offer.work_order, offer.run, visits[0]
    changes = {"offer": str(offer), "engineer": verdict.person.name, "from": visit.start_at.isoformat()}
    journal.record(actor=actor, verb="scheduled", thing=visit, at=at, changes=changes, source="offer")
    journal.publish(fact(events.VisitScheduled, visit), fact(events.VisitSent, visit))
    accepted: dict[str, Any] = {"offer": str(offer), "by": actor.label, "name": verdict.person.name}
    if work_order.may_split:
        accepted |= {"stints": len(visits)}
    DispatchRun.objects.create(
        work_order=work_order,
        rule=run.rule if run else None,
        rule_version=run.rule_version if run else 0,
        outcome=RunOutcome.ASSIGNED,
        visit=visit,
        event=run.event if run else RuleEvent.WORK_CREATED,
        inputs={"after": "accepted", "offer": offer.pk, "root": run.inputs.get("root", run.pk) if run else 0},
        explanation={
            "accepted": accepted,
            "step": offer.step,
        },
        at=at,
    )
