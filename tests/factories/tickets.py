"""Tickets, topics and policies for tests, made through the services inside the active tenant."""

from __future__ import annotations

from typing import Any

from channels.enums import Channel
from tenants.actors import Actor
from tests.cast import AT
from tickets import services
from tickets.models import SlaPolicy, Ticket, Topic

FOUNDER = Actor.system("tests")
OFFICE_HOURS = {day: [["09:00", "12:00"], ["13:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


def make_topic(**facts: Any) -> Topic:
    return services.create_topic(
        **{"code": "paper-jam", "name": "Paper jam", "actor": FOUNDER, "at": AT, **facts}
    )


def make_policy(**facts: Any) -> SlaPolicy:
    """Half an hour to answer, four to arrive, eight to solve; in office hours."""
    values = {
        "name": "Standard",
        "calendar": OFFICE_HOURS,
        "first_response_minutes": 30,
        "arrival_minutes": 240,
        "resolution_minutes": 480,
        **facts,
    }
    return services.create_policy(**{"actor": FOUNDER, "at": AT, **values})


def make_ticket(**facts: Any) -> Ticket:
    values = {"subject": "The copier jams", "channel": Channel.EMAIL, "description": "Every day on 3F."}
    return services.open_ticket(**{**values, "actor": FOUNDER, "at": AT, **facts})
