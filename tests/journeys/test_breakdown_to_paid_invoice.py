"""The product as one story: a customer without heat asks for help, and pays for it three days later.

Each step is what a person does on a page; what the machine does in between is `deliver_all`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from billing.enums import InvoiceStatus
from billing.models import Invoice, LedgerLine
from channels.services import send_due
from delivery.models import ChecklistItem
from dispatch.enums import RunOutcome, VisitStatus, WorkOrderStatus
from dispatch.models import DispatchRun, Visit, WorkOrder
from feedback.models import Response
from inventory.models import StockLevel
from journal.services import deliver_all
from tenants.active import tenant_active
from tests.cast import Company, Person
from tests.delivery.acts import drawing
from tests.factories.billing import today
from tests.factories.delivery import picture
from tests.journeys.company import Furnished, furnish
from tickets.enums import SlaKpi, TicketStatus
from tickets.models import SlaClock, Ticket

SignIn = Callable[[Person], Client]
pytestmark = pytest.mark.django_db(transaction=True)

REQUEST = {
    "subject": "No heat since this morning",
    "body": "The radiators are cold on every floor.",
    "address": "Uchikanda 2-4-8, Chiyoda",
    "name": "Mari Aoki",
    "email": "mari@aoki.example",
}


def test_breakdown_to_paid_invoice(acme: Company, signed_in: SignIn, mailoutbox: list[Any]) -> None:
    world = furnish(acme)
    number = the_customer_asks()
    order = the_desk_makes_work(acme, signed_in(acme.sora), number, world)
    visit = a_rule_picks_the_engineer(acme, order, world)
    the_engineer_does_the_work(acme, signed_in(acme.tom), visit, world)
    deliver_all()
    invoice = the_clerk_issues_and_is_paid(acme, signed_in(acme.cora), order)
    send_due()
    the_customer_rates(acme, mailoutbox, visit)
    deliver_all()
    the_director_sees_it(signed_in(acme.dirk))
    the_record_is_whole(acme, invoice, order)


def the_customer_asks() -> int:
    """The public form, no sign-in: the answer names the ticket."""
    answer = Client().post("/c/acme/request/", REQUEST, follow=True)
    found = re.search(r"T-(\d+)", answer.content.decode())
    assert answer.status_code == 200
    assert found, "the customer is told the ticket's number"
    return int(found.group(1))


def the_desk_makes_work(acme: Company, desk: Client, number: int, world: Furnished) -> WorkOrder:
    """Sora sees the ticket with its clocks, and turns it into work at the address given."""
    with tenant_active(acme.tenant.pk):
        ticket = Ticket.objects.get(number=number)
        assert SlaClock.objects.filter(ticket=ticket).count() == 3
    assert REQUEST["subject"] in desk.get("/t/acme/tickets/").content.decode()
    page = desk.get(f"/t/acme/tickets/{ticket.pk}/").content.decode()
    assert REQUEST["body"] in page
    made = desk.post(f"/t/acme/tickets/{ticket.pk}/work/", {"work_type": world.work_type.pk})
    assert made.status_code in (302, 303), made.content.decode()
    with tenant_active(acme.tenant.pk):
        order = WorkOrder.objects.select_related("site").get(ticket=ticket)
        assert order.site.address == REQUEST["address"]
        assert order.promised_end_at is not None, "the arrival clock is the scheduler's promise"
    return order


def a_rule_picks_the_engineer(acme: Company, order: WorkOrder, world: Furnished) -> Visit:
    """Auto-dispatch chooses Tom, says why, and the ticket waits for the visit."""
    deliver_all()
    with tenant_active(acme.tenant.pk):
        run = DispatchRun.objects.get(work_order=order, outcome=RunOutcome.ASSIGNED)
        visit = Visit.objects.get(work_order=order)
        assert run.visit_id == visit.pk
        assert run.explanation["chosen"]
        assert visit.engineer_id == world.engineer.pk
        assert visit.status == VisitStatus.DISPATCHED
        assert order.ticket is not None
        assert Ticket.objects.get(pk=order.ticket.pk).status == TicketStatus.WAITING
    return visit


def the_engineer_does_the_work(acme: Company, phone: Client, visit: Visit, world: Furnished) -> None:
    """Tom's taps: accept, travel, arrive, checklist, a part, a photo, the signature, finish."""
    here = f"/t/acme/visits/{visit.pk}/"
    assert REQUEST["subject"] in phone.get("/t/acme/my-visits/").content.decode()
    for step in ("accept", "travel", "arrive"):
        tap(phone, f"{here}{step}/")
    too_early = phone.post(f"{here}finish/", {"remarks": ""})
    assert too_early.status_code == 422, "required evidence gates completion"
    with tenant_active(acme.tenant.pk):
        check, reading, photo = ChecklistItem.objects.order_by("position")
    tap(phone, f"{here}checklist/{check.pk}/", value="pass")
    tap(phone, f"{here}checklist/{reading.pk}/", value="1.4")
    tap(phone, f"{here}photos/", photo=_upload(), kind="after", item_id=photo.pk)
    tap(phone, f"{here}parts/", code=world.part.code, quantity="1")
    tap(phone, f"{here}sign/", signer_name="Mari Aoki", signature=drawing())
    tap(phone, f"{here}finish/", remarks="Igniter changed")
    with tenant_active(acme.tenant.pk):
        visit.refresh_from_db()
        assert visit.status == VisitStatus.DONE
        assert StockLevel.objects.get(part=world.part, location=world.van).on_hand == 2
        ticket_id = WorkOrder.objects.get(pk=visit.work_order_id).ticket_id
        arrival = SlaClock.objects.get(ticket=ticket_id, kpi=SlaKpi.ARRIVAL)
        assert arrival.state == "met", "arriving met the promise"


def the_clerk_issues_and_is_paid(acme: Company, clerk: Client, order: WorkOrder) -> Invoice:
    """Cora sees the charges with their reasons, issues the invoice, prints it, records the payment."""
    page = clerk.get(f"/t/acme/settlement/?work_order={order.pk}").content.decode()
    assert "Igniter" in page
    tap(clerk, f"/t/acme/work-orders/{order.pk}/invoice/")
    with tenant_active(acme.tenant.pk):
        invoice = Invoice.objects.get(work_order=order)
        assert invoice.number == 1
        assert invoice.net_minor >= 4200
        assert invoice.tax_minor == (invoice.net_minor * 10 + 50) // 100
    assert "Mari Aoki" in clerk.get(f"/t/acme/invoices/{invoice.pk}/print/").content.decode()
    paid = {"amount": str(invoice.total_minor), "received_on": today(acme), "reference": "bank 17"}
    tap(clerk, f"/t/acme/invoices/{invoice.pk}/pay/", **paid)
    return invoice


def the_customer_rates(acme: Company, mailoutbox: list[Any], visit: Visit) -> None:
    """The link came by e-mail; looking records nothing, sending does."""
    letters = "\n".join(mail.body for mail in mailoutbox if mail.to == [REQUEST["email"]])
    found = re.search(r"/c/acme/r/[0-9a-z]+/", letters)
    assert found, "the customer was sent a link to rate the visit"
    customer = Client()
    assert customer.get(found.group()).status_code == 200
    with tenant_active(acme.tenant.pk):
        assert not Response.objects.exists()
    tap(customer, found.group(), score="5", reasons=["on_time"], comment="Warm again!")
    with tenant_active(acme.tenant.pk):
        assert Response.objects.get(visit=visit).score == 5


def the_director_sees_it(director: Client) -> None:
    """Today at a glance counts the visit and the rating."""
    page = director.get("/t/acme/today/").content.decode()
    assert "5.00" in page


def the_record_is_whole(acme: Company, invoice: Invoice, order: WorkOrder) -> None:
    """Paid, settled, and the ledger sums to zero."""
    with tenant_active(acme.tenant.pk):
        invoice.refresh_from_db()
        order.refresh_from_db()
        assert invoice.status == InvoiceStatus.PAID
        assert order.status == WorkOrderStatus.SETTLED
        assert sum(LedgerLine.objects.values_list("amount_minor", flat=True)) == 0


def tap(client: Client, url: str, **fields: object) -> None:
    """Press a button that leads on; anything but a redirect is a failure that shows its page."""
    answer = client.post(url, fields)
    assert answer.status_code in (302, 303), f"{url}: {answer.status_code}\n{answer.content.decode()[:3000]}"


def _upload() -> Any:
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile("after.jpg", picture(), content_type="image/jpeg")
