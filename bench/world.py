"""The tenant that the costs are measured in: rows as a working company has them, made in bulk."""

from __future__ import annotations

from datetime import timedelta

from core.clock import now
from customers.models import Customer, Site
from dispatch.models import WorkOrder, WorkType
from tenants.actors import Actor
from tenants.services import next_numbers
from tickets import services as tickets


def furnish(*, work_orders: int) -> None:
    """One customer with a site, a work type, a policy with three clocks, and this many work orders."""
    at = now()
    customer = Customer.objects.create(name="Carroll Street Housing")
    site = Site.objects.create(
        customer=customer, name="Carroll St 214", area="BROOKLYN", latitude=40.68, longitude=-73.99
    )
    work_type = WorkType.objects.create(code="no-heat", name="No heat", duration_minutes=60)
    tickets.create_policy(
        name="Standard",
        first_response_minutes=60,
        arrival_minutes=480,
        resolution_minutes=2400,
        actor=Actor.system("bench"),
        at=at,
    )
    WorkOrder.objects.bulk_create(
        WorkOrder(
            number=number,
            customer=customer,
            site=site,
            work_type=work_type,
            subject=f"No heat {number}",
            created_at=at,
            promised_end_at=at + timedelta(days=1),
        )
        for number in next_numbers("work_order", work_orders)
    )
