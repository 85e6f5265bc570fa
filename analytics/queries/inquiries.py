"""Inquiries: when and how they come, what they are about, how fast and how well they are answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Aggregate, Count, FloatField, Q, QuerySet, Sum

from analytics import rules
from analytics.models import InquiryFigures

HEAT_DAYS = 7
TOPICS_SHOWN = 8


class Percentile(Aggregate):
    """The value below which this share lies, between neighbours in proportion."""

    function = "PERCENTILE_CONT"
    name = "percentile"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()

    def __init__(self, expression: str, *, share: float, filter: Q | None = None) -> None:  # noqa: A002
        super().__init__(expression, filter=filter, share=float(share))


@dataclass(frozen=True, slots=True)
class HeatRow:
    """One channel: how many inquiries in each of the 24 hours, and together."""

    channel: str
    counts: list[int]
    total: int


@dataclass(frozen=True, slots=True)
class TopicTrend:
    """One topic: inquiries in the last four weeks and in the four before. An empty name: without a topic."""

    name: str
    now: int
    before: int


@dataclass(frozen=True, slots=True)
class Inquiries:
    """The section of the director's page. Medians are minutes; None where nothing was measured."""

    heat: list[HeatRow]
    most: int
    topics: list[TopicTrend]
    number: int
    answered: int
    response_median: float | None
    response_p90: float | None
    handling_median: float | None
    resolved: int
    messages_per_resolution: float | None
    reopened_percent: float | None


def inquiries(day: date) -> Inquiries:
    """The four weeks that end with the day; the heat table is of the last seven days. Three queries."""
    first = day - timedelta(days=rules.DAYS - 1)
    rows = _between(first, day)
    sums = rows.aggregate(
        number=Count("pk"),
        answered=Count("response_minutes"),
        response_median=Percentile("response_minutes", share=0.5),
        response_p90=Percentile("response_minutes", share=0.9),
        handling_seconds=Percentile("handling_seconds", share=0.5, filter=Q(handling_seconds__gt=0)),
        resolved=Count("pk", filter=Q(is_resolved=True)),
        said=Sum("messages", filter=Q(is_resolved=True)),
        solved_ever=Count("pk", filter=Q(is_resolved=True) | Q(reopened__gt=0)),
        came_back=Count("pk", filter=Q(reopened__gt=0)),
    )
    seconds = sums.pop("handling_seconds")
    said, solved, came_back = sums.pop("said"), sums.pop("solved_ever"), sums.pop("came_back")
    heat = _heat(day)
    return Inquiries(
        heat=heat,
        most=max((count for row in heat for count in row.counts), default=0),
        topics=_topics(first, day),
        messages_per_resolution=said / sums["resolved"] if sums["resolved"] else None,
        reopened_percent=rules.percent(came_back, solved),
        handling_median=None if seconds is None else seconds / 60,
        **sums,
    )


def _between(first: date, last: date) -> QuerySet[InquiryFigures]:
    return InquiryFigures.objects.filter(opened_on__gte=first, opened_on__lte=last)


def _heat(day: date) -> list[HeatRow]:
    found = _between(day - timedelta(days=HEAT_DAYS - 1), day).values("channel", "opened_hour")
    counts: dict[str, list[int]] = {}
    for channel, hour, n in found.annotate(n=Count("pk")).values_list("channel", "opened_hour", "n"):
        counts.setdefault(channel, [0] * 24)[hour] = n
    rows = [HeatRow(channel, hours, sum(hours)) for channel, hours in counts.items()]
    return sorted(rows, key=lambda row: (-row.total, row.channel))


def _topics(first: date, last: date) -> list[TopicTrend]:
    earlier = first - timedelta(days=rules.DAYS)
    found = (
        _between(earlier, last)
        .values("topic_id", "topic__name")
        .annotate(
            now=Count("pk", filter=Q(opened_on__gte=first)), before=Count("pk", filter=Q(opened_on__lt=first))
        )
        .order_by("-now", "-before", "topic_id")[:TOPICS_SHOWN]
    )
    return [TopicTrend(row["topic__name"] or "", row["now"], row["before"]) for row in found]
