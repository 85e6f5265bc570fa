"""Two companies of the same shape: three rows of each in every table, a canary in every text of the rival's.

The filler is generic, so that a new model is in the world from its first day: row *n* of a table belongs to
row *n* of every table it refers to. `FACTS` says only what a model's rules need.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar
from uuid import uuid4

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.core.files.base import ContentFile
from django.db import connection, models
from django.utils import timezone

from accounts.enums import RoleCode
from accounts.models import Membership, Role
from channels import chats, vault
from channels.models import ChannelAccount
from dispatch.models import ConsentRequest, Visit, WorkOrder
from feedback import links
from feedback.models import CustomerLink
from inventory.models import StockLevel
from tenants.active import tenant_active
from tests.cast import Company, found_company
from tests.factories.delivery import picture
from tests.isolation.tables import tenant_models
from tickets import links as labels
from tickets.models import AssetCode, BusinessCalendar, CalendarVersion
from workforce.models import Engineer

ROWS = 3
OTHER_ROWS = {"dispatch.WorkOrder": 5, "dispatch.Visit": 5, "dispatch.TravelProfile": 1, "tenants.Counter": 4}
SENT_VISIT, DONE_VISIT = 3, 4
"""Visits (and their work orders) that nothing else refers to: to carry out, and to settle and rate."""
CHAT = 1
"""The account that is a chat, and its session."""
CANARY = "kanarie7f3a"
OWN = "eigen5c1d"
PEOPLE = {
    "tom": RoleCode.ENGINEER,
    "ada": RoleCode.TENANT_ADMIN,
    "cora": RoleCode.SETTLEMENT_CLERK,
    "vera": RoleCode.DISPATCHER,
}
MADE_OTHERWISE = {
    Role: "come with the company",
    Membership: "the company's people",
    StockLevel: "follow the movements, by the database",
}
"""Tenant models that the filler does not fill, and who does."""

Row = TypeVar("Row", bound=models.Model)


@dataclass
class Side:
    """One company with its rows."""

    company: Company
    word: str
    first_id: int
    rows: dict[type[models.Model], list[Any]] = field(default_factory=dict)

    @property
    def slug(self) -> str:
        return self.company.tenant.slug

    def row(self, model: type[Row], n: int = 0) -> Row:
        """The n-th row; a short table repeats its last one."""
        held = self.rows[model]
        return held[min(n, len(held) - 1)]  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Twins:
    """Our company and its rival."""

    own: Side
    rival: Side


Facts = Callable[[Side, int], dict[str, Any]]
NOW = timezone.now().replace(microsecond=0)
TODAY = NOW.astimezone(UTC).date()


def _hours(n: int) -> datetime:
    return NOW + timedelta(hours=n)


VISITS: list[dict[str, Any]] = [
    {"status": "dispatched", "start_at": _hours(1), "end_at": _hours(2), "sent_at": NOW},
    {"status": "scheduled", "start_at": _hours(3), "end_at": _hours(4), "sent_at": None},
    {
        "status": "done",
        "start_at": _hours(-3),
        "end_at": _hours(-2),
        "sent_at": _hours(-9),
        "arrived_at": _hours(-3),
        "ended_at": _hours(-2),
    },
    {"status": "dispatched", "start_at": _hours(6), "end_at": _hours(7), "sent_at": NOW},
    {
        "status": "done",
        "start_at": _hours(-6),
        "end_at": _hours(-5),
        "sent_at": _hours(-9),
        "arrived_at": _hours(-6),
        "ended_at": _hours(-5),
    },
]
"""Sent to the engineer, only planned, done; then two that nothing else refers to: sent, and done."""

FACTS: dict[str, Facts] = {
    "tenants.Counter": lambda s, n: {
        "kind": ("ticket", "work_order", "invoice", "plan_run")[n],
        "value": 100,
    },
    "accounts.ApiToken": lambda s, n: {"created_at": NOW, "expires_at": None, "scopes": ["ticket_view"]},
    "journal.AuditEntry": lambda s, n: {
        "object_type": "tickets.ticket",
        "object_id": n + 1,
        "actor_kind": "member",
    },
    "journal.OutboxEvent": lambda s, n: {"delivered_at": NOW, "payload": {"word": s.word}},
    "customers.Contact": lambda s, n: {
        "email": f"{s.word}.{n}@contact.example",
        "email_folded": f"{s.word}.{n}@contact.example",
    },
    "customers.ContactAddress": lambda s, n: {
        "channel": "email",
        "address": f"{s.word}.{n}@contact.example",
    },
    "customers.Asset": lambda s, n: {"parent": None},
    "customers.Site": lambda s, n: {"latitude": 35.69, "longitude": 139.75},
    "customers.SiteHours": lambda s, n: {"weekday": n, "opens": time(0), "closes": time(0)},
    "workforce.Engineer": lambda s, n: {
        "membership": s.row(Membership) if n == 0 else None,
        "home_latitude": 35.68,
        "home_longitude": 139.76,
    },
    "workforce.Shift": lambda s, n: {"weekday": n, "starts": time(8), "ends": time(17)},
    "workforce.ShiftBreak": lambda s, n: {"earliest": time(11), "latest": time(13), "minutes": 30},
    "workforce.ExtraShift": lambda s, n: {"start_at": _hours(300), "end_at": _hours(304)},
    "workforce.EngineerPair": lambda s, n: {
        "first": s.row(Engineer, n // 2),
        "second": s.row(Engineer, n // 2 + n % 2 + 1),
    },
    "workforce.Absence": lambda s, n: {"start_at": _hours(200), "end_at": _hours(210)},
    "notices.Notice": lambda s, n: {"delivered_at": NOW, "path": f"/t/{s.slug}/notices/"},
    "notices.OnCallDuty": lambda s, n: {"from_at": _hours(-1), "until_at": _hours(9 + n)},
    "channels.Attachment": lambda s, n: {
        "file": ContentFile(picture(), name=f"{s.word}-{n}.jpg"),
        "outbound": None,
        "content_type": "image/jpeg",
        "width": 64,
        "height": 48,
    },
    "channels.ChannelAccount": lambda s, n: {
        "adapter": ("wechat", "widget", "gateway")[n],
        "channel": ("wechat", "chat", "sms")[n],
        "secrets": vault.seal({"token": f"{s.word}-token"}),
    },
    "channels.ChatSession": lambda s, n: {"code_hash": chats.hash_of(chat_code_of(s, n))},
    "channels.InboundMessage": lambda s, n: {"status": "quarantined"},
    "channels.OutboundMessage": lambda s, n: {"status": "sent", "sent_at": NOW},
    "knowledge.Article": lambda s, n: {"is_published": True},
    "tickets.Ticket": lambda s, n: {
        "status": "open",
        "resolved_by": "",
        "due_at": _hours(n),
        "next_action_at": _hours(n + 1),
        "number": n + 1,
    },
    "tickets.BusinessCalendar": lambda s, n: {"current": None},
    "tickets.CalendarVersion": lambda s, n: {"country": "", "subdivision": "", "expanded_until": None},
    "tickets.SlaPolicy": lambda s, n: {"contract": None, "work_type_code": ""},
    "tickets.SubState": lambda s, n: {"status": "open"},
    "tickets.Escalation": lambda s, n: {
        "moment": "breach",
        "act": "notify",
        "whom": "owner",
        "role": None,
        "member": None,
    },
    "tickets.EscalationTimer": lambda s, n: {"due_at": _hours(9), "done_at": None},
    "dispatch.WorkOrder": lambda s, n: {
        "status": ("scheduled", "scheduled", "done", "scheduled", "done")[n],
        "duration_minutes": 60,
        "may_split": False,
        "left_minutes": None,
    },
    "dispatch.Visit": lambda s, n: {**VISITS[n], "engineer": s.row(Engineer, n % ROWS)},
    "dispatch.DispatchPolicy": lambda s, n: {"status": ("retired", "published", "draft")[n]},
    "dispatch.DispatchRule": lambda s, n: {"expression": ""},
    "dispatch.DispatchRuleVersion": lambda s, n: {"content": {"name": s.word}},
    "dispatch.WorkOrderLink": lambda s, n: {"first": s.row(WorkOrder, n), "then": s.row(WorkOrder, n + 1)},
    "dispatch.TravelProfile": lambda s, n: {"source": "estimate", "base_url": "", "factors": {}},
    "dispatch.TravelLeg": lambda s, n: {"from_key": n, "to_key": 9, "seconds": 60},
    "dispatch.Offer": lambda s, n: {
        "kind": "engineer",
        "offered_at": NOW,
        "expires_at": _hours(9),
        "start_at": _hours(5),
        "end_at": _hours(6),
    },
    "dispatch.ConsentRequest": lambda s, n: {
        "visit": s.row(Visit, (0, 1, SENT_VISIT)[n]),
        "status": "asked",
        "chosen": None,
        "asked_at": NOW,
        "expires_at": _hours(9),
        "opens_at": _hours(1 + n),
        "closes_at": _hours(9),
        "options": [
            {
                "start": _hours(30).isoformat(),
                "end": _hours(32).isoformat(),
                "at": _hours(30).isoformat(),
                "grade": "A",
                "engineer_id": s.row(Engineer, 1).pk,
                "is_wished": True,
            }
        ],
    },
    "dispatch.DispatchTimer": lambda s, n: {"kind": "offer_expires", "due_at": _hours(9)},
    "planning.PlanRun": lambda s, n: {
        "number": n + 1,
        "state": "closed",
        "from_at": NOW,
        "until": _hours(24),
    },
    "planning.PlanChange": lambda s, n: {"kind": "add" if n else "unserved", "ways_out": None},
    "delivery.ChecklistItem": lambda s, n: {"kind": "check"},
    "delivery.Photo": lambda s, n: {
        "file": ContentFile(picture(), name=f"{s.word}-{n}.jpg"),
        "kind": "other",
    },
    "delivery.Answer": lambda s, n: {"value": "pass"},
    "delivery.TimeEntry": lambda s, n: {"start_at": NOW, "end_at": _hours(1)},
    "inventory.StockLocation": lambda s, n: (
        {"kind": "van"} if n == 0 else {"kind": "store", "engineer": None}
    ),
    "inventory.Movement": lambda s, n: {"quantity": 10, "kind": "received"},
    "billing.PriceItem": lambda s, n: {"valid_from": date(2026, 1, 1 + n), "unit_price_minor": 1000},
    "billing.Invoice": lambda s, n: {"net_minor": 1000, "tax_minor": 100, "total_minor": 1100},
    "billing.LedgerLine": lambda s, n: {"amount_minor": 1099 - n},
    "tickets.AssetCode": lambda s, n: {"revoked_at": None},
    "tickets.SavedView": lambda s, n: {"owner": None, "query": {"view": "open"}},
    "feedback.CustomerLink": lambda s, n: {
        "visit": s.row(Visit, (DONE_VISIT, 1, SENT_VISIT)[n]),
        "purpose": ("rate", "track", "choose")[n],
        "consent": s.row(ConsentRequest, n) if n == 2 else None,
        "expires_at": NOW + timedelta(days=30),
    },
    "feedback.Response": lambda s, n: {"score": n + 1, "recorded_at": NOW},
    "feedback.Recovery": lambda s, n: {"done_by": ""},
    "analytics.VisitFigures": lambda s, n: {"completed_on": TODAY, "score": n + 1},
}


def _put_in_force(side: Side) -> None:
    """A calendar names its version in force, which names the calendar: the one circle there is."""
    for version in side.rows[CalendarVersion]:
        BusinessCalendar.objects.filter(pk=version.calendar_id).update(current=version)
    side.rows[BusinessCalendar] = list(BusinessCalendar.objects.order_by("pk"))


def build(slug: str, word: str, first_id: int) -> Side:
    """Found the company and fill every table."""
    people = {key: (f"{word} {key}", role) for key, role in PEOPLE.items()}
    company = found_company(slug, f"{word} Company", people, time_zone="Asia/Tokyo", currency="JPY")
    side = Side(company, word, first_id)
    with tenant_active(company.tenant.pk):
        for model in tenant_models():
            if model not in MADE_OTHERWISE:
                for n in range(OTHER_ROWS.get(model._meta.label, ROWS)):
                    _add(side, model, n)
            side.rows[model] = list(model._default_manager.order_by("pk"))
        _put_in_force(side)
        side.rows[StockLevel] = list(StockLevel.objects.order_by("pk"))
        _balance(side)
        connection.check_constraints()
    return side


def _add(side: Side, model: type[models.Model], n: int) -> None:
    given = FACTS[model._meta.label](side, n) if model._meta.label in FACTS else {}
    values = {f.name: _value(side, f, n) for f in model._meta.local_fields if f.name not in given}
    thing = model(**{name: value for name, value in values.items() if value is not _LEAVE}, **given)
    thing.pk = side.first_id + n
    if isinstance(thing, CustomerLink):
        thing.code_hash = links.hash_of(links.code_of(thing))
    if isinstance(thing, AssetCode):
        thing.code_hash = labels.hash_of(labels.code_of(thing.nonce))
    thing.save()


def _balance(side: Side) -> None:
    """Bookings sum to nothing: each entry's second line."""
    model = apps.get_model("billing", "LedgerLine")
    for line in side.rows[model]:
        line.pk, line.account, line.amount_minor = None, "revenue", -line.amount_minor
        line.save()


_LEAVE = object()


def _value(side: Side, own: models.Field[Any, Any], n: int) -> Any:
    """What row n holds in this field, or `_LEAVE` for the model's own default."""
    if own.primary_key or getattr(own, "is_tenant_key", False):
        return _LEAVE
    if isinstance(own, models.ForeignKey):
        target = own.related_model
        return None if target is own.model else side.row(target, n)
    if isinstance(own, models.CharField | models.TextField):
        return _text(side, own, n)
    if own.null or own.has_default() or own.db_default is not models.NOT_PROVIDED:
        return [side.word] if _is_free_list(own) else _LEAVE
    return _scalar(side, own, n)


def _is_free_list(own: models.Field[Any, Any]) -> bool:
    return isinstance(own, ArrayField) and isinstance(own.base_field, models.TextField) and not own.null


def _text(side: Side, own: models.Field[Any, Any], n: int) -> Any:
    if own.choices:
        return own.default if own.has_default() else "" if own.blank else own.choices[0][0]
    if own.name in {"time_zone", "zone"}:
        return "Asia/Tokyo"
    if own.name == "currency":
        return "JPY"
    if own.name == "language":
        return "en"
    if isinstance(own, models.EmailField):
        return f"{side.word}-{n}@{side.slug}.example"
    return f"{side.word}-{n}-{own.name.replace('_', '-')}"[: own.max_length]


def _scalar(side: Side, own: models.Field[Any, Any], n: int) -> Any:
    if isinstance(own, models.DateTimeField):
        return _hours(n)
    if isinstance(own, models.DateField):
        return TODAY
    if isinstance(own, models.BinaryField):
        return side.word.encode()
    if isinstance(own, models.UUIDField):
        return uuid4()
    if isinstance(own, models.IntegerField | models.DecimalField | models.FloatField):
        return own.choices[0][0] if own.choices else n + 1
    return _LEAVE


def code_of(side: Side, n: int = 0) -> str:
    """The secret of the company's n-th customer link: 0 rates, the others track."""
    return links.code_of(side.row(CustomerLink, n))


def label_of(side: Side, n: int = 0) -> str:
    """The secret on the label of the company's n-th asset."""
    return labels.code_of(side.row(AssetCode, n).nonce)


def chat_code_of(side: Side, n: int = CHAT) -> str:
    """The secret of the company's n-th chat session."""
    return f"{side.word}-chat-{n}"


def hook_of(side: Side) -> str:
    """The webhook of the company's first account, as its provider calls it: signed."""
    signed = hashlib.sha1("".join(sorted([f"{side.word}-token", "1", "2"])).encode()).hexdigest()
    return f"{side.row(ChannelAccount).hook}/?timestamp=1&nonce=2&signature={signed}&echostr="
