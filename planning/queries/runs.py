"""Planning runs and what they propose."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext as _

from core.errors import NotFound
from dispatch.models import Visit
from dispatch.rules import MOVABLE
from planning.enums import ChangeKind, ChangeState
from planning.models import PlanChange, PlanRun


def runs() -> QuerySet[PlanRun]:
    """Runs, the newest first, with how many of their changes are open (`open_changes`)."""
    waiting = Count("changes", filter=Q(changes__state=ChangeState.OPEN))
    return PlanRun.objects.select_related("territory").annotate(open_changes=waiting).order_by("-id")


def get_run(run_id: int) -> PlanRun:
    """A run. Raises `NotFound`."""
    found = runs().filter(pk=run_id).first()
    if found is None:
        raise NotFound(_("Planning run %(id)s: not found.") % {"id": run_id})
    return found


def run_for_update(run_id: int) -> PlanRun:
    """A run, locked. Raises `NotFound`."""
    found = PlanRun.objects.select_for_update().filter(pk=run_id).first()
    if found is None:
        raise NotFound(_("Planning run %(id)s: not found.") % {"id": run_id})
    return found


def changes_of(run: PlanRun) -> QuerySet[PlanChange]:
    """What a run proposes, in the order of the work orders' urgency, with everything a page tells of it."""
    return run.changes.select_related(
        "work_order__site", "work_order__customer", "visit", "from_engineer", "to_engineer"
    ).order_by("work_order__priority", "id")


def late_visits(run: PlanRun) -> QuerySet[Visit]:
    """Visits that a run found after what was promised and left where they are, and that still are so, the first
    promised first. With the late ones among its rows they are what its figures count as late."""
    found = Visit.objects.filter(
        pk__in=run.figures.get("kept_late", ()),
        status__in=MOVABLE,
        start_at__gte=F("work_order__promised_end_at") + timedelta(minutes=1),
    )
    return found.select_related("work_order__site", "engineer").order_by("work_order__promised_end_at", "id")


def decided_count(run: PlanRun) -> int:
    """How many rows of a run were decided on. It only grows, so it tells whether somebody decided between two looks."""
    return run.changes.exclude(state=ChangeState.OPEN).count()


def undone_of(run: PlanRun, change_id: int) -> PlanChange:
    """The row of work that a run leaves undone. Raises `NotFound`."""
    found = changes_of(run).filter(kind=ChangeKind.UNSERVED, pk=change_id).first()
    if found is None:
        raise NotFound(_("Row %(id)s: not found in %(run)s.") % {"id": change_id, "run": run})
    return found
