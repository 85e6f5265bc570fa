"""Links: one work order hangs on another."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.enums import Permission
from core.errors import BadInput, Conflict, NotFound
from dispatch import queries
from dispatch.enums import LinkKind
from dispatch.models import WorkOrder, WorkOrderLink
from dispatch.services.following import check_work_is_open
from journal import services as journal
from tenants.active import active_tenant_id
from tenants.actors import Actor

LINKING_LOCK = 7_703
"""The class of the advisory locks, one for each company, under which links are made: two that are made at once
could close a circle that neither of them sees."""
LONGEST_GAP = 60 * 24 * 365


@transaction.atomic
def link_work_orders(
    *, first_id: int, then_id: int, kind: str, actor: Actor, at: datetime, gap_minutes: int = 0
) -> WorkOrderLink:
    """Let one work order wait for another; planned visits stay where they are. The same link again changes
    nothing but its gap. Raises `Conflict` when the first waits for the second already."""
    _take_turns()
    then, first = queries.work_order_for_update(then_id), queries.get_work_order(first_id)
    actor.require(Permission.WORK_CREATE, then)
    check_work_is_open(then)
    check_work_is_open(first)
    if not 0 <= gap_minutes <= LONGEST_GAP:
        text = _("The time between is from 0 to %(most)s minutes.") % {"most": LONGEST_GAP}
        raise BadInput(text, errors={"gap_minutes": [text]})
    if first.pk == then.pk or first.pk in _waiting_for(then.pk):
        text = _("%(first)s waits for %(then)s already: neither could ever begin.")
        raise Conflict(text % {"first": first, "then": then}, code="circle", work_order_id=first.pk)
    link, _is_new = WorkOrderLink.objects.update_or_create(
        first=first, then=then, kind=LinkKind(kind), defaults={"gap_minutes": gap_minutes}
    )
    changes = {"first": str(first), "kind": link.kind, "gap_minutes": gap_minutes}
    journal.record(actor=actor, verb="linked", thing=then, at=at, changes=changes)
    return link


@transaction.atomic
def unlink_work_orders(*, link_id: int, actor: Actor, at: datetime) -> WorkOrder:
    """Let work no longer wait; returns it. Raises `NotFound`."""
    link = WorkOrderLink.objects.select_related("first", "then").filter(pk=link_id).first()
    if link is None:
        raise NotFound(_("Link %(id)s: not found.") % {"id": link_id})
    actor.require(Permission.WORK_CREATE, link.then)
    changes = {"first": str(link.first), "kind": link.kind}
    link.delete()
    journal.record(actor=actor, verb="unlinked", thing=link.then, at=at, changes=changes)
    return link.then


def _waiting_for(work_order_id: int) -> set[int]:
    """All work that waits for a work order, through others too."""
    found: set[int] = set()
    next_ones = {work_order_id}
    while next_ones:
        found |= next_ones
        waiting = WorkOrderLink.objects.filter(first__in=next_ones).values_list("then_id", flat=True)
        next_ones = set(waiting) - found
    return found


def _take_turns() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LINKING_LOCK, active_tenant_id()])
