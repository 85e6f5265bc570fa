"""Pages of auto-dispatch rules and their run log."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.enums import Permission
from accounts.guards import permitted
from core.clock import now
from core.errors import Refusal
from dispatch import queries, services
from dispatch.forms import RuleForm
from dispatch.models import DispatchRule
from dispatch.views.work_orders import told_run
from tenants.http import TenantRequest
from workforce.models import Skill

LOGGED = 50


def _list(request: TenantRequest) -> HttpResponse:
    response = HttpResponseRedirect(reverse("dispatch:rule_list", args=[request.tenant.slug]))
    response.status_code = 303
    return response


@permitted(Permission.RULE_EDIT)
@require_safe
def rule_list(request: TenantRequest, slug: str) -> HttpResponse:
    """Rules in the order they are tried, and what they did lately."""
    names = dict(Skill.objects.values_list("id", "name"))
    types = dict(queries.work_types().values_list("code", "name"))
    rules = [(rule, _conditions(rule, types)) for rule in queries.dispatch_rules()]
    context = {"rules": rules, "runs": [told_run(run, names) for run in queries.runs()[:LOGGED]]}
    return render(request, "dispatch/rule_list.html", context)


@permitted(Permission.RULE_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def rule_create(request: TenantRequest, slug: str) -> HttpResponse:
    """A new rule."""
    following = queries.dispatch_rules().count() + 1
    form = RuleForm(request.POST or None, instance=DispatchRule(position=following))
    return _edit(request, form, None)


@permitted(Permission.RULE_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def rule_edit(request: TenantRequest, slug: str, rule_id: int) -> HttpResponse:
    """Change a rule."""
    return _edit(request, RuleForm(request.POST or None, instance=queries.get_rule(rule_id)), rule_id)


@permitted(Permission.RULE_EDIT)
@require_POST
def rule_switch(request: TenantRequest, slug: str, rule_id: int) -> HttpResponse:
    """Switch a rule on (`is_enabled=1`) or off."""
    is_enabled = request.POST.get("is_enabled") == "1"
    rule = services.set_rule_enabled(rule_id=rule_id, is_enabled=is_enabled, actor=request.actor, at=now())
    said = _("“%(rule)s” is on.") if rule.is_enabled else _("“%(rule)s” is off.")
    messages.success(request, said % {"rule": rule.name})
    return _list(request)


def _edit(request: TenantRequest, form: RuleForm, rule_id: int | None) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            if rule_id is None:
                rule = services.create_rule(actor=request.actor, at=now(), **form.facts())
            else:
                rule = services.update_rule(rule_id=rule_id, actor=request.actor, at=now(), **form.facts())
        except Refusal as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, _("“%(rule)s” was saved.") % {"rule": rule.name})
            return _list(request)
    names = dict(Skill.objects.values_list("id", "name"))
    runs = queries.runs().filter(rule_id=rule_id)[:LOGGED] if rule_id else []
    context = {"form": form, "rule_id": rule_id, "runs": [told_run(run, names) for run in runs]}
    return render(
        request, "dispatch/rule_edit.html", context, status=422 if request.method == "POST" else 200
    )


def _conditions(rule: DispatchRule, types: dict[str, str]) -> list[str]:
    """The rule's conditions in words."""
    facts, told = rule.conditions, []
    if codes := facts.get("work_types"):
        told.append(", ".join(types.get(code, code) for code in codes))
    if areas := facts.get("areas"):
        told.append(", ".join(areas))
    if most := facts.get("max_priority"):
        told.append(f"P1–P{most}" if most > 1 else "P1")
    return told
