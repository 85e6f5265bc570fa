"""Consent for crews: one question for all, windows in which all are free, and all move or nobody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client

from channels.models import OutboundMessage
from core.clock import now
from core.errors import Conflict
from dispatch import queries, services
from dispatch.enums import ConsentStatus, LockLevel
from dispatch.models import ConsentRequest, Visit
from dispatch.queries.live import forget
from feedback import links
from feedback.models import CustomerLink
from journal.services import deliver_all
from notices.models import Notice
from planning.enums import ChangeKind, RunKind
from tenants.active import tenant_active
from tests.cast import AT, Company, Person
from tests.factories.consents import HOUR, SYSTEM, local, make_appointment, make_question
from tests.factories.dispatch import make_visit
from tests.factories.workforce import make_engineer
from tests.planning.runs import accept, proposal, tomorrow
from workforce.models import Absence, Engineer, EngineerPair

SignIn = Callable[[Person], Client]


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    forget()


@pytest.fixture
def at() -> datetime:
    return now()


def lift(*more: Engineer, **facts: Any) -> list[Visit]:
    """The visits of two that the customer confirmed for tomorrow from ten to twelve."""
    first = make_appointment(facts.pop("at", AT), **facts)
    others = more or (make_engineer("Yuki"),)
    order = first.work_order
    order.crew_size = 1 + len(others)
    order.save(update_fields=["crew_size"])
    key = uuid4()
    Visit.objects.filter(pk=first.pk).update(crew_key=key)
    first.refresh_from_db()
    rest = [
        make_visit(
            first.start_at,
            engineer=one,
            work_order=order,
            lock_level=facts.get("lock_level", LockLevel.CONFIRMED),
            crew_key=key,
        )
        for one in others
    ]
    connection.check_constraints()
    return [first, *rest]


pytestmark = pytest.mark.django_db


def answer(consent: ConsentRequest, choice: int | None) -> ConsentRequest:
    found = services.answer_consent(consent_id=consent.pk, choice=choice, actor=SYSTEM, at=AT + HOUR)
    connection.check_constraints()
    return found


def where() -> dict[int, Any]:
    return {visit.engineer_id: visit.start_at for visit in Visit.objects.filter(crew_key__isnull=False)}


def test_one_question_is_asked_for_all_and_all_move(in_acme: Company) -> None:
    visits = lift()
    wanted = local(AT, 2, 14)
    consent = make_question(visits[1], start_at=wanted)
    for visit in visits:
        assert queries.open_consent_of(visit.pk) == consent
        with pytest.raises(Conflict, match="already") as refused:
            make_question(visit)
        assert refused.value.problem_code == "asked_already"
    wish, *others = queries.options_of(consent)
    assert set(wish.crew) == {visit.engineer_id for visit in visits} and wish.at == wanted
    assert others and all(len(set(option.crew)) == 2 for option in others)
    answer(consent, 0)
    assert where() == {visit.engineer_id: wanted for visit in visits}
    visits[0].work_order.refresh_from_db()
    assert visits[0].work_order.promised_start_at == wanted


def test_only_windows_in_which_all_are_free_are_offered(in_acme: Company) -> None:
    first, second = lift()
    for day in (1, 2, 3):
        make_visit(local(AT, day, 8), engineer=first.engineer, minutes=4 * 60 if day > 1 else 60)
        make_visit(local(AT, day, 13), engineer=second.engineer, minutes=4 * 60)
    offered = queries.options_of(make_question(first))
    assert offered
    for option in offered:
        for engineer_id in option.crew:
            begin, end = option.at, option.at + HOUR
            busy = Visit.objects.filter(engineer_id=engineer_id, start_at__lt=end, end_at__gt=begin)
            assert not busy.exclude(crew_key=first.crew_key).exists()


def test_another_window_is_booked_for_the_whole_crew(in_acme: Company) -> None:
    visits = lift()
    consent = make_question(visits[0])
    option = queries.options_of(consent)[1]
    answer(consent, 1)
    times = set(where().values())
    assert len(where()) == 2 and len(times) == 1 and option.start <= times.pop() < option.end
    consent.refresh_from_db()
    assert consent.status == ConsentStatus.CHOSE_OTHER


def test_nobody_moves_when_one_of_them_was_taken_meanwhile(in_acme: Company) -> None:
    visits = lift()
    before = where()
    consent = make_question(visits[0])
    option = queries.options_of(consent)[0]
    make_visit(option.start, engineer=visits[1].engineer, minutes=150)
    forget()
    with pytest.raises(services.NoWindowLeft):
        answer(consent, 0)
    assert where() == before
    consent.refresh_from_db()
    assert consent.status == ConsentStatus.ASKED
    visits[0].work_order.refresh_from_db()
    assert visits[0].work_order.promised_start_at == local(AT, 1, 10)
    left = queries.options_left(queries.get_consent(consent.pk), AT)
    assert 0 not in left and left


def test_who_is_ill_is_replaced_in_what_is_offered(in_acme: Company) -> None:
    ill, well = lift()
    spare = make_engineer("Spare")
    never = make_engineer("Never")
    EngineerPair.objects.create(first=well.engineer, second=never, liking="excluded")
    Absence.objects.create(engineer=ill.engineer, start_at=AT, end_at=local(AT, 20, 0))
    make_visit(ill.start_at, engineer=spare, minutes=150)
    make_visit(ill.start_at, engineer=never, minutes=150)
    (consent,) = services.ask_where_absent(engineer_id=ill.engineer_id, actor=SYSTEM, at=AT)
    for option in queries.options_of(consent):
        assert set(option.crew) == {well.engineer_id, spare.pk}
    answer(consent, 0)
    assert set(where()) == {well.engineer_id, spare.pk}
    assert not services.ask_where_absent(engineer_id=ill.engineer_id, actor=SYSTEM, at=AT)


def test_a_crew_that_can_come_in_the_window_with_another_is_not_asked_about(in_acme: Company) -> None:
    ill, _well = lift()
    make_engineer("Spare")
    Absence.objects.create(engineer=ill.engineer, start_at=AT, end_at=local(AT, 9, 0))
    assert services.ask_where_absent(engineer_id=ill.engineer_id, actor=SYSTEM, at=AT) == []
    assert not Notice.objects.exists()


def test_a_wish_that_one_of_them_cannot_keep_is_refused(in_acme: Company) -> None:
    visits = lift()
    wanted = local(AT, 2, 14)
    make_visit(wanted, engineer=visits[1].engineer)
    with pytest.raises(Conflict):
        make_question(visits[0], start_at=wanted)
    with pytest.raises(services.CannotSchedule):
        make_question(visits[0], start_at=local(AT, 3, 14), engineer_id=visits[1].engineer_id)


def test_a_crew_does_not_just_move_and_calling_off_ends_its_question(in_acme: Company) -> None:
    first, second = lift()
    with pytest.raises(services.NeedsConsent):
        services.move_visit(
            visit_id=second.pk,
            engineer_id=second.engineer_id,
            start_at=local(AT, 2, 14),
            version=second.version,
            actor=SYSTEM,
            at=AT,
        )
    consent = make_question(first)
    services.cancel_visit(visit_id=second.pk, reason="no lift", actor=SYSTEM, at=AT)
    consent.refresh_from_db()
    assert consent.status == ConsentStatus.WITHDRAWN


def test_from_the_board_to_the_customers_answer(
    acme: Company, signed_in: SignIn, client: Client, at: datetime
) -> None:
    with tenant_active(acme.tenant.pk):
        first, second = lift(at=at, days=2)
    dora = signed_in(acme.dora)
    day = local(at, 2, 0).date().isoformat()
    board = dora.get(f"/t/acme/board/?day={day}&visit={second.pk}").content.decode()
    assert board.count(f'data-crew="{first.crew_key}"') == 2
    assert board.count("together with Yuki") == board.count("together with Kenji") == 2, (
        "title and spoken text"
    )
    assert f'data-focus="visit-{first.pk}"' in board and f'href="#row-{first.pk}"' in board
    form = {
        "version": second.version,
        "engineer": second.engineer_id,
        "start_at": local(at, 3, 14).strftime("%Y-%m-%dT%H:%M"),
    }
    moved = dora.post(f"/t/acme/board/visits/{second.pk}/move/", form)
    assert moved.status_code == 303 and "/consent/?" in moved.headers["Location"]
    page = dora.get(moved.headers["Location"]).content.decode()
    assert "Kenji" in page and "Yuki" in page and "All of the crew move together" in page
    asked = dora.post(f"/t/acme/board/visits/{second.pk}/consent/", {**form, "act": "ask"})
    assert asked.status_code == 303
    with tenant_active(acme.tenant.pk):
        deliver_all()
        consent = ConsentRequest.objects.get()
        link = CustomerLink.objects.get(consent=consent)
        assert OutboundMessage.objects.filter(recipient="sato@ginza.example").count() == 1, "one question"
        path = links.path_of(acme.tenant, link)
    assert client.get(path).status_code == 200
    assert client.post(path, {"choice": "0"}).status_code in (200, 303)
    with tenant_active(acme.tenant.pk):
        connection.check_constraints()
        assert set(where().values()) == {local(at, 3, 14)} and len(where()) == 2


def test_a_planning_run_asks_once_for_a_crew_whose_engineer_is_ill(in_acme: Company) -> None:
    ill, well = make_engineer("Ill"), make_engineer("Well")
    spare = make_engineer("Spare", hours=("14:00", "20:00"))
    first, _second = lift(well, engineer=ill, at=now())
    Absence.objects.create(engineer=ill, start_at=tomorrow(), end_at=tomorrow(24))
    before = where()
    run = proposal(kind=RunKind.REPAIR)
    rows = list(run.changes.filter(work_order=first.work_order))
    assert [row.kind for row in rows] == [ChangeKind.ASK] * 2
    assert {row.to_engineer_id for row in rows} == {well.pk, spare.pk}
    assert accept(run) == {"accepted": 0, "stale": 0, "asked": 1}
    assert where() == before
    consent = ConsentRequest.objects.get()
    wish = queries.options_of(consent)[0]
    assert wish.is_wished and set(wish.crew) == {well.pk, spare.pk}
    services.answer_consent(consent_id=consent.pk, choice=0, actor=SYSTEM, at=now())
    connection.check_constraints()
    assert set(where()) == {well.pk, spare.pk} and set(where().values()) == {wish.at}
