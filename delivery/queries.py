"""Reads of checklists and of what happened at a visit."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, DurationField, F, Max, Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils.translation import gettext as _

from core.errors import NotFound
from core.intervals import by_day
from delivery import rules
from delivery.enums import ItemKind, TimeKind
from delivery.models import Answer, Checklist, ChecklistItem, PartUse, Photo, Signature, Submission, TimeEntry
from dispatch.models import Visit

LONGEST_ENTRY = timedelta(days=7)
"""No stretch of work or travel lasts so long."""


@dataclass(frozen=True)
class Missing:
    """One thing a visit still needs: `kind` is item or signature, `label` what a person calls it."""

    kind: str
    label: str
    item_id: int | None = None


@dataclass(frozen=True)
class ChecklistStep:
    """One item of the pinned checklist with what was answered: the latest answer counts, all are kept."""

    item: ChecklistItem
    answers: list[Answer] = field(default_factory=list)
    photos: list[Photo] = field(default_factory=list)

    @property
    def answer(self) -> Answer | None:
        return self.answers[-1] if self.answers else None

    @property
    def is_done(self) -> bool:
        return bool(self.photos) if self.item.kind == ItemKind.PHOTO else self.answer is not None


@dataclass(frozen=True)
class Evidence:
    """Everything known of one visit, read once."""

    visit: Visit
    submission: Submission | None
    steps: list[ChecklistStep]
    photos: list[Photo]
    part_uses: list[PartUse]
    signature: Signature | None
    time_entries: list[TimeEntry]

    @property
    def counted_steps(self) -> list[ChecklistStep]:
        """The steps that say how far the checklist is: those it demands, or all when it demands none."""
        return [step for step in self.steps if step.item.is_required] or self.steps

    @property
    def done_count(self) -> int:
        return sum(step.is_done for step in self.counted_steps)

    @property
    def optional_left(self) -> int:
        """How many steps may still be answered besides the counted ones."""
        counted = {step.item.pk for step in self.counted_steps}
        return sum(not step.is_done for step in self.steps if step.item.pk not in counted)

    @property
    def percent(self) -> int:
        return round(100 * self.done_count / len(self.counted_steps)) if self.steps else 100

    @property
    def missing(self) -> list[Missing]:
        """What still keeps the visit from being completed, in the order of the work."""
        return self.open_steps if self.signature else [*self.open_steps, Missing("signature", _("Signature"))]

    @property
    def open_steps(self) -> list[Missing]:
        """What the checklist still demands."""
        return [
            Missing("item", step.item.label, step.item.pk)
            for step in self.steps
            if step.item.is_required and not step.is_done
        ]

    @property
    def next_step(self) -> ChecklistStep | None:
        """The first step without an answer, required ones first."""
        waiting = [step for step in self.steps if not step.is_done]
        return next((step for step in waiting if step.item.is_required), waiting[0] if waiting else None)

    @property
    def document_hash(self) -> str:
        """What a signature given now would cover."""
        answers = (f"answer {step.item.pk} {step.answer.value}" for step in self.steps if step.answer)
        parts = (f"part {use.part_id} {use.quantity_used}" for use in self.part_uses)
        photos = (f"photo {photo.sha256}" for photo in self.photos)
        return rules.document_hash([f"visit {self.visit.pk}", *answers, *parts, *photos])

    @property
    def work_minutes(self) -> int:
        return self.minutes(TimeKind.WORK)

    @property
    def travel_minutes(self) -> int:
        return self.minutes(TimeKind.TRAVEL)

    def minutes(self, kind: TimeKind, until: datetime | None = None) -> int:
        """Whole minutes of this kind; what still runs counts up to `until`, or not at all."""
        stretches = ((e.start_at, e.end_at or until) for e in self.time_entries if e.kind == kind)
        return rules.whole_minutes((start, end) for start, end in stretches if end is not None)


def evidence_of(visit: Visit) -> Evidence:
    """The visit's evidence in a fixed number of queries."""
    submission = submission_of(visit)
    photos = list(photos_of(visit))
    return Evidence(
        visit=visit,
        submission=submission,
        steps=_steps(submission, photos),
        photos=photos,
        part_uses=list(part_uses_of(visit)),
        signature=signature_of(visit),
        time_entries=list(TimeEntry.objects.filter(visit=visit)),
    )


def _steps(submission: Submission | None, photos: list[Photo]) -> list[ChecklistStep]:
    if submission is None:
        return []
    answers: dict[int, list[Answer]] = defaultdict(list)
    for answer in Answer.objects.filter(submission=submission):
        answers[answer.item_id].append(answer)
    pictures: dict[int | None, list[Photo]] = defaultdict(list)
    for photo in photos:
        pictures[photo.item_id].append(photo)
    items = ChecklistItem.objects.filter(checklist_id=submission.checklist_id)
    return [ChecklistStep(item, answers[item.pk], pictures[item.pk]) for item in items]


def missing_evidence(visit: Visit) -> list[Missing]:
    """What keeps the visit from being completed; empty when nothing does."""
    return evidence_of(visit).missing


def submission_of(visit: Visit) -> Submission | None:
    """The checklist that this visit fills in, pinned when the engineer arrived; None when there is none."""
    return Submission.objects.filter(visit=visit).select_related("checklist").first()


def find_published_checklist(work_type_id: int) -> Checklist | None:
    """The newest published version for this kind of work, or None."""
    return Checklist.objects.filter(work_type_id=work_type_id, is_published=True).order_by("-version").first()


def checklist_versions(work_type_id: int) -> QuerySet[Checklist]:
    """Every version for this kind of work, newest first, with `step_count` and `visit_count`."""
    counts = {
        "step_count": Count("items", distinct=True),
        "visit_count": Count("submissions", distinct=True),
    }
    return Checklist.objects.filter(work_type_id=work_type_id).annotate(**counts).order_by("-version")


def get_submission(visit: Visit) -> Submission:
    """The checklist that this visit fills in. Raises `NotFound` when its work has none."""
    submission = submission_of(visit)
    if submission is None:
        raise NotFound(_("%(visit)s has no checklist. Add photos and remarks instead.") % {"visit": visit})
    return submission


def get_item(submission: Submission, item_id: int) -> ChecklistItem:
    """A step of this filling-in. Raises `NotFound` for steps of other checklists too."""
    item = ChecklistItem.objects.filter(checklist_id=submission.checklist_id, pk=item_id).first()
    if item is None:
        raise NotFound(_("This visit's checklist has no such step. Look at the checklist again."))
    return item


def photos_of(visit: Visit) -> QuerySet[Photo]:
    """In the order they came."""
    return Photo.objects.filter(visit=visit)


def get_photo(visit: Visit, photo_id: int) -> Photo:
    """One photo of this visit. Raises `NotFound`."""
    photo = photos_of(visit).filter(pk=photo_id).first()
    if photo is None:
        raise NotFound(_("%(visit)s has no such photo.") % {"visit": visit})
    return photo


def part_uses_of(visit: Visit) -> QuerySet[PartUse]:
    """Parts used, with part and movement."""
    return PartUse.objects.filter(visit=visit).select_related("part", "movement")


def signature_of(visit: Visit) -> Signature | None:
    """The customer's word, or None yet."""
    return Signature.objects.filter(visit=visit).first()


def work_minutes(visit: Visit) -> int:
    """Whole minutes of finished work, breaks left out."""
    return _minutes(visit, TimeKind.WORK)


def travel_minutes(visit: Visit) -> int:
    """Whole minutes of finished travel."""
    return _minutes(visit, TimeKind.TRAVEL)


def _minutes(visit: Visit, kind: TimeKind) -> int:
    ended = TimeEntry.objects.filter(visit=visit, kind=kind, end_at__isnull=False)
    return rules.whole_minutes(
        (start, end) for start, end in ended.values_list("start_at", "end_at") if end is not None
    )


def minutes_by_day(from_at: datetime, to_at: datetime, zone: ZoneInfo) -> dict[tuple[date, int], float]:
    """Minutes of finished work and travel between two instants by local day and engineer: what goes past midnight
    counts on both days. Two statements."""
    is_whole = Q(day=F("last"), start_at__gte=from_at, end_at__lte=to_at)
    ended = TimeEntry.objects.filter(
        kind__in=(TimeKind.WORK, TimeKind.TRAVEL),
        start_at__gt=from_at - LONGEST_ENTRY,
        start_at__lt=to_at,
        end_at__gt=from_at,
    ).annotate(day=TruncDate("start_at", tzinfo=zone), last=TruncDate("end_at", tzinfo=zone))
    spent = Sum(F("end_at") - F("start_at"), output_field=DurationField())
    found: dict[tuple[date, int], float] = defaultdict(float)
    for row in ended.filter(is_whole).values("day", "engineer_id").annotate(spent=spent).order_by():
        found[row["day"], row["engineer_id"]] += row["spent"].total_seconds() / 60
    for engineer_id, start, end in ended.exclude(is_whole).values_list("engineer_id", "start_at", "end_at"):
        for day, (begin, finish) in by_day((max(start, from_at), min(end or to_at, to_at)), zone):
            found[day, engineer_id] += (finish - begin).total_seconds() / 60
    return found


def latest_time(visit: Visit) -> datetime | None:
    """The last instant that the visit's time entries know."""
    times = TimeEntry.objects.filter(visit=visit).aggregate(start=Max("start_at"), end=Max("end_at"))
    return max((t for t in times.values() if t is not None), default=None)


def asset_visits(visit: Visit) -> tuple[int, datetime | None]:
    """(how many visits this asset had in the year before, when the last one ended)."""
    asset_id = visit.work_order.asset_id
    if asset_id is None:
        return 0, None
    earlier = Visit.objects.filter(
        work_order__asset_id=asset_id,
        ended_at__isnull=False,
        ended_at__gte=visit.start_at - timedelta(days=365),
        ended_at__lt=visit.start_at,
    ).exclude(pk=visit.pk)
    return len(ended := list(earlier.values_list("ended_at", flat=True))), max(
        filter(None, ended), default=None
    )
