"""Pages of work types: what work is called, how long it takes, which skills it needs."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.enums import Permission
from accounts.guards import permitted
from core.clock import now
from core.errors import Refusal
from dispatch import queries, services
from dispatch.models import WorkType
from dispatch.work_type_forms import WorkTypeForm
from tenants.http import TenantRequest


@permitted(Permission.RULE_EDIT)
@require_safe
def work_type_list(request: TenantRequest, slug: str) -> HttpResponse:
    """Every kind of work, by name."""
    context = {"work_types": queries.work_types(), "here": "work_types"}
    return render(request, "dispatch/work_type_list.html", context)


@permitted(Permission.RULE_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def work_type_create(request: TenantRequest, slug: str) -> HttpResponse:
    """A new kind of work."""
    return _edit(request, None)


@permitted(Permission.RULE_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def work_type_edit(request: TenantRequest, slug: str, work_type_id: int) -> HttpResponse:
    """Change a kind of work; work orders made before keep what they need."""
    return _edit(request, queries.get_work_type(work_type_id))


def _edit(request: TenantRequest, work_type: WorkType | None) -> HttpResponse:
    is_post = request.method == "POST"
    form = WorkTypeForm(request.POST if is_post else None, instance=work_type)
    if is_post and form.is_valid():
        try:
            saved = _save(request, work_type, form)
        except Refusal as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, _("“%(work)s” was saved.") % {"work": saved.name})
            url = reverse("dispatch:work_type_list", args=[request.tenant.slug])
            return HttpResponseRedirect(url, status=303)
    name = queries.get_work_type(work_type.pk).name if work_type else ""
    context = {"form": form, "work_type": work_type, "name": name, "here": "work_types"}
    return render(request, "dispatch/work_type_edit.html", context, status=422 if is_post else 200)


def _save(request: TenantRequest, work_type: WorkType | None, form: WorkTypeForm) -> WorkType:
    if work_type is None:
        return services.create_work_type(actor=request.actor, at=now(), **form.facts())
    return services.update_work_type(work_type_id=work_type.pk, actor=request.actor, at=now(), **form.facts())
