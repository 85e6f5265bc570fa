"""Pages of providers and crews."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.guards import permitted
from core.clock import now
from core.errors import Refusal
from tenants.http import TenantRequest
from workforce import queries, services
from workforce.forms import CrewForm, ProviderForm
from workforce.models import Crew, Provider
from workforce.views.replies import EDIT, VIEW, see_other

_FORM = ["GET", "HEAD", "POST"]


@permitted(VIEW)
@require_safe
def provider_list(request: TenantRequest, slug: str) -> HttpResponse:
    """Downstream companies that take work."""
    context = {"providers": queries.providers_with_scope(), "can_edit": request.actor.can(EDIT)}
    return render(request, "workforce/provider_list.html", context)


@permitted(EDIT)
@require_http_methods(_FORM)
def provider_create(request: TenantRequest, slug: str) -> HttpResponse:
    """A new provider with its terms and scope."""
    return _provider(request, None)


@permitted(EDIT)
@require_http_methods(_FORM)
def provider_edit(request: TenantRequest, slug: str, provider_id: int) -> HttpResponse:
    """Change a provider's terms and scope; its engineers beside."""
    return _provider(request, queries.get_provider(provider_id))


@permitted(VIEW)
@require_safe
def crew_list(request: TenantRequest, slug: str) -> HttpResponse:
    """Engineers who usually go together."""
    context = {"crews": queries.crews(), "can_edit": request.actor.can(EDIT)}
    return render(request, "workforce/crew_list.html", context)


@permitted(EDIT)
@require_http_methods(_FORM)
def crew_create(request: TenantRequest, slug: str) -> HttpResponse:
    """A new crew."""
    return _crew(request, None)


@permitted(EDIT)
@require_http_methods(_FORM)
def crew_edit(request: TenantRequest, slug: str, crew_id: int) -> HttpResponse:
    """Change a crew's name, engineers and lead."""
    return _crew(request, queries.get_crew(crew_id))


def _provider(request: TenantRequest, provider: Provider | None) -> HttpResponse:
    is_post = request.method == "POST"
    name = provider.name if provider else ""
    form = ProviderForm(request.POST if is_post else None, instance=provider)
    if is_post and form.is_valid():
        try:
            if provider is None:
                saved = services.create_provider(actor=request.actor, at=now(), **form.facts())
            else:
                saved = services.update_provider(
                    provider_id=provider.pk, actor=request.actor, at=now(), **form.facts()
                )
        except Refusal as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, _("“%(name)s” was saved.") % {"name": saved.name})
            return see_other(request, "provider_list")
    context = {"form": form, "provider": provider, "name": name}
    return render(request, "workforce/provider_edit.html", context, status=422 if is_post else 200)


def _crew(request: TenantRequest, crew: Crew | None) -> HttpResponse:
    is_post = request.method == "POST"
    name = crew.name if crew else ""
    form = CrewForm(request.POST if is_post else None, instance=crew)
    if is_post and form.is_valid():
        try:
            if crew is None:
                saved = services.create_crew(actor=request.actor, at=now(), **form.facts())
            else:
                saved = services.update_crew(crew_id=crew.pk, actor=request.actor, at=now(), **form.facts())
        except Refusal as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, _("“%(name)s” was saved.") % {"name": saved.name})
            return see_other(request, "crew_list")
    context = {"form": form, "crew": crew, "name": name}
    return render(request, "workforce/crew_edit.html", context, status=422 if is_post else 200)
