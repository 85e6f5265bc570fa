"""A visit as a line of nodes, from being sent to its end, for people who look at it from a desk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core import formats
from core.look import look_of
from delivery.enums import TimeKind
from delivery.queries import Evidence
from dispatch.enums import VisitStatus


@dataclass(frozen=True)
class Node:
    """Something that happened: when, its look (hue and icon), what, and its detail as somebody said it."""

    at: datetime
    hue: str
    icon: str
    label: str | Promise
    detail: str = ""


def timeline(evidence: Evidence) -> list[Node]:
    """Every node of the visit, in order of time."""
    found = [*_taps(evidence), *_breaks(evidence), *_answers(evidence), *_things(evidence), *_end(evidence)]
    return sorted(found, key=lambda node: node.at)  # Stable: the end stays behind what happened with it.


def _taps(evidence: Evidence) -> Iterator[Node]:
    visit = evidence.visit
    taps = [
        (visit.sent_at, VisitStatus.DISPATCHED),
        (visit.accepted_at, VisitStatus.ACCEPTED),
        (visit.travel_started_at, VisitStatus.TRAVELLING),
        (visit.arrived_at, VisitStatus.ON_SITE),
    ]
    for at, status in taps:
        if at is not None:
            look = look_of("visit", status)
            yield Node(at, look.hue, look.icon, look.word)


def _end(evidence: Evidence) -> Iterator[Node]:
    visit = evidence.visit
    if visit.ended_at is not None:
        look = look_of("visit", visit.status)
        yield Node(visit.ended_at, look.hue, look.icon, look.word, visit.end_reason)


def _breaks(evidence: Evidence) -> Iterator[Node]:
    for entry in evidence.time_entries:
        if entry.kind == TimeKind.BREAK:
            yield Node(entry.start_at, "wait", "player-pause", _("Paused"))
            if entry.end_at is not None and entry.end_at != evidence.visit.ended_at:
                yield Node(entry.end_at, "work", "player-play", _("Went on working"))


def _answers(evidence: Evidence) -> Iterator[Node]:
    for step in evidence.steps:
        for answer in step.answers:
            is_good = answer.is_within_limits
            said = f"{answer.value} {step.item.unit}".strip()
            if step.item.kind == "check":
                said = str(look_of("answer", answer.value).word)
            detail = f"{said} · {answer.comment}" if answer.comment else said
            hue, icon = ("work", "list-check") if is_good else ("stop", "alert-triangle")
            yield Node(answer.at, hue, icon, step.item.label, detail)


def _things(evidence: Evidence) -> Iterator[Node]:
    for photo in evidence.photos:
        yield Node(photo.taken_at, "rest", "camera", _("Photo"), photo.get_kind_display())
    for use in evidence.part_uses:
        used = f"{formats.quantity(use.quantity_used)} × {use.part}"
        yield Node(use.at, "rest", "package", _("Part used"), used)
    signature = evidence.signature
    if signature is not None:
        said = signature.signer_name or f"{signature.get_outcome_display()} · {signature.reason}"
        yield Node(signature.at, "rest", "signature", _("Signature"), said)
