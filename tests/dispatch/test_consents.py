"""Consent: what needs it, asking with graded windows, each answer, the end of the time, and asking by itself."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from core.clock import now
from core.errors import BadInput, Conflict, IllegalTransition, NotAllowed, Refusal
from dispatch import queries, services
from dispatch.enums import ConsentCause, ConsentStatus, LockLevel, VisitStatus
from dispatch.models import ConsentRequest, DispatchPolicy, DispatchTimer, Visit
from dispatch.queries.live import forget
from dispatch.queries.windows import options_left, window_around
from dispatch.rules import CONSENT_TRANSITIONS, appointment
from journal.models import AuditEntry
from notices.models import Notice
from tenants.active import tenant_active
from tests.cast import AT, Company, Person
from tests.factories.consents import HOUR, SYSTEM, local, make_appointment, make_question
from tests.factories.dispatch import make_visit
from tests.factories.workforce import make_engineer
from workforce import services as workforce
from workforce.models import Absence

Program = Callable[..., Client]
SignIn = Callable[[Person], Client]
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    forget()


def _move(visit: Visit, start_at: datetime, **facts: Any) -> Visit:
    facts = {"engineer_id": visit.engineer_id, "actor": SYSTEM, **facts}
    return services.move_visit(visit_id=visit.pk, start_at=start_at, version=visit.version, at=AT, **facts)


def _answer(consent: ConsentRequest, choice: int | None, **facts: Any) -> ConsentRequest:
    return services.answer_consent(
        consent_id=consent.pk, choice=choice, **{"actor": SYSTEM, "at": AT + HOUR, **facts}
    )


def test_what_needs_consent() -> None:
    def held(level: str) -> Any:
        opens = AT + HOUR
        promised = (opens, opens + 2 * HOUR)
        return appointment(lock_level=level, engineer_id=1, start_at=opens, promised=promised)

    inside, outside = AT + 2 * HOUR, AT + 4 * HOUR
    assert not held(LockLevel.PROPOSED).needs_consent(2, outside)
    assert not held(LockLevel.CONFIRMED).needs_consent(2, inside)
    assert held(LockLevel.CONFIRMED).needs_consent(1, outside)
    assert held(LockLevel.COMMITTED).needs_consent(2, inside)
    bare = appointment(lock_level="confirmed", engineer_id=1, start_at=AT, promised=(None, None))
    assert bare.needs_consent(1, AT + MINUTE) and not bare.needs_consent(2, AT)


def test_a_confirmed_visit_does_not_just_move(in_acme: Company) -> None:
    visit = make_appointment()
    with pytest.raises(services.NeedsConsent) as refusal:
        _move(visit, local(AT, 2, 14))
    assert "confirmed Tue 24 Nov" in refusal.value.message and "10:00–12:00" in refusal.value.message
    assert refusal.value.facts["ask"] == f"/api/v1/visits/{visit.pk}/consent"
    other = make_engineer("Other")
    moved = _move(visit, visit.start_at + HOUR, engineer_id=other.pk)
    assert (moved.engineer, moved.lock_level) == (other, LockLevel.CONFIRMED)


def test_who_heard_it_on_the_phone_says_so_and_moves_it(in_acme: Company) -> None:
    visit = make_appointment()
    consent, wanted = make_question(visit), local(AT, 2, 14)
    with pytest.raises(BadInput, match="Say how"):
        _move(visit, wanted, customer_agreed=True)
    dora = in_acme.dora.actor
    moved = _move(visit, wanted, customer_agreed=True, override_reason="Ms Sato called", actor=dora)
    order = moved.work_order
    assert (moved.start_at, moved.lock_level) == (wanted, LockLevel.CONFIRMED)
    assert (order.promised_start_at, order.promised_end_at) == (wanted, wanted + 2 * HOUR)
    told = AuditEntry.objects.get(verb="moved")
    assert (told.reason, told.source) == ("Ms Sato called", "customer agreed")
    consent.refresh_from_db()
    assert consent.status == ConsentStatus.WITHDRAWN
    assert not DispatchTimer.objects.filter(done_at=None).exists()


def test_the_wish_comes_first_and_four_others_are_graded(in_acme: Company) -> None:
    visit = make_appointment()
    other, wanted = make_engineer("Other"), local(AT, 2, 14)
    consent = make_question(visit, engineer_id=other.pk, start_at=wanted, version=visit.version)
    options = queries.options_of(consent)
    assert len(options) == 5 and options[0].is_wished and not any(o.is_wished for o in options[1:])
    assert (options[0].start, options[0].engineer_id, options[0].at) == (wanted, other.pk, wanted)
    assert {option.grade for option in options} <= {"A", "B", "C"}
    assert [o.start for o in options[1:]] == sorted(o.start for o in options[1:])
    assert all(option.start >= AT + 2 * HOUR for option in options)
    assert local(AT, 1, 10) not in [option.start for option in options]
    assert options_left(queries.get_consent(consent.pk), AT) == {0, 1, 2, 3, 4}
    assert consent.expires_at == AT + 240 * MINUTE
    assert DispatchTimer.objects.get().due_at == consent.expires_at


def test_agreeing_moves_the_visit_and_the_promise(in_acme: Company) -> None:
    visit = make_appointment(status=VisitStatus.ACCEPTED, sent_at=AT, accepted_at=AT)
    wanted = local(AT, 2, 14)
    consent = make_question(visit, start_at=wanted)
    _answer(consent, 0, comment="  Please ring twice ")
    visit.refresh_from_db()
    consent.refresh_from_db()
    assert (visit.start_at, visit.lock_level, visit.status) == (wanted, "confirmed", "dispatched")
    assert visit.work_order.promised_start_at == wanted
    assert (consent.status, consent.chosen, consent.comment) == ("agreed", 0, "Please ring twice")
    assert _answer(consent, 0).version == consent.version
    with pytest.raises(IllegalTransition, match="Agreed"):
        _answer(consent, 1)


def test_another_window_is_booked_by_who_fits(in_acme: Company) -> None:
    consent = make_question()
    second = queries.options_of(consent)[1]
    _answer(consent, 1)
    visit = Visit.objects.get()
    assert second.start <= visit.start_at < second.end
    consent.refresh_from_db()
    assert (consent.status, consent.chosen) == ("chose_other", 1)


def test_keeping_moves_nothing_and_tells_who_asked(in_acme: Company) -> None:
    visit = make_appointment()
    consent = services.ask_consent(visit_id=visit.pk, actor=in_acme.dora.actor, at=AT)
    _answer(consent, None, comment="We close at noon")
    assert Visit.objects.get().start_at == visit.start_at
    notice = Notice.objects.get(kind="consent_answered")
    assert notice.membership_id == in_acme.dora.membership.pk
    assert (notice.facts["status"], notice.facts["comment"]) == ("kept", "We close at noon")


def test_nobody_answers_in_time(in_acme: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    consent = make_question()
    end = consent.expires_at
    monkeypatch.setattr("dispatch.services.timers.now", lambda: end - MINUTE)
    assert services.fire_due_timers() == 0
    monkeypatch.setattr("dispatch.services.timers.now", lambda: end)
    assert services.fire_due_timers() == 1
    consent.refresh_from_db()
    assert consent.status == ConsentStatus.EXPIRED
    assert Notice.objects.filter(kind="consent_answered", facts__status="expired").exists()
    with pytest.raises(IllegalTransition, match="No answer"):
        _answer(consent, 0, at=end)


def test_an_answer_after_the_time_is_too_late_even_before_the_clock(in_acme: Company) -> None:
    consent = make_question()
    with pytest.raises(Conflict, match="could be answered until"):
        _answer(consent, 0, at=consent.expires_at)


def test_a_window_that_was_taken_is_told_and_the_others_stay(in_acme: Company) -> None:
    consent = make_question(start_at=local(AT, 2, 14))
    option = queries.options_of(consent)[0]
    make_visit(option.start, engineer=Visit.objects.get().engineer, minutes=120)
    with pytest.raises(services.NoWindowLeft):
        _answer(consent, 0)
    consent.refresh_from_db()
    assert consent.status == ConsentStatus.ASKED
    left = options_left(queries.get_consent(consent.pk), AT)
    assert 0 not in left and left
    assert Visit.objects.order_by("id")[0].work_order.promised_start_at == local(AT, 1, 10)


def test_somebody_else_comes_when_who_was_offered_is_taken(in_acme: Company) -> None:
    visit = make_appointment()
    other, wanted = make_engineer("Other"), local(AT, 2, 14)
    consent = make_question(visit, start_at=wanted)
    make_visit(wanted, engineer=visit.engineer, minutes=120)
    _answer(consent, 0)
    visit.refresh_from_db()
    assert visit.engineer == other and wanted <= visit.start_at < wanted + 2 * HOUR


def test_what_cannot_be_asked_says_why(in_acme: Company) -> None:
    plain = make_appointment(lock_level=LockLevel.PROPOSED)
    with pytest.raises(Conflict, match="has not confirmed"):
        make_question(plain)
    mute = make_appointment(hour=14, email="", engineer=plain.engineer)
    with pytest.raises(Conflict, match="no address") as refusal:
        make_question(mute)
    assert refusal.value.problem_code == "no_way"
    visit = make_appointment(hour=16, engineer=plain.engineer)
    with pytest.raises(Conflict, match="leaves what they confirmed"):
        make_question(visit, start_at=visit.start_at)
    with pytest.raises(Conflict, match="was changed by"):
        make_question(visit, version=99)
    with pytest.raises(NotAllowed):
        services.ask_consent(visit_id=visit.pk, actor=in_acme.tom.actor, at=AT)
    with pytest.raises(Conflict, match="no time to wait"):
        make_question(visit, visit.start_at - 10 * MINUTE)
    make_question(visit)
    with pytest.raises(Conflict, match="was asked at"):
        make_question(visit)


def test_a_wish_that_breaks_a_rule_is_refused_like_a_move(in_acme: Company) -> None:
    visit = make_appointment()
    Absence.objects.create(engineer=visit.engineer, start_at=local(AT, 2, 0), end_at=local(AT, 3, 0))
    with pytest.raises(services.CannotSchedule, match="absent"):
        make_question(visit, start_at=local(AT, 2, 14))


def test_a_visit_called_off_asks_nothing_any_more(in_acme: Company) -> None:
    consent = make_question()
    services.cancel_visit(visit_id=consent.visit_id, reason="not needed", actor=SYSTEM, at=AT)
    consent.refresh_from_db()
    assert consent.status == ConsentStatus.WITHDRAWN


def test_the_database_keeps_one_question_and_legal_ends(in_acme: Company) -> None:
    consent = make_question()
    assert set(CONSENT_TRANSITIONS[ConsentStatus.ASKED]) == set(ConsentStatus) - {ConsentStatus.ASKED}
    assert not any(after for before, after in CONSENT_TRANSITIONS.items() if before != ConsentStatus.ASKED)
    again = ConsentRequest.objects.get()
    again.pk = None
    with pytest.raises(DatabaseError, match="consent_asked_once"), transaction.atomic():
        again.save()
    services.withdraw_consent(consent_id=consent.pk, actor=SYSTEM, at=AT)
    with pytest.raises(DatabaseError, match="may not become"), transaction.atomic():
        ConsentRequest.objects.update(status=ConsentStatus.ASKED)


def test_the_customers_of_an_absent_engineer_are_asked_by_themselves(in_acme: Company) -> None:
    visit = make_appointment()
    workforce.add_absence(
        engineer_id=visit.engineer_id,
        start_at=local(AT, 1, 0),
        end_at=local(AT, 2, 0),
        reason="ill",
        actor=in_acme.dora.actor,
        at=AT,
    )
    asked = services.ask_where_absent(engineer_id=visit.engineer_id, actor=SYSTEM, at=AT)
    assert [(one.visit_id, one.cause) for one in asked] == [(visit.pk, ConsentCause.ABSENCE)]
    absent = (local(AT, 1, 0), local(AT, 2, 0))
    assert not any(absent[0] <= o.at < absent[1] for o in queries.options_of(asked[0]))
    assert services.ask_where_absent(engineer_id=visit.engineer_id, actor=SYSTEM, at=AT) == []
    services.withdraw_consent(consent_id=asked[0].pk, actor=SYSTEM, at=AT)
    assert services.ask_where_absent(engineer_id=visit.engineer_id, actor=SYSTEM, at=AT) == []


@pytest.mark.parametrize("why", ["somebody else can", "policy", "proposed", "too far"])
def test_nobody_is_asked_without_need(in_acme: Company, why: str) -> None:
    level = LockLevel.PROPOSED if why == "proposed" else LockLevel.CONFIRMED
    visit = make_appointment(lock_level=level, days=9 if why == "too far" else 1)
    Absence.objects.create(engineer=visit.engineer, start_at=AT, end_at=local(AT, 12, 0))
    make_engineer("Late", hours=("14:00", "20:00"))
    if why == "somebody else can":
        make_engineer("Other")
    if why == "policy":
        DispatchPolicy.objects.create(
            version=1, status="published", limits={"consent_days": 0}, created_at=AT
        )
    assert services.ask_where_absent(engineer_id=visit.engineer_id, actor=SYSTEM, at=AT) == []
    assert not Notice.objects.exists()


def test_who_plans_is_told_when_a_customer_cannot_be_asked(in_acme: Company) -> None:
    visit = make_appointment(email="")
    Absence.objects.create(engineer=visit.engineer, start_at=AT, end_at=local(AT, 2, 0))
    assert services.ask_where_absent(engineer_id=visit.engineer_id, actor=SYSTEM, at=AT) == []
    notice = Notice.objects.get(kind="consent_impossible")
    assert notice.membership_id == in_acme.dora.membership.pk
    assert "no address" in notice.facts["reason"]


def test_a_window_at_night_begins_with_the_visit(in_acme: Company) -> None:
    order = make_appointment().work_order
    assert window_around(order, local(AT, 1, 15)) == (local(AT, 1, 14), local(AT, 1, 16))
    night = local(AT, 1, 23)
    assert window_around(order, night) == (night, night + 2 * HOUR)


def test_by_the_api(acme: Company, program: Program) -> None:
    api = program(acme)
    with tenant_active(acme.tenant.pk):
        visit = make_appointment(now(), days=2)
        wanted = local(now(), 3, 14).isoformat()
    body: dict[str, Any] = {"engineer": visit.engineer_id, "start_at": wanted, "version": 1}
    path = f"/api/v1/visits/{visit.pk}"
    refused = api.patch(path, body, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (409, "needs_consent"), refused.content
    asked = api.post(refused.json()["facts"]["ask"], body, content_type="application/json")
    assert asked.status_code == 201, asked.content
    told = asked.json()
    assert told["status"] == "asked" and told["options"][0]["is_wished"]
    found = api.get(f"/api/v1/consents?visit={visit.pk}").json()["results"]
    assert [one["id"] for one in found] == [told["id"]]
    ended = api.post(f"/api/v1/consents/{told['id']}/withdraw", {}, content_type="application/json")
    assert ended.json()["status"] == "withdrawn"
    body |= {"customer_agreed": True, "override_reason": "by phone"}
    assert api.patch(path, body, content_type="application/json").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_the_customer_and_a_dispatcher_at_once_one_wins(acme: Company) -> None:
    """Whoever comes second is told; the visit stands where the first one put it."""
    with tenant_active(acme.tenant.pk):
        visit = make_appointment()
        consent = make_question(visit, start_at=local(AT, 2, 14))
    barrier, ends = threading.Barrier(2), {}

    def answer() -> None:
        _answer(consent, 0)

    def move() -> None:
        _move(visit, local(AT, 3, 10), customer_agreed=True, override_reason="by phone")

    def run(name: str, act: Callable[[], None]) -> None:
        try:
            with tenant_active(acme.tenant.pk):
                barrier.wait()
                act()
            ends[name] = "done"
        except Refusal as problem:
            ends[name] = problem.problem_code
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in (("customer", answer), ("desk", move))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with tenant_active(acme.tenant.pk):
        visit.refresh_from_db()
        consent.refresh_from_db()
        assert sorted(ends.values())[0] == "done" and set(ends.values()) - {"done"}
        if ends["customer"] == "done":
            assert (ends["desk"], visit.start_at, consent.status) == ("stale", local(AT, 2, 14), "agreed")
        else:
            assert (visit.start_at, consent.status) == (local(AT, 3, 10), "withdrawn")
