"""Reads of links, ratings and recoveries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Avg, Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import NotFound
from dispatch.enums import LockLevel, VisitStatus
from dispatch.models import Visit
from dispatch.rules import ENDED, UNDER_WAY
from feedback import links
from feedback.enums import LinkPurpose, RecoveryStatus
from feedback.models import CustomerLink, Recovery, Response, VisitLetter
from tickets import queries as tickets


def find_link(code: str, purpose: LinkPurpose, at: datetime) -> CustomerLink | None:
    """The living link with this code and purpose. Wrong, expired and revoked all read None."""
    return (
        CustomerLink.objects.select_related(
            "contact",
            "consent",
            "visit__engineer__membership",
            "visit__work_order__site",
            "visit__work_order__customer",
            "visit__work_order__work_type",
        )
        .filter(code_hash=links.hash_of(code), purpose=purpose, revoked_at=None, expires_at__gt=at)
        .first()
    )


def link_for_update(code: str, purpose: LinkPurpose, at: datetime) -> CustomerLink:
    """The living link, locked so that parallel uses wait for each other; raises NotFound."""
    found = CustomerLink.objects.select_for_update().filter(
        code_hash=links.hash_of(code), purpose=purpose, revoked_at=None, expires_at__gt=at
    )
    link = found.first()
    if link is None:
        raise NotFound(_("This link is not valid, or not any more. Ask us for a new one."))
    return link


def find_link_of_consent(consent_id: int) -> CustomerLink | None:
    """The link by which a customer answers a question, or None."""
    return CustomerLink.objects.filter(consent_id=consent_id, revoked_at=None).order_by("-id").first()


def living_link(visit_id: int, purpose: str, at: datetime) -> CustomerLink | None:
    """The link that a visit has for this purpose, or None."""
    return living_links([visit_id], purpose, at).get(visit_id)


def living_links(visit_ids: Iterable[int], purpose: str, at: datetime) -> dict[int, CustomerLink]:
    """The newest link that each of these visits has for this purpose, by visit."""
    found = CustomerLink.objects.filter(visit_id__in=list(visit_ids), purpose=purpose, revoked_at=None)
    return {link.visit_id: link for link in found.filter(expires_at__gt=at).order_by("id")}


def letters_about(visit_ids: Iterable[int]) -> dict[int, list[VisitLetter]]:
    """The letters about each of these visits with their messages, oldest first."""
    found: dict[int, list[VisitLetter]] = defaultdict(list)
    letters = VisitLetter.objects.select_related("message").defer("message__body")
    for letter in letters.filter(visit_id__in=list(visit_ids)).order_by("id"):
        found[letter.visit_id].append(letter)
    return found


MOST_FOLLOWED = 30


def visits_known(ticket_id: int) -> list[Visit]:
    """The visits for a ticket, and for those merged into it, of which their customer knows or may: sent or confirmed,
    and not called off; oldest first, the latest 30. What is planned and not sent is private."""
    told = Q(status__in=[VisitStatus.DISPATCHED, VisitStatus.ACCEPTED, *UNDER_WAY, *ENDED])
    agreed = Q(status=VisitStatus.SCHEDULED) & ~Q(lock_level=LockLevel.PROPOSED)
    found = Visit.objects.select_related("engineer", "work_order__site").filter(
        told | agreed, work_order__ticket_id__in=tickets.family_ids(ticket_id)
    )
    return sorted(found.order_by("-start_at", "-pk")[:MOST_FOLLOWED], key=lambda one: (one.start_at, one.pk))


def rated_among(visit_ids: Iterable[int]) -> set[int]:
    """Those of these visits that their customer rated."""
    return set(Response.objects.filter(visit_id__in=list(visit_ids)).values_list("visit_id", flat=True))


def get_link(link_id: int) -> CustomerLink:
    """One link; raises NotFound."""
    link = CustomerLink.objects.select_for_update().filter(pk=link_id).first()
    if link is None:
        raise NotFound(_("There is no link with the id %(id)s.") % {"id": link_id})
    return link


def find_response(visit_id: int) -> Response | None:
    """What the customer said of this visit, or None."""
    return Response.objects.filter(visit_id=visit_id).first()


def responses() -> QuerySet[Response]:
    """Ratings, newest first, with visit, engineer and customer."""
    return Response.objects.select_related(
        "visit__engineer", "visit__work_order__customer", "visit__work_order__work_type"
    ).order_by("-id")


def find_last_response(customer_id: int) -> Response | None:
    """What the customer said last, or None."""
    return responses().filter(visit__work_order__customer_id=customer_id).first()


def responses_on(day: date) -> QuerySet[Response]:
    """Ratings of one day in the active time zone."""
    start = timezone.make_aware(datetime.combine(day, time.min))
    return responses().filter(recorded_at__gte=start, recorded_at__lt=start + timedelta(days=1))


def open_recoveries() -> QuerySet[Recovery]:
    """Follow-ups that wait, most urgent first, with all that a call needs."""
    return (
        Recovery.objects.filter(status=RecoveryStatus.OPEN)
        .select_related(
            "owner",
            "response__visit__engineer",
            "response__visit__work_order__customer",
            "response__visit__work_order__contact",
            "response__visit__work_order__work_type",
        )
        .order_by("due_at", "id")
    )


def recovery_for_update(recovery_id: int) -> Recovery:
    """The recovery, locked; raises NotFound."""
    found = Recovery.objects.select_for_update(of=("self",)).select_related("response__visit__work_order")
    recovery = found.filter(pk=recovery_id).first()
    if recovery is None:
        raise NotFound(_("There is no follow-up with the id %(id)s.") % {"id": recovery_id})
    return recovery


def figures(since: datetime) -> dict[str, Any]:
    """{"mean", "number", "low", "flagged"} of the ratings since an instant."""
    return Response.objects.filter(recorded_at__gte=since).aggregate(
        mean=Avg("score"),
        number=Count("pk"),
        low=Count("pk", filter=Q(score__lte=2)),
        flagged=Count("pk", filter=Q(flags__len__gt=0)),
    )
