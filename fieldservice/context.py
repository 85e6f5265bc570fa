"""What every page's shell needs: where one may go, in which tenant, and where the live feed is."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.enums import Permission as P
from accounts.queries import memberships_of
from journal.live import pass_for
from tenants.actors import Actor
from tenants.models import Tenant

_PLACES: list[tuple[str, str, Any, tuple[P, ...]]] = [
    ("tickets:ticket_list", "inbox", _("Inbox"), (P.TICKET_VIEW,)),
    ("dispatch:board", "layout-board-split", _("Board"), (P.WORK_VIEW,)),
    ("dispatch:work_order_list", "tool", _("Work orders"), (P.WORK_VIEW,)),
    ("delivery:today", "device-mobile", _("My visits"), (P.VISIT_PERFORM,)),
    ("customers:customer_list", "building", _("Customers"), (P.CUSTOMER_VIEW,)),
    ("workforce:engineer_list", "users", _("Engineers"), (P.WORKFORCE_VIEW,)),
    ("inventory:stock_level_list", "package", _("Parts and stock"), (P.STOCK_VIEW,)),
    ("billing:settlement", "receipt", _("Settlement"), (P.SETTLEMENT_VIEW,)),
    ("feedback:response_list", "mood-smile", _("Ratings"), (P.RESPONSE_VIEW,)),
    ("analytics:director", "chart-histogram", _("Today at a glance"), (P.DIRECTOR_VIEW,)),
    ("dispatch:rule_list", "bolt", _("Auto-dispatch rules"), (P.RULE_EDIT,)),
    ("accounts:settings", "settings", _("Settings"), (P.MEMBER_MANAGE, P.TOKEN_MANAGE, P.TENANT_MANAGE)),
]


def places_for(actor: Actor, slug: str, path: str = "") -> list[dict[str, Any]]:
    """The rail: each place this actor may go, as {"url", "icon", "label", "current"}."""
    found = []
    for name, icon, label, permissions in _PLACES:
        if actor.can(*permissions):
            url = reverse(name, args=[slug])
            found.append({"url": url, "icon": icon, "label": label, "current": path.startswith(url)})
    return found


def account_links() -> list[dict[str, Any]]:
    """Where a person looks after the own sign-in: password, passkeys and codes, sessions."""
    return [
        {"url": reverse("mfa_index"), "icon": "fingerprint", "label": _("Passkeys and codes")},
        {"url": reverse("usersessions_list"), "icon": "device-desktop", "label": _("Sessions")},
        {"url": reverse("account_change_password"), "icon": "key", "label": _("Change password")},
    ]


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context of every template."""
    tenant: Tenant | None = getattr(request, "tenant", None)
    actor: Actor | None = getattr(request, "actor", None)
    if tenant is None or actor is None or actor.kind != "member":
        return {"tenant": tenant, "actor": actor, "nav": [], "live_url": ""}
    live = (
        f"{settings.LIVE_URL}/live?pass={pass_for(tenant.pk, actor.membership_id)}"
        if settings.LIVE_URL
        else ""
    )
    return {
        "tenant": tenant,
        "actor": actor,
        "nav": places_for(actor, tenant.slug, request.path_info),
        "live_url": live,
        "account_links": account_links(),
        "memberships": lambda: memberships_of(request.user),  # type: ignore[arg-type]
    }
