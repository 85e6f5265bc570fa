"""The page of a work type's checklist: what stands in it, and its next version."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.enums import Permission
from accounts.guards import permitted
from core.clock import now
from core.errors import Refusal
from delivery import queries, services
from delivery.forms import ChecklistForm, StepFormSet, items_of, steps_of
from dispatch import queries as work
from dispatch.models import WorkType
from tenants.http import TenantRequest


@permitted(Permission.RULE_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def checklist_edit(request: TenantRequest, slug: str, work_type_id: int) -> HttpResponse:
    """Publish the next version. Visits that have begun keep the version they began with."""
    work_type = work.get_work_type(work_type_id)
    if request.method == "POST":
        form, steps = ChecklistForm(request.POST), StepFormSet(request.POST, prefix="step")
        if form.is_valid() and steps.is_valid():
            try:
                return _publish(request, work_type, form.cleaned_data, items_of(steps))
            except Refusal as refusal:
                form.add_error(None, refusal.message)
    else:
        current = queries.find_published_checklist(work_type.pk)
        name = current.name if current else work_type.name
        version = current.version if current else 0
        form = ChecklistForm(initial={"name": name, "after_version": version})
        steps = StepFormSet(initial=steps_of(current), prefix="step")
    versions = list(queries.checklist_versions(work_type.pk))
    context = {
        "work_type": work_type,
        "form": form,
        "steps": steps,
        "versions": versions,
        "next_version": versions[0].version + 1 if versions else 1,
        "here": "work_types",
    }
    return render(request, "delivery/checklist_edit.html", context, status=422 if form.is_bound else 200)


def _publish(
    request: TenantRequest, work_type: WorkType, facts: dict[str, Any], items: list[dict[str, Any]]
) -> HttpResponse:
    checklist = services.create_checklist(
        work_type_id=work_type.pk, items=items, actor=request.actor, at=now(), **facts
    )
    said = _("Version %(version)s of “%(name)s” is published. Visits that begin from now on use it.")
    messages.success(request, said % {"version": checklist.version, "name": checklist.name})
    url = reverse("delivery:checklist_edit", args=[request.tenant.slug, work_type.pk])
    return HttpResponseRedirect(url, status=303)
