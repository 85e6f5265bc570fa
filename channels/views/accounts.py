"""Settings: the company's accounts on each channel."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.guards import permitted
from channels import adapters, permissions, queries, services
from channels.adapters.base import Adapter
from channels.enums import Channel
from channels.forms import AccountForm
from channels.models import ChannelAccount
from core.clock import now
from core.errors import Conflict, Refusal
from core.forms import tell
from tenants.http import TenantRequest

MANAGE = permissions.ACCOUNT_MANAGE


@permitted(MANAGE)
@require_safe
def account_list(request: TenantRequest, slug: str) -> HttpResponse:
    """Every account with its state, and the providers that can be added."""
    known = [account for account in queries.accounts() if adapters.find_adapter(account.adapter)]
    rows = [(account, adapters.ADAPTERS[account.adapter]) for account in known]
    request_url = request.build_absolute_uri(reverse("intake:request", args=[slug]))
    context = {
        "here": "channels",
        "rows": rows,
        "providers": adapters.ADAPTERS.values(),
        "request_url": request_url,
    }
    return render(request, "channels/account_list.html", context)


@permitted(MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def account_create(request: TenantRequest, slug: str) -> HttpResponse:
    """Add an account of the provider that `?provider=` names."""
    code = request.POST.get("provider") or request.GET.get("provider", "")
    adapter = adapters.find_adapter(code or next(iter(adapters.ADAPTERS)))
    if adapter is None:
        raise Http404
    form = AccountForm(adapter, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            account = services.add_account(
                adapter=adapter.code, **form.values(), actor=request.actor, at=now()
            )
        except Refusal as problem:
            tell(form, problem)
        else:
            messages.success(request, _("%(name)s was added.") % {"name": account.name})
            return _to(request, account)
    return _page(request, form, adapter, None)


@permitted(MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def account_edit(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Change an account. Its secrets are never shown; what is left empty stays."""
    account = queries.get_account(pk)
    adapter = adapters.find_adapter(account.adapter)
    if adapter is None:
        raise Http404
    form = AccountForm(adapter, request.POST or None, account=account)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_account(account_id=pk, **form.values(), actor=request.actor, at=now())
        except Refusal as problem:
            tell(form, problem)
        else:
            messages.success(request, _("%(name)s was saved.") % {"name": account.name})
            return _to(request, account)
    return _page(request, form, adapter, account)


@permitted(MANAGE)
@require_POST
def account_try(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Try the account at its provider and say what was found."""
    account = queries.get_account(pk)
    try:
        found = services.try_account(account_id=pk, actor=request.actor, at=now())
    except Conflict as problem:
        messages.error(request, problem.message)
    else:
        messages.success(request, found)
    return _to(request, account)


@permitted(MANAGE)
@require_POST
def account_switch(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Switch the account on (`is_active` = 1) or off."""
    is_active = request.POST.get("is_active") == "1"
    account = services.switch_account(account_id=pk, is_active=is_active, actor=request.actor, at=now())
    words = _("%(name)s is on.") if is_active else _("%(name)s is off: nothing comes in or goes out by it.")
    messages.success(request, words % {"name": account.name})
    return HttpResponseRedirect(reverse("channels:account_list", args=[slug]), status=303)


def _to(request: TenantRequest, account: ChannelAccount) -> HttpResponse:
    url = reverse("channels:account_edit", args=[request.tenant.slug, account.pk])
    return HttpResponseRedirect(url, status=303)


def _page(
    request: TenantRequest, form: AccountForm, adapter: Adapter, account: ChannelAccount | None
) -> HttpResponse:
    context: dict[str, Any] = {"here": "channels", "form": form, "adapter": adapter, "account": account}
    if account is not None and adapter.has_hook:
        url = services.hook_url(account)
        context["hooks"] = [(label, f"{url}{after}") for label, after in adapter.hooks]
    if account is not None and account.channel == Channel.CHAT:
        url = request.build_absolute_uri(
            reverse("intake:chat_widget", args=[request.tenant.slug, account.hook])
        )
        context["snippet"] = f'<script src="{url}" async></script>'
    status = 422 if request.method == "POST" else 200
    return render(request, "channels/account_edit.html", context, status=status)
