"""Why a row of a proposal is as it is, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dispatch import reasons
from dispatch.enums import TravelSource
from dispatch.models import Visit
from dispatch.reasons import Names
from dispatch.travel import ESTIMATED, SILENT, UNKNOWN
from dispatch.ways_out import way_out
from planning.enums import ChangeKind, RunKind
from planning.explaining import NOT_LOOKED, TAKEN
from planning.models import PlanChange, PlanRun
from planning.queries import LOCKED
from planning.vans import GOES_TO

MOST_PLACES = 5


def words(reason: Mapping[str, Any], skills: Names | None = None) -> str:
    """One reason; with how many people it keeps out, where it was counted."""
    own = {
        "nobody": _("nobody works in that time"),
        "dearer": _("the time went to other work"),
        TAKEN: _taken(reason),
        NOT_LOOKED: _("not looked at further: too much other work found no place"),
        "awaited": _("%(work_order)s waits for it and begins before it would end")
        % {"work_order": reason.get("work_order", "")},
        "followed": _("%(work_order)s must go right after it and finds no place")
        % {"work_order": reason.get("work_order", "")},
        GOES_TO: _("%(part)s of the van goes to %(work_order)s")
        % {"part": reason.get("part", ""), "work_order": reason.get("work_order", "")},
        "visit_gone": _("the visit is gone"),
        "visit_changed": _("somebody changed the visit meanwhile"),
        "already_planned": _("somebody planned the work meanwhile"),
        "work_changed": _("somebody changed the work order meanwhile"),
        "no_way": _("no address of the customer is known: call them"),
        "too_late": _("there is no time to wait for an answer: call the customer"),
        "nothing_to_offer": _("nobody can come at another time in the next days: call the customer"),
        "engineer_gone": _("the engineer is not here any more"),
    }
    told = own.get(str(reason.get("code"))) or reasons.words(reason, skills)
    people = int(reason.get("people") or 0)
    if people < 2:
        return told
    counted = ngettext("%(n)s engineer", "%(n)s engineers", people) % {"n": people}
    return f"{told} ({counted})"


def serves(change: PlanChange) -> list[str]:
    """What a new or moved visit does for the promise: how much sooner it comes, and how late it would be without the
    change. Nothing where nothing was promised, or where it comes late anyway: the row tells that by itself."""
    promised, start_at = change.work_order.promised_end_at, change.to_start_at
    if promised is None or start_at is None or change.kind not in (ChangeKind.ADD, ChangeKind.MOVE):
        return []
    before = change.from_start_at
    told = []
    if before is not None and before > max(promised, start_at):
        late = reasons.words(
            {"code": "window", "bound": "promised_end", "minutes": _minutes(before - promised)}
        )
        told.append(_("%(late)s without the change") % {"late": late})
    if start_at <= promised:
        told.append(reasons.words({"code": "before_promise", "minutes": _minutes(promised - start_at)}))
    return told


def day_of(
    days: Iterable[Mapping[str, int]], engineer_id: int | None, at: datetime | None
) -> Mapping[str, int] | None:
    """The day of an engineer on which something begins, of those on which a run changes something."""
    if engineer_id is None or at is None:
        return None
    mine = (day for day in days if day["person"] == engineer_id)
    return next((day for day in mine if day["begins"] <= at.timestamp() <= day["ends"]), None)


def saves(change: PlanChange, days: Sequence[Mapping[str, int]]) -> list[str]:
    """What a moved visit does for travel: that of the days which it leaves and joins, with all rows carried out."""
    if change.kind != ChangeKind.MOVE:
        return []
    places = ((change.from_engineer, change.from_start_at), (change.to_engineer, change.to_start_at))
    found = {}
    for engineer, at in places:
        day = day_of(days, engineer.pk if engineer else None, at)
        if engineer is not None and day is not None:
            found[day["person"], day["begins"]] = _travel_of(engineer.name, day)
    return [_("travel of the day: %(days)s") % {"days": ", ".join(found.values())}] if found else []


def _travel_of(name: str, day: Mapping[str, int]) -> str:
    return _("%(name)s %(before)s → %(after)s min") % {
        "name": name,
        "before": day["travel_before"],
        "after": day["travel_after"],
    }


def _minutes(length: timedelta) -> int:
    return int(length.total_seconds()) // 60


def why_late(visit: Visit, run: PlanRun) -> str:
    """Why a run leaves a visit after its promise."""
    promised = visit.work_order.promised_end_at
    if promised is not None and promised <= run.asked_at:
        return _("the promise was over before this plan was asked for")
    if visit.lock_level in LOCKED:
        return _("its time is promised to the customer")
    if visit.sent_at is not None and run.kind == RunKind.BUILD:
        return _("it was sent, and building leaves alone what was sent")
    return _("the search found nobody who can come sooner")


def ways_out(changes: Iterable[Mapping[str, Any]], skills: Names | None = None) -> list[str]:
    """What would help, as sentences."""
    return [way_out(change, skills) for change in changes]


def _taken(reason: Mapping[str, Any]) -> str:
    """Which work took the time."""
    names, more = str(reason.get("work_orders", "")), int(reason.get("more") or 0)
    if more:
        names = ngettext("%(names)s and %(n)s more", "%(names)s and %(n)s more", more) % {
            "names": names,
            "n": more,
        }
    if reason.get("urgent"):
        return _("the time went to more urgent work: %(work_orders)s") % {"work_orders": names}
    return _("the time went to other work: %(work_orders)s") % {"work_orders": names}


def sentence(told: Iterable[Mapping[str, Any]], skills: Names | None = None) -> str:
    """Several reasons in one line."""
    return "; ".join(words(reason, skills) for reason in told)


def sources(trips: Mapping[str, int], without_place: Sequence[str] = ()) -> str:
    """Where the travel times of a proposal come from: {source of `travel.Table.source_of`: trips}. `without_place`
    names the sites and people without coordinates."""
    told = [_source(source, count) for source, count in sorted(trips.items()) if count]
    if without_place:
        told.append(_("without coordinates: %(names)s") % {"names": _some(without_place)})
    return "; ".join(told)


def _some(names: Sequence[str]) -> str:
    """The first few names and how many more there are."""
    shown, more = ", ".join(names[:MOST_PLACES]), len(names) - MOST_PLACES
    if more <= 0:
        return shown
    return ngettext("%(names)s and %(n)s more", "%(names)s and %(n)s more", more) % {
        "names": shown,
        "n": more,
    }


def _source(source: str, count: int) -> str:
    """One source with its trips."""
    name = dict(TravelSource.choices).get(source.removesuffix(SILENT), source)
    told = {"source": name, "n": count}
    if source == UNKNOWN:
        return ngettext(
            "%(n)s trip to or from a place without coordinates",
            "%(n)s trips to or from places without coordinates",
            count,
        ) % {"n": count}
    if source == ESTIMATED:
        return ngettext("%(n)s trip estimated", "%(n)s trips estimated", count) % {"n": count}
    if source.endswith(SILENT):
        return (
            ngettext(
                "%(n)s trip estimated, as %(source)s did not answer",
                "%(n)s trips estimated, as %(source)s did not answer",
                count,
            )
            % told
        )
    return ngettext("%(n)s trip by %(source)s", "%(n)s trips by %(source)s", count) % told
