"""A visit's evidence as the office sees it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.enums import Permission
from accounts.guards import permitted
from core.clock import now
from core.errors import BadInput, IllegalTransition
from core.forms import tell
from delivery import permissions, queries, services
from delivery.enums import TimeKind
from delivery.forms import NoShowForm
from delivery.timeline import timeline
from delivery.views.shell import show
from dispatch import queries as visits
from tenants.http import TenantRequest


@require_safe
@permitted(Permission.WORK_VIEW, Permission.VISIT_PLAN)
def visit_evidence(request: TenantRequest, slug: str, visit_id: int) -> HttpResponse:
    """Every node of the visit, its checklist, photos, parts, times and signature; live while it lasts."""
    found = visits.get_visit(visit_id)
    permissions.check_sees(request.actor, found)
    evidence = queries.evidence_of(found)
    signature = evidence.signature
    context = {
        "evidence": evidence,
        "nodes": timeline(evidence),
        "travel_minutes": evidence.minutes(TimeKind.TRAVEL, now()),
        "work_minutes": evidence.minutes(TimeKind.WORK, now()),
        "changed_after_signing": signature is not None and signature.document_hash != evidence.document_hash,
        "may_audit": request.actor.can(Permission.AUDIT_VIEW),
    }
    return show(request, "visit_evidence", found, context)


@require_POST
@permitted(Permission.VISIT_PLAN)
def visit_no_show(request: TenantRequest, slug: str, visit_id: int) -> HttpResponse:
    """A dispatcher heard that nobody was there."""
    form, status = NoShowForm(request.POST), 422
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            visit = services.no_show(visit_id=visit_id, reason=reason, actor=request.actor, at=now())
        except (IllegalTransition, BadInput) as refusal:
            tell(form, refusal)
            status = refusal.status
        else:
            messages.success(request, _("Noted. The work order waits for another visit."))
            return redirect(reverse("dispatch:work_order_detail", args=[slug, visit.work_order_id]))
    context = {"form": form, "visit": visits.get_visit(visit_id)}
    return render(request, "delivery/visit_no_show.html", context, status=status)
