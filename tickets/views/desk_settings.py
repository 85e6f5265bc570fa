"""Settings of the desk: canned replies, and the company's own labels within states."""

from __future__ import annotations

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.guards import permitted
from core.clock import now
from core.errors import Refusal
from tenants.http import TenantRequest
from tickets import permissions, queries, services
from tickets.forms import CannedReplyForm, NewSubStateForm, SubStateForm


@permitted(permissions.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def canned_reply_list(request: TenantRequest, slug: str) -> HttpResponse:
    """Every canned reply, and the form of a new one."""
    form = CannedReplyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        facts = form.facts()
        facts.pop("is_active")
        try:
            services.create_canned_reply(actor=request.actor, at=now(), **facts)
        except Refusal as problem:
            form.add_error(None, problem.message)
        else:
            return _saved(request, "canned_reply_list")
    context = {"form": form, "replies": queries.canned_replies(), "here": "canned_replies"}
    return render(request, "tickets/canned_reply_list.html", context, status=_status(request))


@permitted(permissions.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def canned_reply_edit(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Correct one canned reply."""
    reply = queries.get_canned_reply(pk)
    names = ("title", "body", "language", "topic", "is_active")
    form = CannedReplyForm(request.POST or None, initial={name: getattr(reply, name) for name in names})
    if request.method == "POST" and form.is_valid():
        try:
            services.update_canned_reply(reply_id=pk, actor=request.actor, at=now(), **form.facts())
        except Refusal as problem:
            form.add_error(None, problem.message)
        else:
            return _saved(request, "canned_reply_list")
    context = {"form": form, "reply": reply, "here": "canned_replies"}
    return render(request, "tickets/canned_reply_edit.html", context, status=_status(request))


@permitted(permissions.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def sub_state_list(request: TenantRequest, slug: str) -> HttpResponse:
    """Every label by its state, and the form of a new one."""
    form = NewSubStateForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.create_sub_state(actor=request.actor, at=now(), **form.cleaned_data)
        except Refusal as problem:
            form.add_error(None, problem.message)
        else:
            return _saved(request, "sub_state_list")
    context = {"form": form, "labels": queries.sub_states(), "here": "sub_states"}
    return render(request, "tickets/sub_state_list.html", context, status=_status(request))


@permitted(permissions.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def sub_state_edit(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Name a label anew, order it, or offer it no more."""
    label = queries.get_sub_state(pk)
    names = ("name", "position", "is_active")
    form: Form = SubStateForm(request.POST or None, initial={name: getattr(label, name) for name in names})
    if request.method == "POST" and form.is_valid():
        services.update_sub_state(sub_state_id=pk, actor=request.actor, at=now(), **form.cleaned_data)
        return _saved(request, "sub_state_list")
    context = {"form": form, "label": label, "here": "sub_states"}
    return render(request, "tickets/sub_state_edit.html", context, status=_status(request))


def _saved(request: TenantRequest, name: str) -> HttpResponse:
    messages.success(request, _("Saved."))
    return HttpResponseRedirect(reverse(f"tickets:{name}", args=[request.tenant.slug]), status=303)


def _status(request: TenantRequest) -> int:
    return 422 if request.method == "POST" else 200
