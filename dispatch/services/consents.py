"""Asking a customer whether a confirmed visit may move, and doing what they answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import Permission
from core import formats
from core.errors import BadInput, Conflict, IllegalTransition, NotFound
from core.text import clean
from dispatch import queries
from dispatch.crews import check_team
from dispatch.enums import ConsentCause, ConsentStatus, LockLevel
from dispatch.models import ConsentRequest, Visit
from dispatch.queries.consents import Option, answer_by, options_of
from dispatch.queries.crews import likings
from dispatch.queries.planning import part_ids_of, work_of
from dispatch.queries.turns import take_turn_at_parts, take_turn_at_weeks
from dispatch.queries.windows import alternatives, who_comes, window_around
from dispatch.services.consenting import CHOICES, close_consent, judge_in, make_consent, promise
from dispatch.services.following import check_movable, follow_visits
from dispatch.services.judging import check_verdict, no_crew
from dispatch.services.planning import check_version, move_to
from tenants.actors import Actor

SHORTEST = timedelta(minutes=15)
"""A customer who would have less time to answer is better called."""
LONGEST_COMMENT = 1000


class NoWindowLeft(Conflict):
    """The window was taken while the customer was thinking: another may still be free."""

    code: ClassVar[str] = "window_taken"


@transaction.atomic
def ask_consent(
    *,
    visit_id: int,
    actor: Actor,
    at: datetime,
    version: int | None = None,
    engineer_id: int | None = None,
    start_at: datetime | None = None,
    crew_ids: Sequence[int] = (),
    override_reason: str = "",
    cause: str = ConsentCause.BY_HAND,
) -> ConsentRequest:
    """Ask the customer of a confirmed visit whether it may move: to the time wished, if any, or to one of up to
    four others, graded. Nothing moves before they choose. Of a crew one question is asked for all: the wish is for
    `crew_ids`, or for those who go now with `engineer_id` in this one's place.

    `version` is the one the caller saw. A wish is judged like a move: `CannotSchedule` when a rule is broken and
    the policy wants more than `override_reason`. Raises `Conflict` when they were asked already, need not be
    asked, cannot be reached, or nothing can be offered: each says what to do instead.
    """
    visit = queries.visit_for_update(visit_id)
    actor.require(Permission.VISIT_PLAN, visit)
    if version is not None:
        check_version(visit, version)
    check_movable(visit)
    crew = [visit, *queries.others_of_crew_for_update(visit)]
    for other in crew[1:]:
        check_movable(other)
        other.work_order = visit.work_order
    wish = None
    if engineer_id is not None or start_at is not None:
        ids = list(crew_ids) or [engineer_id or visit.engineer_id, *(one.engineer_id for one in crew[1:])]
        wish = _wish(crew, ids, start_at or visit.start_at, override_reason, at)
    _check_may_be_asked(crew, wish)
    expires_at = answer_by(visit, queries.policy_in_force(), at)
    if expires_at < at + SHORTEST:
        message = _(
            "%(visit)s begins at %(time)s: there is no time to wait for an answer. Call %(customer)s."
        )
        raise _not_asked(visit, message, "too_late", time=formats.local_time(visit.start_at))
    options = alternatives(visit, at, wish)
    if not options:
        message = _("Nobody can come at another time in the next days. Call %(customer)s about %(visit)s.")
        raise _not_asked(visit, message, "nothing_to_offer")
    held = queries.appointment_of(visit)
    consent = ConsentRequest(
        visit=visit,
        visit_version=visit.version,
        from_engineer=visit.engineer,
        from_start_at=visit.start_at,
        opens_at=held.opens,
        closes_at=held.closes,
        cause=ConsentCause(cause),
        options=[option.as_json() for option in options],
        reason=override_reason.strip()[:500],
        expires_at=expires_at,
    )
    make_consent(consent, actor=actor, at=at)
    return consent


@transaction.atomic
def answer_consent(
    *, consent_id: int, choice: int | None, actor: Actor, at: datetime, comment: str = ""
) -> ConsentRequest:
    """Do what the customer says: `choice` is the place of a window among the options, None keeps the appointment.

    The window is booked by the evaluator under the lock of the work, confirmed and promised. The same answer
    again changes nothing; a question that ended otherwise raises `IllegalTransition`. Raises `NoWindowLeft` when
    nobody can come in the window any more: the question stays open.
    """
    consent = _locked(consent_id)
    if consent.status in (*CHOICES, ConsentStatus.KEPT) and consent.chosen == choice:
        return consent
    _check_open(consent, at)
    comment = clean(comment).strip()[:LONGEST_COMMENT]
    if choice is None:
        close_consent(consent, ConsentStatus.KEPT, actor=actor, at=at, comment=comment)
        return consent
    options = options_of(consent)
    if not 0 <= choice < len(options):
        raise BadInput(_("Choose one of the times offered."))
    status = ConsentStatus.AGREED if options[choice].is_wished else ConsentStatus.CHOSE_OTHER
    _book(consent, options[choice], actor=actor, at=at)
    close_consent(consent, status, actor=actor, at=at, chosen=choice, comment=comment)
    return consent


@transaction.atomic
def withdraw_consent(*, consent_id: int, actor: Actor, at: datetime, reason: str = "") -> ConsentRequest:
    """Take the question back: the visit stays, and the customer's link says so. Twice changes nothing."""
    consent = _locked(consent_id)
    actor.require(Permission.VISIT_PLAN, consent)
    if consent.status != ConsentStatus.WITHDRAWN:
        close_consent(consent, ConsentStatus.WITHDRAWN, actor=actor, at=at, reason=reason)
    return consent


@transaction.atomic
def expire_consent(*, consent_id: int, actor: Actor, at: datetime) -> None:
    """End a question that nobody answered in time: nothing moves, who asked is told. Twice changes nothing."""
    consent = _locked(consent_id)
    actor.require(Permission.VISIT_PLAN, consent)
    if consent.status == ConsentStatus.ASKED and consent.expires_at <= at:
        close_consent(consent, ConsentStatus.EXPIRED, actor=actor, at=at)


def _locked(consent_id: int) -> ConsentRequest:
    """The question, with its work order and visit locked before it, as everything that plans does."""
    visit_id = ConsentRequest.objects.filter(pk=consent_id).values_list("visit_id", flat=True).first()
    if visit_id is None:
        raise NotFound(_("Question %(id)s to a customer: not found.") % {"id": consent_id})
    visit = queries.visit_for_update(visit_id)
    consent = ConsentRequest.objects.select_for_update().get(pk=consent_id)
    consent.visit = visit
    return consent


def _check_open(consent: ConsentRequest, at: datetime) -> None:
    if consent.status != ConsentStatus.ASKED:
        message = _("This question is “%(state)s” since %(time)s: there is nothing to answer any more.")
        facts = {
            "state": ConsentStatus(consent.status).label,
            "time": formats.local_datetime(consent.answered_at),
        }
        raise IllegalTransition(message % facts, current=consent.status)
    if consent.expires_at <= at:
        message = _("This could be answered until %(time)s. The appointment stays as it was; call us.")
        raise Conflict(message % {"time": formats.local_datetime(consent.expires_at)}, code="expired")
    visit = consent.visit
    if not consent.opens_at <= visit.start_at <= consent.closes_at:
        raise Conflict(
            _("The appointment was changed meanwhile: it is at %(time)s now.")
            % {"time": formats.local_datetime(visit.start_at)},
            code="stale",
        )
    check_movable(visit)


def _wish(
    crew: Sequence[Visit], ids: list[int], when: datetime, override_reason: str, at: datetime
) -> Option:
    """The move that was wanted, judged as one, as the first window to offer. `crew` is the visit, and the others
    that go with it; `ids` are the engineers who would go."""
    visit = crew[0]
    if when <= at:
        text = _("%(time)s is over. Choose a later time.") % {"time": formats.local_datetime(when)}
        raise BadInput(text, errors={"start_at": [text]})
    window = window_around(visit.work_order, when)
    verdicts = [judge_in(one, who, when, window, at=at) for one, who in matched(crew, ids)]
    for verdict in verdicts:
        check_verdict(visit.work_order, verdict, override_reason)
    if len(crew) > 1:
        people = [verdict.person for verdict in verdicts]
        together = check_team(people, work_of(visit.work_order), likings(ids))
        if together:
            raise no_crew(visit.work_order, together, verdicts)
    return Option(*window, "B", ids[0], when, is_wished=True, crew=tuple(ids) if len(crew) > 1 else ())


def matched(crew: Sequence[Visit], engineer_ids: Sequence[int]) -> list[tuple[Visit, int]]:
    """Which visit of a crew each engineer has: their own, if they had one, else one of who goes no more."""
    own = {visit.engineer_id: visit for visit in crew if visit.engineer_id in engineer_ids}
    spare = [visit for visit in crew if visit.engineer_id not in own]
    return [
        (own[i], i) if i in own else (spare.pop(0), i)
        for i in dict.fromkeys(engineer_ids)
        if i in own or spare
    ]


def _check_may_be_asked(crew: Sequence[Visit], wish: Option | None) -> None:
    visit = crew[0]
    is_free = wish is not None and not any(
        queries.appointment_of(one).needs_consent(who, wish.at)
        for one, who in matched(crew, wish.engineer_ids)
    )
    if visit.lock_level == LockLevel.PROPOSED or is_free:
        message = _("%(customer)s need not be asked: that leaves what they confirmed. Just move %(visit)s.")
        if visit.lock_level == LockLevel.PROPOSED:
            message = _("%(customer)s has not confirmed %(visit)s: nobody need be asked. Just move it.")
        raise _not_asked(visit, message, "needs_no_consent")
    if open_one := queries.open_consent_of(visit.pk):
        message = _(
            "%(customer)s was asked at %(time)s already. Wait for the answer, or take the question back."
        )
        time = formats.local_datetime(open_one.asked_at)
        raise _not_asked(visit, message, "asked_already", time=time, consent=open_one.pk)
    if queries.way_to(visit.work_order) is None:
        message = _(
            "We know no address of %(customer)s to which we can write. Call them, then move %(visit)s."
        )
        raise _not_asked(visit, message, "no_way")


def _not_asked(
    visit: Visit, message: str, code: str, *, time: str = "", consent: int | None = None
) -> Conflict:
    facts = {"visit": visit, "customer": visit.work_order.customer.name, "time": time}
    more = {"consent": consent} if consent else {}
    return Conflict(message % facts, code=code, **more)


def _book(consent: ConsentRequest, option: Option, *, actor: Actor, at: datetime) -> None:
    """Move the visit, or all of its crew, into the window: to who was offered when it can still be, else to who fits
    best."""
    visit, reason = consent.visit, consent.reason if option.is_wished else ""
    crew = [visit, *queries.others_of_crew_for_update(visit)]
    for other in crew[1:]:
        check_movable(other)
        other.work_order = visit.work_order
    take_turn_at_parts(part_ids_of([visit.work_order]))
    found = who_comes(visit, option, at, reason)
    if take_turn_at_weeks(found):
        found = who_comes(visit, option, at, reason)
    verdicts = {verdict.person.id: verdict for verdict in found}
    if len(verdicts) < len(crew):
        raise NoWindowLeft(
            _("Somebody else took that time meanwhile. Choose another one, or keep your appointment.")
        )
    promise(visit.work_order, (option.start, option.end), actor=actor, at=at)
    try:
        with transaction.atomic():
            for one, engineer_id in matched(crew, list(verdicts)):
                move_to(one, verdicts[engineer_id], reason, actor=actor, at=at, source="consent")
    except Conflict as problem:
        raise NoWindowLeft(
            _("Somebody else took that time meanwhile. Choose another one, or keep your appointment.")
        ) from problem
    follow_visits(visit.work_order, at=at)
