"""Reads of work orders, visits and rules, one thing or a list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import F, Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from core.errors import NotFound
from core.text import clean, digits
from dispatch.enums import RunOutcome, VisitStatus, WorkOrderStatus
from dispatch.models import DispatchRule, DispatchRun, Visit, WorkOrder, WorkType
from dispatch.queries.dependencies import with_links
from dispatch.queries.planning import with_parts
from dispatch.rules import OCCUPYING
from tenants.actors import Actor
from tenants.kept import Given, Question
from tenants.rows import is_id
from tickets import queries as tickets
from tickets.models import Ticket

_TO_DO = (WorkOrderStatus.UNSCHEDULED, WorkOrderStatus.SCHEDULED, WorkOrderStatus.IN_PROGRESS)
_TO_PLAN = Question(lambda: WorkOrder.objects.select_related("site").filter(pk=Given("pk")).order_by())
_LOCKED = Question(
    lambda: (
        WorkOrder.objects.select_for_update(of=("self",))
        .select_related("site", "customer", "work_type", "ticket")
        .filter(pk=Given("pk"))
        .order_by()
    )
)
_VISITS_OF_WORK = Question(
    lambda: (
        Visit.objects.select_related("engineer")
        .filter(work_order=Given("work_order"))
        .order_by("start_at", "id")
    )
)


def work_types() -> QuerySet[WorkType]:
    """Kinds of work with their skills, by name."""
    return WorkType.objects.select_related("topic").prefetch_related("work_type_skills__skill")


def active_work_types() -> QuerySet[WorkType]:
    """Kinds of work that new work may be of."""
    return work_types().filter(is_active=True)


def get_work_type(work_type_id: int) -> WorkType:
    """One kind of work. Raises `NotFound`."""
    found = work_types().filter(pk=work_type_id).first()
    if found is None:
        raise NotFound(_("Work type %(id)s: not found.") % {"id": work_type_id})
    return found


def work_types_for_topics(topic_ids: Collection[int]) -> dict[int, WorkType]:
    """The field work that tickets' topics name, with skills and parts, by topic; topics that name none are left
    out."""
    known = active_work_types().prefetch_related("work_type_parts")
    found = known.filter(topic_id__in=topic_ids).order_by("-id")
    return {work_type.topic_id: work_type for work_type in found if work_type.topic_id is not None}


def work_orders() -> QuerySet[WorkOrder]:
    """Work orders with what a list shows, newest first: a fixed number of queries."""
    return WorkOrder.objects.select_related(
        "customer", "site", "work_type", "ticket", "asset", "contact"
    ).prefetch_related(
        "work_order_skills__skill",
        with_parts(),
        Prefetch("visits", queryset=Visit.objects.select_related("engineer").order_by("start_at", "id")),
    )


def visible_to(actor: Actor, found: QuerySet[WorkOrder]) -> QuerySet[WorkOrder]:
    """A provider's people see only work on which their engineers have a visit."""
    if actor.provider_code:
        theirs = Visit.objects.filter(engineer__provider__code=actor.provider_code)
        return found.filter(pk__in=theirs.values("work_order_id"))
    return found


def filtered(
    found: QuerySet[WorkOrder], *, text: str = "", status: str = "", priority: int | None = None
) -> QuerySet[WorkOrder]:
    """The list page's filters; `text` is a number (WO-12, of a visit V-31) or words of subject, site or customer."""
    words = clean(text).strip()
    if words:
        match = Q(subject__icontains=words) | Q(site__name__icontains=words)
        match |= Q(customer__name__icontains=words)
        if number := digits(words)[:15]:
            of_visit = Q(pk__in=Visit.objects.filter(pk=int(number)).values("work_order_id"))
            match |= of_visit if words[0] in "vV" else Q(number=int(number))
        found = found.filter(match)
    if status in WorkOrderStatus.values:
        found = found.filter(status=status)
    return found.filter(priority=priority) if priority else found


def get_work_order(work_order_id: int) -> WorkOrder:
    """One work order with everything. Raises `NotFound`."""
    found = work_orders().filter(pk=work_order_id).first()
    if found is None:
        raise NotFound(_("Work order %(id)s: not found.") % {"id": work_order_id})
    return found


def find_work_order(number: int) -> WorkOrder | None:
    """The work order of a number, or None."""
    return WorkOrder.objects.filter(number=number).first()


def find_work_order_to_plan(work_order_id: int) -> WorkOrder | None:
    """One work order with its site, or None: what a question about it reads first."""
    return _TO_PLAN.first(pk=work_order_id) if is_id(work_order_id) else None


def work_order_for_update(work_order_id: int) -> WorkOrder:
    """One work order, locked. Raises `NotFound`."""
    found = _LOCKED.first(pk=work_order_id) if is_id(work_order_id) else None
    if found is None:
        raise NotFound(_("Work order %(id)s: not found.") % {"id": work_order_id})
    return found


def work_orders_of_ticket(ticket_id: int) -> QuerySet[WorkOrder]:
    """What was made of a ticket and of those merged into it, oldest first."""
    return work_orders().filter(ticket_id__in=tickets.family_ids(ticket_id)).order_by("id")


def open_work_like(ticket_id: int, work_type_id: int) -> WorkOrder | None:
    """The first work of that kind that is still to be done for a ticket, or for one that was merged into it."""
    mine = work_orders_of_ticket(ticket_id).filter(work_type_id=work_type_id, status__in=_TO_DO)
    return mine.first()


def other_open_work(actor: Actor, ticket: Ticket, *, most: int = 5) -> list[WorkOrder]:
    """What else is to be done for the ticket's customer, without the ticket's own work, oldest first."""
    if ticket.customer_id is None:
        return []
    found = visible_to(actor, WorkOrder.objects.filter(customer_id=ticket.customer_id))
    found = found.filter(status__in=_TO_DO).exclude(ticket_id__in=tickets.family_ids(ticket.pk))
    return list(found.select_related("work_type").order_by("id")[:most])


def tray() -> QuerySet[WorkOrder]:
    """Work that waits to be planned: by promise, then priority, then age."""
    return (
        WorkOrder.objects.filter(status=WorkOrderStatus.UNSCHEDULED)
        .select_related("site", "customer", "work_type__calendar", "ticket")
        .prefetch_related("work_order_skills__skill", "site__visiting_hours", with_links(), with_parts())
        .order_by(F("promised_end_at").asc(nulls_last=True), "priority", "id")
    )


def urgency(work_order: WorkOrder) -> tuple[bool, float, int, int]:
    """The order of `tray`, for work that was read in another."""
    promised = work_order.promised_end_at
    return promised is None, promised.timestamp() if promised else 0, work_order.priority, work_order.pk


def visits() -> QuerySet[Visit]:
    """Visits with what a list shows."""
    return Visit.objects.select_related(
        "engineer", "work_order__site", "work_order__customer", "work_order__work_type", "work_order__contact"
    )


def get_visit(visit_id: int) -> Visit:
    """One visit with its work order and engineer. Raises `NotFound`."""
    found = visits().select_related("work_order__ticket", "engineer__membership").filter(pk=visit_id).first()
    if found is None:
        raise NotFound(_("Visit %(id)s: not found.") % {"id": visit_id})
    return found


def visit_for_update(visit_id: int) -> Visit:
    """One visit with its work order, both locked, and its engineer. Raises `NotFound`.

    Always the work order first: whoever plans its visits holds it already, and would else wait in a circle.
    """
    order = WorkOrder.objects.select_for_update(of=("self",)).filter(visits=visit_id)
    list(order.values_list("pk"))
    found = (
        Visit.objects.select_for_update(of=("self",))
        .select_related("work_order__site", "work_order__customer", "work_order__work_type", "engineer")
        .filter(pk=visit_id)
        .first()
    )
    if found is None:
        raise NotFound(_("Visit %(id)s: not found.") % {"id": visit_id})
    return found


def visits_of_work(work_order: WorkOrder) -> list[Visit]:
    """All visits of a work order with their engineers, in order of time."""
    found = _VISITS_OF_WORK.rows(work_order=work_order.pk)
    for visit in found:
        visit.work_order = work_order
    return found


def visits_of_engineer(engineer_id: int, from_at: datetime, to_at: datetime) -> QuerySet[Visit]:
    """An engineer's visits that touch the time between two instants, cancelled ones left out, in order."""
    return (
        visits()
        .filter(engineer_id=engineer_id, start_at__lt=to_at, end_at__gt=from_at)
        .exclude(status=VisitStatus.CANCELLED)
        .order_by("start_at", "id")
    )


def next_visit_of(engineer_id: int, at: datetime) -> Visit | None:
    """The visit under way, else the next one sent to the engineer, or None."""
    told = [s for s in OCCUPYING if s != VisitStatus.SCHEDULED]
    return (
        visits()
        .filter(engineer_id=engineer_id, status__in=told, end_at__gt=at)
        .order_by("start_at", "id")
        .first()
    )


def dispatch_rules() -> QuerySet[DispatchRule]:
    """Auto-dispatch rules in the order they are tried."""
    return DispatchRule.objects.all()


def get_rule(rule_id: int) -> DispatchRule:
    """One rule. Raises `NotFound`."""
    return _rule_in(DispatchRule.objects.all(), rule_id)


def rule_for_update(rule_id: int) -> DispatchRule:
    """One rule, locked, so that runs and timers that name it may still be written. Raises `NotFound`."""
    return _rule_in(DispatchRule.objects.select_for_update(no_key=True), rule_id)


def _rule_in(rules: QuerySet[DispatchRule], rule_id: int) -> DispatchRule:
    found = rules.filter(pk=rule_id).first()
    if found is None:
        raise NotFound(_("Rule %(id)s: not found.") % {"id": rule_id})
    return found


def runs() -> QuerySet[DispatchRun]:
    """Firings of auto-dispatch with what a list shows, newest first."""
    found = DispatchRun.objects.select_related(
        "work_order__work_type", "work_order__ticket__topic", "rule", "visit__engineer"
    )
    return found.prefetch_related("offers__engineer", "offers__provider")


def runs_matching(
    *, rule_id: int | None = None, event: str = "", outcome: str = "", text: str = ""
) -> QuerySet[DispatchRun]:
    """The run log's filters; `text` is a number (WO-12) or words of the work order's subject."""
    found = runs()
    if rule_id is not None:
        found = found.filter(rule_id=rule_id)
    if event:
        found = found.filter(event=event)
    if outcome:
        found = found.filter(outcome=outcome)
    if words := clean(text).strip():
        match = Q(work_order__subject__icontains=words)
        if number := digits(words)[:15]:
            match |= Q(work_order__number=int(number))
        found = found.filter(match)
    return found


def check_visible_visit(actor: Actor, visit: Visit) -> None:
    """Raise `NotFound` when a provider's person asks for another's visit. `visit.engineer` should be
    loaded."""
    if (
        actor.provider_code
        and not Visit.objects.filter(pk=visit.pk, engineer__provider__code=actor.provider_code).exists()
    ):
        raise NotFound(_("Visit %(id)s: not found.") % {"id": visit.pk})


def work_orders_for(
    actor: Actor, *, text: str = "", status: str = "", priority: int | None = None
) -> QuerySet[WorkOrder]:
    """The work order list as this actor may see it, filtered."""
    return filtered(visible_to(actor, work_orders()), text=text, status=status, priority=priority)


def get_work_order_for(actor: Actor, work_order_id: int) -> WorkOrder:
    """One work order this actor may see. Raises `NotFound`."""
    found = visible_to(actor, work_orders()).filter(pk=work_order_id).first()
    if found is None:
        raise NotFound(_("Work order %(id)s: not found.") % {"id": work_order_id})
    return found


def unplanned_reasons(since: datetime) -> list[tuple[dict[str, Any], int]]:
    """Why rules left work unplanned since then: the rule that excluded most engineers, with how many
    orders."""
    rows = DispatchRun.objects.filter(at__gte=since, outcome=RunOutcome.NOBODY).values_list(
        "explanation", flat=True
    )
    counts: Counter[tuple[str, int | None]] = Counter()
    for explanation in rows:
        groups = explanation.get("excluded") or [{"code": "nobody"}]
        counts[groups[0].get("code", ""), groups[0].get("skill_id")] += 1
    return [
        (
            {"code": code, "level": "", "minutes": 0, "area": "", **({"skill_id": skill} if skill else {})},
            number,
        )
        for (code, skill), number in counts.most_common()
    ]
