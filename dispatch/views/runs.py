"""Runs of rules in words: what came of them, who was chosen and why, and why not the others."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import formats
from dispatch import reasons
from dispatch.comparing import beside
from dispatch.enums import RuleEvent, RunOutcome, Strategy, VisitStatus
from dispatch.models import DispatchRun, WorkType
from tickets.models import Topic

_WORDS = {
    "work.type": gettext_lazy("Work type"),
    "work.priority": gettext_lazy("Priority"),
    "site.area_key": gettext_lazy("Area"),
    "ticket.topic": gettext_lazy("Topic"),
    "customer.tier": gettext_lazy("Tier"),
}
"""What the builder's conditions read, in its words."""
GOOD = (RunOutcome.ASSIGNED, RunOutcome.OFFERED, RunOutcome.SENT, RunOutcome.DEFERRED)


def told_run(run: DispatchRun, names: Mapping[int, str]) -> dict[str, Any]:
    """A run in words: outcome, event, who was chosen and why, why not the others, rules and steps that came
    to nothing. `names` maps skill ids to names."""
    return {
        "run": run,
        "outcome": RunOutcome(run.outcome).label,
        "event": RuleEvent(run.event).label,
        "is_assigned": run.outcome in GOOD,
        "offers": [str(offer.provider or offer.engineer) for offer in run.offers.all()],
        "since": _since(run),
        "lateness": _lateness(run.inputs.get("outlook") or {}),
        "after": reasons.after(str(run.inputs.get("after", ""))),
        "accepted_by": (run.explanation.get("accepted") or {}).get("by", ""),
        "facts": [_fact(run, name, value) for name, value in (run.inputs.get("facts") or {}).items()],
        **told_explanation(run.explanation, names, is_chosen=run.outcome == RunOutcome.ASSIGNED),
    }


def _fact(run: DispatchRun, name: str, value: Any) -> dict[str, Any]:
    """What a condition read: in the builder's words, or by its name in expressions where the builder has none."""
    told = value if value != "" else "–"
    if name in {"work.priority", "ticket.priority"} and value:
        told = f"P{value}"
    if (known := _named(run, name)) is not None and known.code == value:
        told = known.name
    return {"word": _WORDS.get(name, ""), "name": name, "value": told}


def _named(run: DispatchRun, name: str) -> WorkType | Topic | None:
    """What a fact holds the code of, as long as the work is of it still."""
    if name == "work.type":
        return run.work_order.work_type
    ticket = run.work_order.ticket if name == "ticket.topic" else None
    return ticket.topic if ticket is not None else None


def told_explanation(
    facts: Mapping[str, Any], names: Mapping[int, str], *, is_chosen: bool = True
) -> dict[str, Any]:
    """The reasons of a ranking as a run or a trial keeps them, in words."""
    first = facts.get("chosen") or {}
    chosen = first if is_chosen else {}
    accepted = facts.get("accepted") or {}
    skills = dict(names)
    return {
        "chosen": chosen.get("name", "") or accepted.get("name", ""),
        "pluses": [reasons.words(reason, skills) for reason in chosen.get("pluses", ())],
        "minuses": [reasons.words(reason, skills) for reason in chosen.get("minuses", ())],
        "next": [(one["name"], beside(first, one)) for one in facts.get("candidates", ())],
        "needs_reason": [
            (c["name"], "; ".join(reasons.words(r, skills) for r in c["minuses"]))
            for c in facts.get("needs_reason", ())
        ],
        "excluded": [
            (", ".join(person["name"] for person in group["engineers"]), reasons.words(group, skills))
            for group in facts.get("excluded", ())
        ],
        "skipped": [(s["rule"], reasons.no_rule(s["why"])) for s in facts.get("rules", ())],
        "steps": [
            (s.get("provider") or Strategy(s["strategy"]).label, reasons.no_step(s["why"]))
            for s in facts.get("steps", ())
        ],
        "chain": [
            (
                link["rule"],
                RuleEvent(link["event"]).label,
                formats.local_time(datetime.fromisoformat(link["at"])),
            )
            for link in facts.get("chain", ())
        ],
    }


def _since(run: DispatchRun) -> str:
    """How the visit that a run planned stands now, where that is another than the run chose; "" as long as the
    run's reasons still tell of it. `run.visit.engineer` and `run.work_order` should be loaded."""
    visit, chosen = run.visit, run.explanation.get("chosen")
    if run.outcome != RunOutcome.ASSIGNED or visit is None or not chosen:
        return ""
    if visit.status == VisitStatus.CANCELLED:
        return _("called off since")
    first = (chosen.get("stints") or [chosen])[0]
    begins = datetime.fromtimestamp(int(first["start"]), UTC)
    if (visit.engineer_id, visit.start_at) == (first["engineer_id"], begins):
        return ""
    told = {"name": visit.engineer.name, "time": formats.local_datetime(visit.start_at)}
    moved = _("changed since: now %(name)s, %(time)s") % told
    promised = run.work_order.promised_end_at
    if promised is None:
        return moved
    late = int((visit.start_at - promised).total_seconds()) // 60
    facts = {"code": "window", "bound": "promised_end", "minutes": late}
    kept = reasons.words(facts) if visit.start_at > promised else _("keeps the promise")
    return f"{moved}; {kept}"


def _lateness(known: Mapping[str, Any]) -> str:
    """Why an engineer will be late (`outlook.Outlook.as_json`); "" when nothing was known."""
    texts = {
        "on_road": _(
            "on the road since %(left)s, %(travel)s of travel: arrives %(arrives)s instead of %(planned)s"
        ),
        "at_work": _(
            "still at %(work_order)s, %(travel)s of travel: arrives %(arrives)s instead of %(planned)s"
        ),
        "not_begun": _(
            "%(work_order)s comes before and has not begun, %(travel)s of travel: "
            "arrives %(arrives)s instead of %(planned)s"
        ),
        "not_left": _("not on the road, %(travel)s of travel: arrives %(arrives)s instead of %(planned)s"),
    }
    if known.get("where") not in texts:
        return ""
    times = {name: _clock_of(known.get(name)) for name in ("left", "arrives", "planned")}
    return texts[known["where"]] % {**known, **times, "travel": reasons.duration(known["travel_minutes"])}


def _clock_of(told: Any) -> str:
    return formats.local_time(datetime.fromisoformat(told)) if told else ""
