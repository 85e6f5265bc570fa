"""Work orders of tickets: made by the topic however late it is known, and not twice without a word."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from dispatch.models import WorkOrder, WorkType
from journal.services import deliver_all
from tenants.active import tenant_active
from tests.cast import AT, Company, Person
from tests.factories.dispatch import make_place, make_ticket, make_work_type
from tests.factories.tickets import make_ticket as open_ticket
from tickets import services as tickets
from tickets.models import Ticket, Topic

SignedIn = Callable[[Person], Client]


@pytest.fixture
def no_heat(acme: Company) -> WorkType:
    with tenant_active(acme.tenant.pk):
        topic = Topic.objects.create(code="no-heat", name="No heat")
        return make_work_type(topic=topic)


def work_of(acme: Company, ticket: Ticket) -> int:
    deliver_all()
    with tenant_active(acme.tenant.pk):
        return WorkOrder.objects.filter(ticket=ticket).count()


def test_a_topic_that_is_told_later_makes_the_work_order_too(acme: Company, no_heat: WorkType) -> None:
    with tenant_active(acme.tenant.pk):
        ticket = make_ticket()
    assert work_of(acme, ticket) == 0
    facts: dict[str, Any] = {"ticket_id": ticket.pk, "actor": acme.sora.actor, "at": AT}
    with tenant_active(acme.tenant.pk):
        tickets.triage_ticket(**facts, topic_id=no_heat.topic_id)
    assert work_of(acme, ticket) == 1
    with tenant_active(acme.tenant.pk):
        tickets.triage_ticket(**facts, topic_id=None)
        tickets.triage_ticket(**facts, topic_id=no_heat.topic_id)
    assert work_of(acme, ticket) == 1, "once"


def test_so_does_a_site_that_is_told_later(acme: Company, no_heat: WorkType) -> None:
    with tenant_active(acme.tenant.pk):
        place = make_place()
        ticket = open_ticket(customer_id=place.customer_id, topic_id=no_heat.topic_id)
    assert work_of(acme, ticket) == 0
    with tenant_active(acme.tenant.pk):
        tickets.triage_ticket(ticket_id=ticket.pk, actor=acme.sora.actor, at=AT, site_id=place.pk)
    assert work_of(acme, ticket) == 1


def test_a_solved_ticket_makes_none(acme: Company, no_heat: WorkType) -> None:
    with tenant_active(acme.tenant.pk):
        ticket = make_ticket()
        tickets.resolve_ticket(ticket_id=ticket.pk, resolution="", actor=acme.sora.actor, at=AT)
        tickets.triage_ticket(ticket_id=ticket.pk, actor=acme.sora.actor, at=AT, topic_id=no_heat.topic_id)
    assert work_of(acme, ticket) == 0


def test_the_form_proposes_the_kind_and_asks_before_making_it_twice(
    acme: Company, no_heat: WorkType, signed_in: SignedIn
) -> None:
    with tenant_active(acme.tenant.pk):
        make_work_type()
        ticket = make_ticket(topic_id=no_heat.topic_id)
    assert work_of(acme, ticket) == 1
    page, dora = f"/t/acme/tickets/{ticket.pk}/work/", signed_in(acme.dora)
    form = dora.get(page).content.decode()
    assert f'<option value="{no_heat.pk}" selected>' in form and "one more work order" not in form
    asked = dora.post(page, {"work_type": no_heat.pk})
    told = asked.content.decode()
    assert asked.status_code == 422 and "does this already" in told and 'name="again"' in told
    assert work_of(acme, ticket) == 1
    assert dora.post(page, {"work_type": no_heat.pk, "again": "on"}).status_code == 303
    assert work_of(acme, ticket) == 2
