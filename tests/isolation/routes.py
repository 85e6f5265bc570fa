"""How every route is called: whose ids stand in its path, and what an entry of the table of acts says."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from accounts.models import ApiToken, Membership, Role
from billing.models import Charge, Invoice, Payment
from channels.models import Attachment, ChannelAccount, InboundMessage, OutboundMessage
from customers.models import Asset, Contact, Contract, Customer, Site
from delivery.models import ChecklistItem, Photo
from dispatch.models import (
    ConsentRequest,
    DispatchPolicy,
    DispatchRule,
    EngineerPreference,
    Offer,
    TravelProfile,
    Visit,
    WorkOrder,
    WorkOrderLink,
    WorkType,
)
from feedback.models import Recovery, Response
from inventory.models import Part, StockLevel, StockLocation
from journal.models import OutboxEvent
from knowledge.models import Article
from notices.models import Notice, OnCallDuty
from planning.models import PlanChange, PlanRun
from tests.isolation.world import CHAT, Side, code_of, hook_of, label_of
from tests.routes import Route
from tickets.models import (
    BusinessCalendar,
    CannedReply,
    Escalation,
    SavedView,
    SlaClock,
    SlaPolicy,
    SubState,
    Ticket,
    TicketMessage,
)
from workforce.models import (
    Absence,
    CapacityRule,
    Crew,
    Engineer,
    EngineerPair,
    ExtraShift,
    Provider,
    Skill,
    Territory,
)

UNKNOWN_ID = 987_654_321
"""An id that nobody has."""
UNKNOWN_CODE = "0123456789abcdefghjkmnpqrs"

LINKS = {"customer:rate": 0, "customer:track": 1, "customer:choose": 2}
"""Which of the company's links a page is opened by."""

SEGMENTS: dict[str, type[models.Model]] = {
    "tickets": Ticket,
    "canned-replies": CannedReply,
    "sub-states": SubState,
    "quarantine": InboundMessage,
    "files": Attachment,
    "messages": TicketMessage,
    "customers": Customer,
    "views": SavedView,
    "contacts": Contact,
    "sites": Site,
    "assets": Asset,
    "engineers": Engineer,
    "absences": Absence,
    "extra-shifts": ExtraShift,
    "pairs": EngineerPair,
    "engineer-pairs": EngineerPair,
    "providers": Provider,
    "crews": Crew,
    "capacity-rules": CapacityRule,
    "dispatch-policies": DispatchPolicy,
    "travel-profiles": TravelProfile,
    "preferences": EngineerPreference,
    "engineer-preferences": EngineerPreference,
    "skills": Skill,
    "territories": Territory,
    "articles": Article,
    "parts": Part,
    "stock-levels": StockLevel,
    "stock-locations": StockLocation,
    "work-orders": WorkOrder,
    "work-order-links": WorkOrderLink,
    "work-types": WorkType,
    "visits": Visit,
    "rules": DispatchRule,
    "offers": Offer,
    "consents": ConsentRequest,
    "planning": PlanRun,
    "plan-runs": PlanRun,
    "rows": PlanChange,
    "changes": PlanChange,
    "checklist": ChecklistItem,
    "photos": Photo,
    "charges": Charge,
    "invoices": Invoice,
    "payments": Payment,
    "responses": Response,
    "follow-ups": Recovery,
    "people": Membership,
    "roles": Role,
    "tokens": ApiToken,
    "undelivered": OutboxEvent,
    "channels": ChannelAccount,
    "sent-messages": OutboundMessage,
    "notices": Notice,
    "escalations": Escalation,
    "policies": SlaPolicy,
    "calendars": BusinessCalendar,
    "clocks": SlaClock,
    "contracts": Contract,
    "on-call": OnCallDuty,
}
"""Whose id follows a path's segment."""


@dataclass(frozen=True)
class Own:
    """The id of the company's n-th row of a model."""

    model: type[models.Model]
    n: int = 0

    def of(self, side: Side) -> int:
        return int(side.row(self.model, self.n).pk)


Before = Callable[[Side], object]
Body = Mapping[str, Any] | Callable[[Side], Mapping[str, Any]]


@dataclass(frozen=True)
class Act:
    """A valid body for a route; `who` sends it, `n` is the row in the path, `before` makes it possible."""

    body: Body = field(default_factory=dict)
    who: str = "ada"
    n: int = 0
    before: Before | None = None

    def filled(self, side: Side, **other: Any) -> dict[str, Any]:
        """The body with this company's ids; `other` values take the place of its own."""
        body = self.body(side) if callable(self.body) else self.body
        return {**{key: _fill(value, side) for key, value in body.items()}, **other}


def _fill(value: Any, side: Side) -> Any:
    if isinstance(value, Own):
        return value.of(side)
    if isinstance(value, list):
        return [_fill(item, side) for item in value]
    if isinstance(value, dict):
        return {key: _fill(item, side) for key, item in value.items()}
    return value() if callable(value) else value


def slots(route: Route, side: Side, n: int = 0) -> dict[str, Any]:
    """This company's value for every slot of the route: ids of its n-th rows."""
    return {name: _slot(route, name, side, n) for name in route.slots}


def unknown(name: str) -> Any:
    """A value of a slot that nobody has."""
    return UNKNOWN_CODE if name == "code" else UNKNOWN_ID


def _slot(route: Route, name: str, side: Side, n: int) -> Any:
    if route.name == "intake:asset_request":
        return label_of(side, n)
    if route.name == "hooks:hook":
        return hook_of(side)
    if name == "hook":
        return side.row(ChannelAccount, CHAT).hook
    if name == "code":
        return code_of(side, LINKS[route.name])
    if name == "object_type":
        return "tickets.ticket"
    return Own(Ticket if name == "object_id" else model_of(route, name), n).of(side)


def model_of(route: Route, name: str) -> type[models.Model]:
    """The model whose id stands in this slot: the path's segment before it says so."""
    before = re.split(rf"<(?:\w+:)?{name}>|\(\?P<{name}>", route.pattern)[0]
    segment = before.rstrip("/").rpartition("/")[2]
    assert segment in SEGMENTS, f"{route}: say in SEGMENTS whose id <{name}> is"
    return SEGMENTS[segment]


def put(model: type[models.Model], n: int = 0, **values: Any) -> Before:
    """Give the company's n-th row these values first."""
    return lambda side: model._default_manager.filter(pk=side.row(model, n).pk).update(**values)
