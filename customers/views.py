"""Pages of customers: the list, the record, and the forms."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.forms import ModelForm
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.guards import permitted
from core.clock import now
from core.errors import BadInput, Conflict
from customers import permissions, queries, services
from customers.enums import CustomerTier
from customers.forms import AssetForm, ContactForm, ContractForm, CustomerForm, SiteForm, SiteHoursForm
from customers.models import Asset, Contact, Contract, Customer, Site
from tenants.http import TenantRequest

PAGE = 50


@permitted(permissions.VIEW)
@require_safe
def customer_list(request: TenantRequest, slug: str) -> HttpResponse:
    """Customers by name; `?q=` searches names, addresses and numbers, `?tier=` narrows."""
    text, tier = request.GET.get("q", "").strip()[:200], request.GET.get("tier", "")
    found = queries.customers().filter(pk__in=queries.customers_matching(text).values("pk"))
    if tier in CustomerTier.values:
        found = found.filter(tier=tier)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "q": text, "tier": tier, "tiers": CustomerTier.choices}
    return render(request, "customers/customer_list.html", context)


@permitted(permissions.VIEW)
@require_safe
def customer_detail(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """One customer with its people, places and equipment."""
    context = {
        "customer": queries.get_customer(pk),
        "contacts": queries.contacts_of(pk),
        "sites": queries.sites_of(pk),
        "assets": queries.assets_of(pk),
        "contracts": queries.contracts_of(pk),
        "may_edit": request.actor.can(permissions.EDIT),
    }
    return render(request, "customers/customer_detail.html", context)


@permitted(permissions.EDIT)
@require_http_methods(["GET", "POST"])
def customer_create(request: TenantRequest, slug: str) -> HttpResponse:
    """A new customer."""
    back = reverse("customers:customer_list", args=[slug])

    def save(values: dict[str, Any]) -> str:
        customer = services.create_customer(**values, actor=request.actor, at=now())
        messages.success(request, _("%(name)s is a customer now.") % {"name": customer})
        return reverse("customers:customer_detail", args=[slug, customer.pk])

    return _form_page(request, CustomerForm(request.POST or None), save, _("New customer"), back)


@permitted(permissions.EDIT)
@require_http_methods(["GET", "POST"])
def customer_edit(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Change a customer."""
    update = partial(services.update_customer, customer_id=pk)
    return _edit_page(request, CustomerForm, queries.get_customer(pk), update, customer_id=pk)


@permitted(permissions.EDIT)
@require_http_methods(["GET", "POST"])
def contact_create(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """A new person at a customer."""
    heading = _("New contact at %(name)s") % {"name": queries.get_customer(pk)}
    add = partial(services.add_contact, customer_id=pk)
    return _save_page(request, ContactForm(request.POST or None), add, heading, customer_id=pk)


@permitted(permissions.EDIT)
@require_http_methods(["GET", "POST"])
def contact_edit(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Change a contact."""
    contact, update = queries.get_contact(pk), partial(services.update_contact, contact_id=pk)
    return _edit_page(request, ContactForm, contact, update, customer_id=contact.customer_id)


@permitted(permissions.EDIT)
@require_http_methods(["GET", "POST"])
def site_create(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """A new place of a customer."""
    heading = _("New site of %(name)s") % {"name": queries.get_customer(pk)}
    add = partial(services.add_site, customer_id=pk)
    return _save_page(request, SiteForm(request.POST or None), add, heading, customer_id=pk)


@permitted(permissions.EDIT)
@require_http_methods(["GET", "POST"])
def site_edit(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Change a site; its visiting hours below."""
    site = queries.get_site(pk)
    form = SiteForm(request.POST or None, instance=site)
    update = partial(services.update_site, site_id=pk)
    beside = {
        "site": site,
        "hours": SiteHoursForm(site=site),
        "zone": site.time_zone or request.tenant.time_zone,
        "warning": _odd_place(site),
    }
    heading = _("Change %(name)s") % {"name": site}
    return _save_page(request, form, update, heading, customer_id=site.customer_id, beside=beside)


@permitted(permissions.EDIT)
@require_POST
def site_hours(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Say anew when a site may be visited."""
    site = queries.get_site(pk)
    hours = SiteHoursForm(request.POST, site=site)
    if hours.is_valid():
        try:
            services.set_site_hours(site_id=pk, weekly=hours.weekly, actor=request.actor, at=now())
        except BadInput as refusal:
            hours.add_error(None, refusal.message)
        else:
            messages.success(request, _("Saved."))
            return HttpResponseRedirect(
                reverse("customers:customer_detail", args=[slug, site.customer_id]), status=303
            )
    context = {
        "form": SiteForm(instance=site),
        "heading": _("Change %(name)s") % {"name": site},
        "back_url": reverse("customers:customer_detail", args=[slug, site.customer_id]),
        "site": site,
        "hours": hours,
        "zone": site.time_zone or request.tenant.time_zone,
    }
    return render(request, "customers/site_edit.html", context, status=422)


@permitted(permissions.EDIT)
@require_http_methods(["GET", "POST"])
def asset_create(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """A new piece of equipment at a site."""
    site, add = queries.get_site(pk), partial(services.add_asset, site_id=pk)
    heading = _("New asset at %(name)s") % {"name": site}
    return _save_page(request, AssetForm(request.POST or None), add, heading, customer_id=site.customer_id)


@permitted(permissions.EDIT)
@require_http_methods(["GET", "POST"])
def asset_edit(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Change an asset."""
    asset, update = queries.get_asset(pk), partial(services.update_asset, asset_id=pk)
    return _edit_page(request, AssetForm, asset, update, customer_id=asset.site.customer_id)


@permitted(permissions.EDIT)
@require_http_methods(["GET", "POST"])
def contract_create(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """A new contract of a customer."""
    customer, add = queries.get_customer(pk), partial(services.add_contract, customer_id=pk)
    heading = _("New contract of %(name)s") % {"name": customer}
    return _save_page(request, ContractForm(request.POST or None), add, heading, customer_id=pk)


@permitted(permissions.EDIT)
@require_http_methods(["GET", "POST"])
def contract_edit(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Change a contract."""
    contract, update = queries.get_contract(pk), partial(services.update_contract, contract_id=pk)
    return _edit_page(request, ContractForm, contract, update, customer_id=contract.customer_id)


def _edit_page(
    request: TenantRequest,
    form_class: type[ModelForm[Any]],
    thing: Customer | Contact | Site | Asset | Contract,
    update: Callable[..., object],
    *,
    customer_id: int,
) -> HttpResponse:
    """Change what a customer has; `update` is the service that knows which."""
    heading = _("Change %(name)s") % {"name": thing}
    form = form_class(request.POST or None, instance=thing)
    return _save_page(request, form, update, heading, customer_id=customer_id)


def _save_page(
    request: TenantRequest,
    form: ModelForm[Any],
    service: Callable[..., object],
    heading: str,
    *,
    customer_id: int,
    beside: dict[str, Any] | None = None,
) -> HttpResponse:
    """A form that goes back to the customer's page when the service has taken its values."""
    back = reverse("customers:customer_detail", args=[request.tenant.slug, customer_id])

    def save(values: dict[str, Any]) -> str:
        saved = service(actor=request.actor, at=now(), **values)
        messages.success(request, _("Saved."))
        if isinstance(saved, Site) and (warning := _odd_place(saved)):
            messages.warning(request, warning)
        return back

    return _form_page(request, form, save, heading, back, beside=beside)


def _odd_place(site: Site) -> str:
    """A warning about where a site is; empty when nothing is odd."""
    words = {
        "swapped": _(
            "%(site)s lies far from everything else. Its latitude and longitude look swapped: turn them round."
        ),
        "far": _(
            "%(site)s lies more than 1,000 km from everything else. Check its latitude and longitude, or nobody "
            "will be planned to go there."
        ),
    }
    return words.get(queries.oddness(site), "") % {"site": site}


def _form_page(
    request: TenantRequest,
    form: ModelForm[Any],
    save: Callable[[dict[str, Any]], str],
    heading: str,
    back: str,
    *,
    beside: dict[str, Any] | None = None,
) -> HttpResponse:
    """Show the form, or save it and go where `save` says; what cannot be saved is shown with 422."""
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                return HttpResponseRedirect(save(form.cleaned_data), status=303)
            except (BadInput, Conflict) as refusal:
                _tell(form, refusal)
    context = {"form": form, "heading": heading, "back_url": back, **(beside or {})}
    template = "customers/site_edit.html" if beside else "customers/form.html"
    return render(request, template, context, status=status)


def _tell(form: ModelForm[Any], refusal: BadInput | Conflict) -> None:
    """What was refused, at its field where it has one."""
    errors = refusal.errors if isinstance(refusal, BadInput) else {}
    fields = {name: texts for name, texts in errors.items() if name in form.fields}
    for name, texts in fields.items():
        for text in texts:
            form.add_error(name, text)
    if not fields:
        form.add_error(None, refusal.message)
