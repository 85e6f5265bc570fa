"""Which engineers a customer wants to see, and which never."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.enums import Permission
from accounts.guards import permitted
from core.clock import now
from core.errors import BadInput, NotFound
from customers import queries as customers
from dispatch import services
from dispatch.people_forms import PreferenceForm
from dispatch.queries.absences import preferences_of_customer
from tenants.http import TenantRequest


@permitted(Permission.WORKFORCE_VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def customer_engineer_list(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """A customer's preferred and excluded engineers: a card of the record, or a page with a form."""
    request.actor.require(Permission.CUSTOMER_VIEW)
    customer = customers.get_customer(pk)
    form = PreferenceForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            services.set_preference(customer_id=pk, actor=request.actor, at=now(), **form.facts())
        except (BadInput, NotFound) as problem:
            form.add_error(None, problem.message)
        else:
            return _back(request, pk)
    context = {
        "customer": customer,
        "form": form,
        "preferences": preferences_of_customer(pk),
        "can_edit": request.actor.can(Permission.VISIT_PLAN),
    }
    is_card = request.headers.get("HX-Request") and request.method != "POST"
    template = "dispatch/_customer_engineers.html" if is_card else "dispatch/customer_engineers.html"
    return render(request, template, context, status=422 if form.is_bound else 200)


@permitted(Permission.VISIT_PLAN)
@require_POST
def customer_engineer_remove(request: TenantRequest, slug: str, pk: int, preference_id: int) -> HttpResponse:
    """Forget what was said of a customer and an engineer."""
    customers.get_customer(pk)
    services.remove_preference(preference_id=preference_id, actor=request.actor, at=now())
    return _back(request, pk)


def _back(request: TenantRequest, customer_id: int) -> HttpResponse:
    messages.success(request, _("Saved."))
    url = reverse("dispatch:customer_engineer_list", args=[request.tenant.slug, customer_id])
    return HttpResponseRedirect(url, status=303)
