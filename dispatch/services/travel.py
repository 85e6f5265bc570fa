"""How a tenant's travel times are found: which service is asked, and what finished trips teach."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import Permission
from core.clock import now
from core.errors import BadInput, Conflict
from dispatch import learning, queries
from dispatch.adapters import Silent, service_at
from dispatch.enums import TravelBand, TravelSource
from dispatch.learning import ENOUGH, Learned, Trip
from dispatch.models import TravelLeg, TravelProfile
from dispatch.queries.roads import FRESH
from dispatch.queries.trips import Driven
from dispatch.travel import ESTIMATE, Estimate, Point, km_between, minutes_of
from journal import services as journal
from tenants.active import tenant_active
from tenants.actors import Actor
from tenants.queries import active_tenant_ids

LEARNER = Actor.system("travel times")
LOOKS_BACK = timedelta(days=90)
SMALLEST_CHANGE = 0.02
"""A factor that moves by less stays as it is: travel times do not change for nothing."""


@dataclass(frozen=True, slots=True)
class Example:
    """One trip by each way of finding its time: whole minutes with parking, and km. `driven` None: an example
    that nobody drove. `problem` says why the service had no answer."""

    origin: Point
    target: Point
    plain: tuple[int, float]
    learned: tuple[int, float]
    asked: tuple[int, float] | None = None
    driven: float | None = None
    problem: str = ""


@transaction.atomic
def set_travel(*, source: str, base_url: str = "", actor: Actor, at: datetime) -> TravelProfile:
    """Say who is asked for travel times. What another service said is forgotten.

    Raises `BadInput` for a source that is none, or an address that is no web address.
    """
    actor.require(Permission.RULE_EDIT)
    if source not in TravelSource.values:
        raise BadInput(_("There is no source of travel times called “%(source)s”.") % {"source": source[:40]})
    base_url = "" if source == TravelSource.ESTIMATE else _address(base_url)
    row = profile_for_update()
    before = {"source": row.source, "base_url": row.base_url}
    after = {"source": source, "base_url": base_url}
    changes = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    if row.pk and not changes:
        return row
    row.source, row.base_url = source, base_url
    row.failures, row.ask_again_at, row.problem = 0, None, ""
    row.save()
    TravelLeg.objects.all().delete()
    journal.record(actor=actor, verb="changed", thing=row, at=at, changes=changes)
    return row


@transaction.atomic
def reset_travel(*, actor: Actor, at: datetime) -> TravelProfile:
    """Forget what finished trips taught; only trips that end from now on teach anything."""
    actor.require(Permission.RULE_EDIT)
    row = profile_for_update()
    before = row.factors
    _change_factors(row, {}, at)
    row.band_samples, row.samples, row.calibrated_at = {}, 0, None
    row.learns_from = at
    row.save()
    journal.record(actor=actor, verb="reset", thing=row, at=at, changes={"factors": [before, {}]})
    return row


@transaction.atomic
def calibrate_travel(*, actor: Actor, at: datetime) -> TravelProfile:
    """Learn the factors of the estimate from the trips of the last ninety days. The journal tells of factors
    that changed."""
    actor.require(Permission.RULE_EDIT)
    row = profile_for_update()
    since = max(at - LOOKS_BACK, row.learns_from or at - LOOKS_BACK)
    trips = [Trip(km_between(one.origin, one.target), one.minutes) for one in queries.driven(since, at)]
    known = queries.factors_of(row.factors)
    learned = learning.learn(trips, known)
    before, after = row.factors, _kept(row.factors, learned)
    _change_factors(row, after, at)
    row.calibrated_at = at
    row.band_samples = dict(zip(TravelBand.values, learned.samples, strict=True))
    row.samples = sum(learned.samples)
    row.save()
    if before != after:
        facts = {"factors": [before, after], "samples": row.samples}
        journal.record(actor=actor, verb="calibrated", thing=row, at=at, changes=facts)
    return row


def calibrate_all() -> int:
    """Learn from the finished trips of every company; returns how many companies there are."""
    count = 0
    for tenant_id in active_tenant_ids():
        with tenant_active(tenant_id):
            calibrate_travel(actor=LEARNER, at=now())
            count += 1
    return count


def try_travel(*, actor: Actor, at: datetime) -> Example:
    """Ask everybody about one trip: the latest that was driven, else from an engineer's home to a site.

    Raises `Conflict` when no two places are known.
    """
    actor.require(Permission.RULE_EDIT)
    found = _example(at)
    row = queries.travel_profile() or TravelProfile()
    learned = Estimate(queries.factors_of(row.factors))
    origin, target = found.origin, found.target
    asked, problem = None, ""
    if row.source != TravelSource.ESTIMATE:
        try:
            leg = service_at(row.source, row.base_url).matrix([origin], [target])[0][0]
        except Silent as silence:
            problem = str(silence)
        else:
            asked = (minutes_of(leg), leg[1] / 1000) if leg else None
            problem = "" if leg else _("The service knows no way between these places.")
    return Example(
        origin,
        target,
        plain=ESTIMATE.trip(origin, target),
        learned=learned.trip(origin, target),
        asked=asked,
        driven=found.minutes or None,
        problem=problem,
    )


def profile_for_update() -> TravelProfile:
    """The tenant's row, locked, or a new one that is not saved yet."""
    return TravelProfile.objects.select_for_update().first() or TravelProfile()


def _change_factors(row: TravelProfile, factors: dict[str, float], at: datetime) -> None:
    """Write factors, and keep those by which times were told a little while ago."""
    if factors == row.factors:
        return
    if row.factors_changed_at is None or row.factors_changed_at <= at - FRESH:
        row.former_factors = row.factors
    row.factors, row.factors_changed_at = factors, at


def _kept(before: dict[str, float], learned: Learned) -> dict[str, float]:
    """The factors to keep: of bands with enough trips the new one, unless it is nearly the old one."""
    after = dict(before)
    for band, factor, count in zip(TravelBand.values, learned.factors, learned.samples, strict=True):
        if count >= ENOUGH and abs(factor - float(before.get(band) or 0)) >= SMALLEST_CHANGE:
            after[band] = factor
    return after


def _example(at: datetime) -> Driven:
    latest = max(queries.driven(at - LOOKS_BACK, at), key=lambda one: one.visit_id, default=None)
    if latest is not None:
        return latest
    home, site = queries.some_home(), queries.some_site()
    if home is None or site is None:
        raise Conflict(
            _("There is no trip to try: give an engineer a home base and a site its latitude and longitude.")
        )
    return Driven(0, home, site, 0)


def _address(text: str) -> str:
    parts = urlsplit(text.strip())
    try:
        is_good = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_good = False
    if not is_good or len(text.strip()) > 200 or parts.query or parts.fragment:
        words = _("“%(address)s” is not the address of a service. Use one such as http://osrm.example:5000.")
        message = words % {"address": text.strip()[:80]}
        raise BadInput(message, errors={"base_url": [message]})
    return text.strip().rstrip("/")
