"""What every page's shell needs: where one may go, in which tenant, and where the live feed is."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.enums import Permission as P
from accounts.models import User
from accounts.queries import memberships_of
from core.clock import now
from journal.live import pass_for
from notices.permissions import ROSTER
from notices.queries import unread_count
from tenants.actors import Actor
from tenants.models import Tenant
from tickets.queries.chat import note_desk_awake

_PLACES: list[tuple[str, str, Any, tuple[P, ...]]] = [
    ("tickets:ticket_list", "inbox", _("Inbox"), (P.TICKET_VIEW,)),
    ("dispatch:board", "layout-board-split", _("Board"), (P.WORK_VIEW,)),
    ("planning:run_list", "route", pgettext_lazy("menu", "Planning"), (P.VISIT_PLAN,)),
    ("dispatch:work_order_list", "tool", _("Work orders"), (P.WORK_VIEW,)),
    ("dispatch:offer_list", "send", _("Offers"), (P.WORK_VIEW,)),
    ("delivery:today", "device-mobile", _("My visits"), (P.VISIT_PERFORM,)),
    ("customers:customer_list", "building", _("Customers"), (P.CUSTOMER_VIEW,)),
    ("workforce:engineer_list", "users", _("Engineers"), (P.WORKFORCE_VIEW,)),
    ("inventory:stock_level_list", "package", _("Parts and stock"), (P.STOCK_VIEW,)),
    ("billing:settlement", "receipt", _("Settlement"), (P.SETTLEMENT_VIEW,)),
    ("feedback:response_list", "mood-smile", _("Ratings"), (P.RESPONSE_VIEW,)),
    ("analytics:director", "chart-histogram", _("Today at a glance"), (P.DIRECTOR_VIEW,)),
    ("dispatch:rule_list", "bolt", _("Auto-dispatch rules"), (P.RULE_EDIT,)),
    (
        "accounts:settings",
        "settings",
        _("Settings"),
        (P.MEMBER_MANAGE, P.TOKEN_MANAGE, P.TENANT_MANAGE),
    ),
]
_WORKPLACES: list[tuple[str, P]] = [
    ("tickets:ticket_list", P.TICKET_WORK),
    ("dispatch:board", P.VISIT_PLAN),
    ("analytics:director", P.DIRECTOR_VIEW),
    ("billing:settlement", P.INVOICE_ISSUE),
    ("inventory:stock_level_list", P.STOCK_EDIT),
    ("delivery:today", P.VISIT_PERFORM),
]
"""The page a role's day begins on, by what the role is for; the first that fits."""

_SETTINGS: list[tuple[str, str, str, Any, tuple[P, ...]]] = [
    ("company", "accounts:company", "building", _("Company"), (P.TENANT_MANAGE,)),
    ("people", "accounts:member_list", "users", _("People"), (P.MEMBER_MANAGE,)),
    ("roles", "accounts:role_list", "shield", _("Roles"), (P.MEMBER_MANAGE,)),
    ("tokens", "accounts:token_list", "api", _("API tokens"), (P.TOKEN_MANAGE,)),
    ("policies", "tickets:policy_list", "clock", _("Promises"), (P.TENANT_MANAGE,)),
    ("calendars", "tickets:calendar_list", "calendar", _("Business calendars"), (P.TENANT_MANAGE,)),
    ("canned_replies", "tickets:canned_reply_list", "template", _("Canned replies"), (P.TENANT_MANAGE,)),
    ("sub_states", "tickets:sub_state_list", "tag", _("Sub-states"), (P.TENANT_MANAGE,)),
    ("channels", "channels:account_list", "message-circle", _("Channels"), (P.TENANT_MANAGE,)),
    ("on_call", "notices:on_call", "phone-call", _("On call"), ROSTER),
    ("work_types", "dispatch:work_type_list", "tool", _("Work types"), (P.RULE_EDIT,)),
    ("policy", "dispatch:policy_edit", "adjustments", _("Dispatch policy"), (P.RULE_EDIT,)),
    ("travel", "dispatch:travel_edit", "route", _("Travel times"), (P.RULE_EDIT,)),
    ("audit", "journal:audit", "history", _("Who did what"), (P.AUDIT_VIEW,)),
    ("undelivered", "journal:parked_list", "alert-triangle", _("Undelivered facts"), (P.TENANT_MANAGE,)),
]
_OWN: list[tuple[str, str, str, Any]] = [
    ("profile", "accounts:profile", "user", _("Your profile")),
    ("own_hours", "notices:own_hours", "bell", _("Your notices")),
    ("security", "accounts:security", "shield-lock", _("Your sign-in")),
]


def places_for(actor: Actor, slug: str, path: str = "") -> list[dict[str, Any]]:
    """The rail: each place this actor may go, as {"url", "icon", "label", "current"}."""
    found = []
    for name, icon, label, permissions in _PLACES:
        if actor.can(*permissions):
            url = reverse(name, args=[slug])
            found.append({"url": url, "icon": icon, "label": label, "current": path.startswith(url)})
    return found


def landing_for(actor: Actor, slug: str) -> str | None:
    """Where this actor's day begins: the place they work in, else the first they may see; None for nobody."""
    for name, permission in _WORKPLACES:
        if actor.can(permission):
            return reverse(name, args=[slug])
    places = places_for(actor, slug)
    return places[0]["url"] if places else None


def settings_for(actor: Actor, slug: str) -> dict[str, list[dict[str, Any]]]:
    """The side navigation of the settings: the tenant's pages this actor may open, and one's own."""
    tenants = [
        {"code": code, "url": reverse(name, args=[slug]), "icon": icon, "label": label}
        for code, name, icon, label, permissions in _SETTINGS
        if actor.can(*permissions)
    ]
    return {"tenants": tenants, "own": _own_places(slug)}


def _own_places(slug: str) -> list[dict[str, Any]]:
    return [
        {"code": code, "url": reverse(name, args=[slug]), "icon": icon, "label": label}
        for code, name, icon, label in _OWN
    ]


def _memberships(user: User) -> list[dict[str, Any]]:
    """The person's tenants, each with what tells it from the others: its city and the hour there."""
    found = []
    for membership in memberships_of(user):
        tenant = membership.tenant
        city = tenant.time_zone.rpartition("/")[2].replace("_", " ")
        there = now().astimezone(tenant.zone)
        found.append({"tenant": tenant, "detail": f"{city} · {there.hour}:{there:%M}"})
    return found


def live_url(tenant: Tenant, actor: Actor) -> str:
    """Where a page of this member listens for less than a minute from now; "" without a live feed."""
    if actor.can(P.TICKET_WORK):
        note_desk_awake()
    if not settings.LIVE_URL:
        return ""
    return f"{settings.LIVE_URL}/live?pass={pass_for(tenant.pk, actor.membership_id)}"


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context of every template."""
    tenant: Tenant | None = getattr(request, "tenant", None)
    actor: Actor | None = getattr(request, "actor", None)
    if tenant is None or actor is None or actor.kind != "member":
        return {"tenant": tenant, "actor": actor, "nav": [], "live_url": ""}
    return {
        "tenant": tenant,
        "actor": actor,
        "nav": places_for(actor, tenant.slug, request.path_info),
        "live_url": live_url(tenant, actor),
        "unread_notices": lambda: unread_count(actor.membership_id or 0),
        "memberships": lambda: _memberships(cast(User, request.user)),
        "settings_nav": lambda: settings_for(actor, tenant.slug),
        "account_links": lambda: _own_places(tenant.slug),
    }
