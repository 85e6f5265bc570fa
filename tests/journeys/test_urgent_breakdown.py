"""An urgent breakdown, and an engineer who goes home ill, re-plan the afternoon; few customers notice.

What people do happens on pages; what the machine does is the planner and `deliver_all`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from channels.models import OutboundMessage
from core.clock import now
from customers.models import Contact
from dispatch.enums import ConsentStatus, LockLevel, VisitStatus
from dispatch.models import ConsentRequest, Visit, WorkOrder
from dispatch.queries.live import forget
from feedback import links
from feedback.models import CustomerLink
from journal.services import deliver_all
from planning import services as planning
from planning.enums import ChangeKind, RunState
from planning.models import PlanChange, PlanRun
from tenants.active import tenant_active
from tests.cast import Company, Person
from tests.factories.dispatch import make_place, make_visit, make_work_order, make_work_type
from tests.factories.workforce import make_engineer
from tests.planning.runs import tomorrow
from workforce.models import Engineer

SignIn = Callable[[Person], Client]
pytestmark = pytest.mark.django_db(transaction=True)

NAMES = ("Ito", "Mori", "Sato")
HOURS = (9, 11, 13)
HOUR = timedelta(hours=1)
Day = dict[tuple[str, int], Visit]


def test_the_afternoon_is_planned_anew_and_only_those_concerned_are_told(
    acme: Company, signed_in: SignIn
) -> None:
    forget()
    dora, anyone = signed_in(acme.dora), Client()
    ill, visits = a_planned_day(acme)
    pages = the_customers_are_told(acme, dora)
    urgent = an_urgent_breakdown_comes_in(acme, signed_in(acme.sora))
    the_engineer_goes_home(signed_in(acme.ada), ill)
    run = the_dispatcher_asks_for_a_plan(acme, dora)
    stranded = {visits["Ito", 13].pk, visits["Ito", 15].pk}
    the_proposal_explains_itself(acme, dora, run, urgent, stranded)
    the_dispatcher_accepts(acme, dora, run)
    others = the_others_stay(acme, visits, stranded)
    the_tracking_page_tells_who_comes_now(acme, anyone, pages, visits["Ito", 13], others)
    the_one_who_had_confirmed_is_asked_and_chooses(acme, anyone, visits["Ito", 15])
    nobody_is_in_two_places_or_ill_at_work(acme, ill, urgent)


def a_planned_day(acme: Company) -> tuple[Engineer, Day]:
    """Three engineers with visits through the day; the last of each is confirmed for three to five."""
    found: Day = {}
    with tenant_active(acme.tenant.pk):
        engineers = [
            make_engineer(name, hours=("08:00", "20:00"), home_longitude=139.70 + n / 50)
            for n, name in enumerate(NAMES)
        ]
        for n, engineer in enumerate(engineers):
            for hour in (*HOURS, 15):
                site = make_place(longitude=139.70 + n / 50 + hour / 2000)
                contact = Contact.objects.create(
                    customer=site.customer,
                    name="C",
                    email=f"{engineer.name}-{hour}@customers.example".lower(),
                )
                facts: dict[str, Any] = {"site": site, "contact": contact}
                if hour == 15:
                    facts |= {"promised_start_at": tomorrow(15), "promised_end_at": tomorrow(17)}
                found[engineer.name, hour] = make_visit(
                    tomorrow(hour),
                    engineer=engineer,
                    work_order=make_work_order(**facts),
                    minutes=120 if hour == 15 else 60,
                    lock_level=LockLevel.CONFIRMED if hour == 15 else LockLevel.PROPOSED,
                )
        make_work_type("breakdown", name="Breakdown")
    return engineers[0], found


def the_customers_are_told(acme: Company, dora: Client) -> dict[int, str]:
    """Dora sends the day: each customer gets one message with the page that shows who comes when."""
    day = tomorrow(9) + 9 * HOUR
    sent = dora.post("/t/acme/board/send/", {"day": day.date().isoformat()})
    assert sent.status_code == 303
    deliver_all()
    with tenant_active(acme.tenant.pk):
        assert set(Visit.objects.values_list("status", flat=True)) == {VisitStatus.DISPATCHED}
        assert messages_to(acme) == {f"{name.lower()}-{hour}@customers.example": 1
                                     for name in NAMES for hour in (*HOURS, 15)}  # fmt: skip
        return {link.visit_id: links.path_of(acme.tenant, link) for link in CustomerLink.objects.all()}


def messages_to(acme: Company) -> dict[str, int]:
    with tenant_active(acme.tenant.pk):
        told = list(OutboundMessage.objects.values_list("recipient", flat=True))
    return {recipient: told.count(recipient) for recipient in told}


def an_urgent_breakdown_comes_in(acme: Company, desk: Client) -> WorkOrder:
    """Sora takes the call: somebody must be there by two."""
    with tenant_active(acme.tenant.pk):
        site = make_place(longitude=139.72)
        from dispatch.models import WorkType

        work_type = WorkType.objects.get(code="breakdown")
    form = {
        "site": site.pk,
        "work_type": work_type.pk,
        "subject": "Water runs down the stairs",
        "priority": 1,
        "promised_end_at": (tomorrow(14) + 9 * HOUR).strftime("%Y-%m-%dT%H:%M"),
    }
    made = desk.post("/t/acme/work-orders/new/", form)
    assert made.status_code == 303, made.content.decode()[-1500:]
    deliver_all()
    with tenant_active(acme.tenant.pk):
        return WorkOrder.objects.get(subject=form["subject"])


def the_engineer_goes_home(admin: Client, ill: Engineer) -> None:
    """Noting the absence shows which visits lie in it, before it is saved."""
    day = (tomorrow(9) + 9 * HOUR).date().isoformat()
    form = {"first_on": day, "starts": "12:00", "last_on": day, "ends": "20:00", "reason": "ill"}
    path = f"/t/acme/engineers/{ill.pk}/absences/new/"
    shown = admin.post(path, form)
    assert shown.status_code == 422 and shown.context["asks"]
    assert len(shown.context["touched"]) == 2
    assert admin.post(path, {**form, "seen": shown.context["seen"]}).status_code == 303
    deliver_all()


def the_dispatcher_asks_for_a_plan(acme: Company, dora: Client) -> PlanRun:
    """Dora asks to re-plan the day; the planner takes it up."""
    day = (tomorrow(9) + 9 * HOUR).date().isoformat()
    asked = dora.post("/t/acme/planning/", {"kind": "repair", "day": day, "days": 1, "budget_seconds": 2})
    assert asked.status_code == 303
    with tenant_active(acme.tenant.pk):
        PlanRun.objects.update(steps=150)
    assert planning.carry_out_due() == 1
    with tenant_active(acme.tenant.pk):
        run = PlanRun.objects.get()
        assert run.state == RunState.PROPOSED, run.problem
        assert Visit.objects.filter(engineer__name="Ito").count() == 4, "nothing moves before it is accepted"
    return run


def the_proposal_explains_itself(
    acme: Company, dora: Client, run: PlanRun, urgent: WorkOrder, stranded: set[int]
) -> None:
    page = dora.get(f"/t/acme/planning/{run.pk}/").content.decode()
    for text in (str(urgent), "Needs the customer’s consent", "Customers disturbed", "Accept all"):
        assert text.replace("’", "&#x27;") in page or text in page, text
    with tenant_active(acme.tenant.pk):
        rows = {row.work_order_id: row for row in PlanChange.objects.filter(run=run)}
        added = rows[urgent.pk]
        assert (added.kind, added.late_minutes) == (ChangeKind.ADD, 0)
        assert stranded <= {row.visit_id for row in rows.values()}
        assert run.figures["changes"]["told"] <= len(stranded) + 1, "few customers are disturbed"
        asked = next(row for row in rows.values() if row.kind == ChangeKind.ASK)
        assert asked.visit_id in stranded and asked.visit and asked.visit.lock_level == LockLevel.CONFIRMED


def the_dispatcher_accepts(acme: Company, dora: Client, run: PlanRun) -> None:
    done = dora.post(f"/t/acme/planning/{run.pk}/decide/", {"act": "accept_all"}, follow=True)
    assert "overtaken" not in done.content.decode()
    deliver_all()
    with tenant_active(acme.tenant.pk):
        run.refresh_from_db()
        assert run.state == RunState.CLOSED


def the_others_stay(acme: Company, visits: Day, stranded: set[int]) -> list[Visit]:
    """Whoever had nothing to do with it is where they were, with the word they had."""
    with tenant_active(acme.tenant.pk):
        now_planned = {visit.pk: visit for visit in Visit.objects.select_related("engineer")}
        same = [
            visit
            for visit in visits.values()
            if (now_planned[visit.pk].engineer_id, now_planned[visit.pk].start_at)
            == (visit.engineer_id, visit.start_at)
        ]
    assert len(same) >= len(visits) - len(stranded)
    told = messages_to(acme)
    for (name, hour), visit in visits.items():
        asked = 1 if (name, hour) == ("Ito", 15) else 0
        assert told[f"{name.lower()}-{hour}@customers.example"] == 1 + asked, visit
    return [visit for visit in same if visit.pk not in stranded]


def the_tracking_page_tells_who_comes_now(
    acme: Company, anyone: Client, pages: dict[int, str], moved: Visit, others: list[Visit]
) -> None:
    with tenant_active(acme.tenant.pk):
        was = moved.engineer_id
        moved.refresh_from_db()
        name, is_elsewhere = moved.engineer.name, moved.engineer_id != was
    assert is_elsewhere
    page = anyone.get(pages[moved.pk]).content.decode()
    assert name in page and "Ito" not in page
    assert others[0].engineer.name in anyone.get(pages[others[0].pk]).content.decode()


def the_one_who_had_confirmed_is_asked_and_chooses(acme: Company, anyone: Client, visit: Visit) -> None:
    """Nobody can keep three to five: the customer was asked when the absence was noted, and takes the first."""
    with tenant_active(acme.tenant.pk):
        consent = ConsentRequest.objects.get()
        assert (consent.visit_id, consent.status) == (visit.pk, ConsentStatus.ASKED)
        link = CustomerLink.objects.get(consent=consent)
        path, wish = links.path_of(acme.tenant, link), consent.options[0]
        opens, closes = datetime.fromisoformat(wish["start"]), datetime.fromisoformat(wish["end"])
        before = Visit.objects.get(pk=visit.pk)
        assert (before.engineer_id, before.start_at) == (visit.engineer_id, visit.start_at), (
            "nothing moved yet"
        )
    page = anyone.get(path).content.decode()
    assert "May we move your visit?" in page and "15:00–17:00" in page
    assert anyone.post(path, {"choice": "0"}).status_code in (200, 303)
    deliver_all()
    with tenant_active(acme.tenant.pk):
        after = Visit.objects.get(pk=visit.pk)
        assert opens <= after.start_at < closes
        is_well = after.end_at <= tomorrow(12) or after.start_at >= tomorrow(20)
        assert after.engineer_id != visit.engineer_id or is_well
        assert after.lock_level == LockLevel.CONFIRMED


def nobody_is_in_two_places_or_ill_at_work(acme: Company, ill: Engineer, urgent: WorkOrder) -> None:
    with tenant_active(acme.tenant.pk):
        living = Visit.objects.exclude(status=VisitStatus.CANCELLED)
        away = living.filter(engineer=ill, start_at__lt=tomorrow(20), end_at__gt=tomorrow(12))
        assert not away.exists()
        first = living.get(work_order=urgent)
        assert now() < first.start_at <= tomorrow(14)
