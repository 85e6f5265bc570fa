"""Work that waits for other work: made by page and API, kept by every planner, never a circle."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from core.errors import BadInput, Conflict, IllegalTransition, NotFound
from dispatch import queries, services
from dispatch.enums import LinkKind
from dispatch.models import WorkOrder, WorkOrderLink
from journal.models import AuditEntry
from tenants.active import tenant_active
from tests.cast import AT, Company, Person
from tests.factories.consents import HOUR, SYSTEM
from tests.factories.dispatch import make_visit, make_work_order
from tests.factories.workforce import make_engineer


def link(first: WorkOrder, then: WorkOrder, **facts: Any) -> WorkOrderLink:
    given = {"kind": "after", "actor": SYSTEM, "at": AT, **facts}
    return services.link_work_orders(first_id=first.pk, then_id=then.pk, **given)


def test_work_that_waits_has_candidates_only_after_what_it_waits_for(in_acme: Company) -> None:
    engineer = make_engineer(hours=("00:00", "23:59"))
    first = make_visit(AT + 3 * HOUR, engineer=engineer)
    then = make_work_order()
    link(first.work_order, then, gap_minutes=30)
    answer = queries.candidates(queries.get_work_order(then.pk), AT, days=1)
    assert answer.candidates[0].verdict.span[0] >= (first.end_at + timedelta(minutes=30)).timestamp()
    with pytest.raises(services.CannotSchedule, match=str(first.work_order)):
        services.schedule_visit(
            work_order_id=then.pk, engineer_id=engineer.pk, start_at=AT + HOUR, actor=SYSTEM, at=AT
        )


def test_the_same_link_again_changes_its_gap_and_no_other(in_acme: Company) -> None:
    first, then = make_work_order(), make_work_order()
    assert link(first, then).pk == link(first, then, gap_minutes=45).pk
    assert WorkOrderLink.objects.get().gap_minutes == 45
    link(first, then, kind=LinkKind.SAME_DAY)
    assert WorkOrderLink.objects.count() == 2


def test_no_circle_however_long(in_acme: Company) -> None:
    one, two, three = make_work_order(), make_work_order(), make_work_order()
    link(one, two)
    link(two, three)
    for first, then in ((three, one), (two, one), (one, one)):
        with pytest.raises(Conflict, match="waits for"):
            link(first, then)
    assert WorkOrderLink.objects.count() == 2


def test_bad_links_are_refused_with_words(in_acme: Company) -> None:
    first, then = make_work_order(), make_work_order()
    with pytest.raises(BadInput, match="0 to 525600"):
        link(first, then, gap_minutes=-1)
    with pytest.raises(NotFound):
        services.unlink_work_orders(link_id=987_654, actor=SYSTEM, at=AT)
    services.cancel_work_order(work_order_id=first.pk, reason="Not wanted", actor=SYSTEM, at=AT)
    with pytest.raises(IllegalTransition, match=str(first)):
        link(first, then)
    assert not WorkOrderLink.objects.exists()


def test_who_linked_and_unlinked_stands_in_the_journal(in_acme: Company) -> None:
    first, then = make_work_order(), make_work_order()
    made = link(first, then)
    assert services.unlink_work_orders(link_id=made.pk, actor=SYSTEM, at=AT) == then
    verbs = AuditEntry.objects.filter(object_id=str(then.pk)).order_by("id").values_list("verb", flat=True)
    assert list(verbs)[-2:] == ["linked", "unlinked"]


@pytest.mark.django_db(transaction=True)
def test_two_who_link_at_once_make_no_circle(acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        one, two = make_work_order(), make_work_order()
    gate = threading.Barrier(2)
    told: list[str] = []

    def act(first: WorkOrder, then: WorkOrder) -> None:
        try:
            with tenant_active(acme.tenant.pk):
                gate.wait(10)
                link(first, then)
                told.append("linked")
        except Conflict as problem:
            told.append(problem.problem_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=pair) for pair in ((one, two), (two, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(told) == ["circle", "linked"]


class TestDoors:
    @pytest.fixture
    def dora(self, acme: Company, signed_in: Callable[[Person], Client]) -> Client:
        return signed_in(acme.dora)

    @pytest.fixture
    def works(self, acme: Company) -> tuple[WorkOrder, WorkOrder]:
        with tenant_active(acme.tenant.pk):
            return make_work_order(subject="Pour the base"), make_work_order(subject="Set the boiler")

    def test_the_page_links_shows_both_ways_and_unlinks(
        self, acme: Company, dora: Client, works: tuple[WorkOrder, WorkOrder]
    ) -> None:
        first, then = works
        page = f"/t/acme/work-orders/{then.pk}/"
        form = {"first": f" wo-{first.number} ", "kind": "same_day", "gap_minutes": "15"}
        assert dora.post(f"{page}link/", form).status_code == 303
        assert "Pour the base" in dora.get(page).content.decode()
        assert "Set the boiler" in dora.get(f"/t/acme/work-orders/{first.pk}/").content.decode()
        with tenant_active(acme.tenant.pk):
            made = WorkOrderLink.objects.get()
        assert (made.kind, made.gap_minutes) == ("same_day", 15)
        assert dora.post(f"/t/acme/work-order-links/{made.pk}/remove/").status_code == 303
        assert "Pour the base" not in dora.get(page).content.decode()

    @pytest.mark.parametrize(
        ("number", "words"), [("WO-999999", "no work order WO-999999"), ("soon", "no work order soon")]
    )
    def test_an_unknown_number_is_told_on_the_page(
        self, dora: Client, works: tuple[WorkOrder, WorkOrder], number: str, words: str
    ) -> None:
        answer = dora.post(
            f"/t/acme/work-orders/{works[1].pk}/link/", {"first": number, "kind": "after", "gap_minutes": ""}
        )
        assert answer.status_code == 422 and words in answer.content.decode()

    def test_the_api(
        self, acme: Company, program: Callable[..., Client], works: tuple[WorkOrder, WorkOrder]
    ) -> None:
        api, (first, then) = program(acme), works
        body = {"first": first.pk, "then": then.pk, "kind": "immediately"}
        made = api.post("/api/v1/work-order-links", body, content_type="application/json")
        assert made.status_code == 201 and made.json()["kind"] == "immediately"
        back = {"first": then.pk, "then": first.pk}
        refused = api.post("/api/v1/work-order-links", back, content_type="application/json")
        assert (refused.status_code, refused.json()["code"]) == (409, "circle")
        assert len(api.get(f"/api/v1/work-order-links?then={then.pk}").json()["results"]) == 1
        assert api.delete(f"/api/v1/work-order-links/{made.json()['id']}").status_code == 204
