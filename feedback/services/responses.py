"""Ratings, and the follow-up to bad ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import Permission
from core.errors import BadInput, IllegalTransition
from core.text import clean
from dispatch import queries as dispatch
from dispatch.enums import VisitStatus
from dispatch.models import Visit
from feedback import queries, rules
from feedback.enums import Flag, LinkPurpose, RatingReason, RecoveryStatus
from feedback.events import RecoveryFinished, RecoveryOpened, ResponseRecorded
from feedback.models import CustomerLink, Recovery, Response
from feedback.rules import Device
from journal import services as journal
from tenants.actors import Actor

LONGEST_COMMENT = 4000
CUSTOMER = Actor.customer("customer")


@dataclass(frozen=True, slots=True)
class Said:
    """What the customer says, checked and in stored form."""

    score: int
    reasons: list[str]
    comment: str
    wants_call: bool
    language: str


@transaction.atomic
def record_response(
    *,
    code: str,
    score: int,
    at: datetime,
    reasons: Iterable[str] = (),
    comment: str = "",
    wants_call: bool = False,
    language: str = "",
    device: Device | None = None,
    actor: Actor = CUSTOMER,
) -> Response:
    """Keep what the holder of a rating link says: one response per visit, changeable for a day.

    Raises `NotFound` for a code that is wrong, expired or revoked. Oddities are flagged, never refused.
    """
    link = queries.link_for_update(code, LinkPurpose.RATE, at)
    said = _said(score, reasons, comment, wants_call, language)
    visit = dispatch.visit_for_update(link.visit_id)
    if link.contact is not None and actor is CUSTOMER:
        actor = Actor.customer(link.contact.name)
    return _keep(visit, said, _flags(device, at), actor=actor, at=at, link=link)


@transaction.atomic
def record_response_for(
    *,
    visit_id: int,
    score: int,
    actor: Actor,
    at: datetime,
    reasons: Iterable[str] = (),
    comment: str = "",
    wants_call: bool = False,
    language: str = "",
) -> Response:
    """Keep what a customer said to one of us, on the phone or in a letter; marked as entered by us."""
    visit = dispatch.visit_for_update(visit_id)
    actor.require(Permission.RESPONSE_RECORD, visit)
    if visit.status not in (VisitStatus.DONE, VisitStatus.COULD_NOT_COMPLETE):
        raise IllegalTransition(
            _("Visit %(visit)s is %(status)s. It can be rated when it has ended.")
            % {"visit": visit, "status": VisitStatus(visit.status).label}
        )
    said = _said(score, reasons, comment, wants_call, language)
    return _keep(visit, said, [str(Flag.BY_STAFF)], actor=actor, at=at, link=None)


@transaction.atomic
def finish_recovery(*, recovery_id: int, outcome: str, actor: Actor, at: datetime) -> Recovery:
    """Close the follow-up with what came of it."""
    recovery = queries.recovery_for_update(recovery_id)
    actor.require(Permission.RECOVERY_WORK, recovery)
    if recovery.status == RecoveryStatus.DONE:
        raise IllegalTransition(
            _("This follow-up was already finished by %(who)s.") % {"who": recovery.done_by}
        )
    if not outcome.strip():
        raise BadInput(
            _("Say what came of the call before you finish it."), errors={"outcome": [_("Required.")]}
        )
    recovery.status, recovery.outcome = RecoveryStatus.DONE, clean(outcome)[:LONGEST_COMMENT]
    recovery.done_at, recovery.done_by = at, actor.label[:200]
    recovery.save()
    changes = {"outcome": recovery.outcome, "was_late": at > recovery.due_at}
    journal.record(actor=actor, verb="recovery_finished", thing=recovery, at=at, changes=changes)
    journal.publish(RecoveryFinished(recovery_id=recovery.pk, response_id=recovery.response_id))
    return recovery


def _flags(device: Device | None, at: datetime) -> list[str]:
    """Nothing is odd about a rating of which nothing is known."""
    return rules.flags_for(device, at) if device is not None else []


def _said(score: int, reasons: Iterable[str], comment: str, wants_call: bool, language: str) -> Said:
    if score not in range(1, 6):
        raise BadInput(
            _("A score is a number from 1 to 5; %(score)s is not.") % {"score": score},
            errors={"score": [_("From 1 to 5.")]},
        )
    known = [reason for reason in RatingReason.values if reason in set(reasons)]
    return Said(score, known, clean(comment).strip()[:LONGEST_COMMENT], wants_call, language[:10])


def _keep(
    visit: Visit, said: Said, flags: list[str], *, actor: Actor, at: datetime, link: CustomerLink | None
) -> Response:
    response = Response.objects.select_for_update().filter(visit=visit).first()
    if response is None:
        return _first(visit, said, flags, actor=actor, at=at, link=link)
    if not rules.is_editable(response.recorded_at, at):
        raise IllegalTransition(
            _("This visit was rated %(score)s of 5. A rating can be changed for 24 hours; now write to us.")
            % {"score": response.score}
        )
    before = response.score
    _write(response, said)
    # A quick correction is natural; only the first rating is judged by its speed.
    response.flags = sorted({*response.flags, *(flag for flag in flags if flag != Flag.FAST)})
    response.save()
    changes = {"score": [before, said.score]}
    journal.record(actor=actor, verb="response_changed", thing=response, at=at, changes=changes)
    if before != said.score:
        journal.publish(ResponseRecorded(response_id=response.pk, visit_id=visit.pk))
    _open_recovery(response, visit, actor, at)
    return response


def _first(
    visit: Visit, said: Said, flags: list[str], *, actor: Actor, at: datetime, link: CustomerLink | None
) -> Response:
    response = Response(visit=visit, link=link, flags=flags, recorded_at=at)
    _write(response, said)
    response.save()
    changes = {"score": said.score, "flags": flags}
    journal.record(actor=actor, verb="response_recorded", thing=response, at=at, changes=changes)
    journal.publish(ResponseRecorded(response_id=response.pk, visit_id=visit.pk))
    _open_recovery(response, visit, actor, at)
    return response


def _write(response: Response, said: Said) -> None:
    response.score, response.reasons, response.comment = said.score, said.reasons, said.comment
    response.wants_call = said.wants_call
    response.language = said.language or response.language


def _open_recovery(response: Response, visit: Visit, actor: Actor, at: datetime) -> None:
    """A low score, or the wish for a call, must be followed up within the hour, by the ticket's owner."""
    if not rules.needs_recovery(response.score, response.wants_call):
        return
    ticket = visit.work_order.ticket
    recovery, created = Recovery.objects.get_or_create(
        response=response,
        defaults={"due_at": at + rules.RECOVERY_TIME, "owner_id": ticket.owner_id if ticket else None},
    )
    if created:
        changes = {"score": response.score, "due_at": recovery.due_at.isoformat()}
        journal.record(actor=actor, verb="recovery_opened", thing=recovery, at=at, changes=changes)
        journal.publish(RecoveryOpened(recovery_id=recovery.pk, response_id=response.pk))
