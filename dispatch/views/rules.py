"""Pages of auto-dispatch rules: their list, the builder with its test, versions and the run log."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.enums import Permission
from accounts.guards import permitted
from core.clock import now
from core.errors import BadInput, Refusal
from customers.enums import CustomerTier
from dispatch import queries, reasons, rules, services
from dispatch.enums import RuleEvent, RunOutcome, Strategy
from dispatch.expressions import FACTS
from dispatch.models import DispatchRule
from dispatch.rule_forms import RuleForm, RunFilterForm, StepSet, steps_of
from dispatch.views.runs import GOOD, told_explanation, told_run
from tenants.http import TenantRequest
from tickets import queries as tickets
from workforce.models import Provider, Skill

LOGGED = 20
PAGE = 50


def _list(request: TenantRequest) -> HttpResponse:
    return HttpResponseRedirect(reverse("dispatch:rule_list", args=[request.tenant.slug]), status=303)


@permitted(Permission.RULE_EDIT)
@require_safe
def rule_list(request: TenantRequest, slug: str) -> HttpResponse:
    """Rules in the order they are tried, and what they did lately."""
    names = _Names()
    found = [(rule, names.told(rule)) for rule in queries.dispatch_rules()]
    runs = queries.runs()[:LOGGED]
    context = {"rules": found, "runs": [told_run(run, names.skills) for run in runs]}
    return render(request, "dispatch/rule_list.html", context)


@permitted(Permission.RULE_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def rule_create(request: TenantRequest, slug: str) -> HttpResponse:
    """A new rule. It starts switched off unless told otherwise, so that it can be tried first."""
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


@permitted(Permission.RULE_EDIT)
@require_POST
def rule_move(request: TenantRequest, slug: str, rule_id: int) -> HttpResponse:
    """Try a rule earlier (`by=-1`) or later (`by=1`)."""
    by = -1 if request.POST.get("by") == "-1" else 1
    services.move_rule(rule_id=rule_id, by=by, actor=request.actor, at=now())
    return _list(request)


@permitted(Permission.RULE_EDIT)
@require_safe
def run_list(request: TenantRequest, slug: str) -> HttpResponse:
    """The run log: what rules did, with why and why not, filtered and in pages."""
    form = RunFilterForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    found = queries.runs_matching(
        rule_id=wanted["rule"].pk if wanted.get("rule") else None,
        event=wanted.get("event", ""),
        outcome=wanted.get("outcome", ""),
        text=wanted.get("q", ""),
    )
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    names = _Names()
    context = {
        "page": page,
        "runs": [told_run(run, names.skills) for run in page],
        "wanted": wanted,
        "rules": queries.dispatch_rules(),
        "events": RuleEvent.choices,
        "outcomes": RunOutcome.choices,
    }
    return render(request, "dispatch/run_list.html", context)


def _edit(request: TenantRequest, form: RuleForm, rule_id: int | None) -> HttpResponse:
    rule = form.instance
    initial = [dict(step) for step in rules.steps_of(rule.strategy, rule.steps)]
    steps = StepSet(request.POST if request.method == "POST" else None, initial=initial, prefix="step")
    trials: list[dict[str, Any]] | None = None
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid() and steps.is_valid():
            facts = {**form.facts(), "steps": steps_of(steps)}
            try:
                if "try" in request.POST:
                    trials, status = _tried(request, facts), 200
                else:
                    return _saved(request, rule_id, facts)
            except Refusal as problem:
                _put(form, problem)
    context = {
        "form": form,
        "steps": steps,
        "rule_id": rule_id,
        "trials": trials,
        "names": list(FACTS),
        **_history(rule_id),
    }
    return render(request, "dispatch/rule_edit.html", context, status=status)


def _saved(request: TenantRequest, rule_id: int | None, facts: dict[str, Any]) -> HttpResponse:
    if rule_id is None:
        rule = services.create_rule(actor=request.actor, at=now(), **facts)
    else:
        rule = services.update_rule(rule_id=rule_id, actor=request.actor, at=now(), **facts)
    messages.success(request, _("“%(rule)s” was saved.") % {"rule": rule.name})
    return _list(request)


def _tried(request: TenantRequest, facts: dict[str, Any]) -> list[dict[str, Any]]:
    """The test on the last 20 in words."""
    names = _Names()
    return [
        {
            "work_order": trial.work_order,
            "applies": trial.outcome != RunOutcome.NO_RULE,
            "outcome": RunOutcome(trial.outcome).label,
            "is_good": trial.outcome in GOOD,
            "engineers": ", ".join(trial.engineers),
            "start_at": trial.start_at,
            "why": reasons.no_rule(trial.why) if trial.why else "",
            "told": told_explanation(trial.explanation, names.skills),
        }
        for trial in services.try_rule(actor=request.actor, at=now(), **facts)
    ]


def _put(form: RuleForm, problem: Refusal) -> None:
    """A refusal beside the field it names, else above the form."""
    named = problem.errors if isinstance(problem, BadInput) else {}
    for name, texts in named.items():
        form.add_error(name if name in form.fields else None, texts)
    if not named:
        form.add_error(None, problem.message)


def _history(rule_id: int | None) -> dict[str, Any]:
    """The rule's versions and its last runs."""
    if rule_id is None:
        return {"versions": [], "runs": []}
    names = _Names()
    runs = queries.runs().filter(rule_id=rule_id)[:LOGGED]
    versions = queries.get_rule(rule_id).versions.all()[:LOGGED]
    return {
        "versions": [(one, names.told(DispatchRule(**one.content))) for one in versions],
        "runs": [told_run(run, names.skills) for run in runs],
    }


class _Names:
    """What the codes and ids of rules are called, each kind read once when it is first needed."""

    def __init__(self) -> None:
        self.skills: dict[int, str] = dict(Skill.objects.values_list("id", "name"))
        self._types = dict(queries.work_types().values_list("code", "name"))
        self._topics = dict(tickets.topics().values_list("code", "name"))
        self._providers = dict(Provider.objects.values_list("id", "name"))

    def told(self, rule: DispatchRule) -> dict[str, Any]:
        """A rule in words: when, if, then."""
        return {
            "when": self._when(rule),
            "conditions": self._conditions(rule),
            "steps": [self._step(step) for step in rules.steps_of(rule.strategy, rule.steps)],
        }

    def _when(self, rule: DispatchRule) -> str:
        facts, label = rule.event_facts, str(RuleEvent(rule.event).label)
        match rule.event:
            case RuleEvent.SLA_SHARE:
                return _("%(event)s: %(percent)s%%") % {"event": label, "percent": facts.get("percent")}
            case RuleEvent.ENGINEER_LATE:
                return _("%(event)s by %(minutes)s min") % {"event": label, "minutes": facts.get("minutes")}
            case RuleEvent.SCHEDULE:
                days = ", ".join(str(WEEKDAYS_ABBR[day]) for day in facts.get("weekdays") or ())
                return f"{facts.get('time', '')} {days or _('every day')}"
        return label

    def _conditions(self, rule: DispatchRule) -> list[str]:
        facts, told = rule.conditions, []
        for key, names in (("work_types", self._types), ("topics", self._topics)):
            if codes := facts.get(key):
                told.append(", ".join(names.get(code, code) for code in codes))
        if areas := facts.get("areas"):
            told.append(", ".join(areas))
        if tiers := facts.get("tiers"):
            told.append(", ".join(str(CustomerTier(tier).label) for tier in tiers))
        if most := facts.get("max_priority"):
            told.append(f"P1–P{most}" if most > 1 else "P1")
        if rule.expression:
            told.append(rule.expression)
        return told

    def _step(self, step: Any) -> str:
        text = str(Strategy(step["strategy"]).label)
        if provider := step.get("provider"):
            text += f" ({self._providers.get(provider, provider)})"
        if minutes := step.get("accept_minutes"):
            text += _(", %(minutes)s min to answer") % {"minutes": minutes}
        return text
