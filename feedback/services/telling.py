"""Telling customers by letter when somebody comes: first, when that changes, and when nobody does.

What is told is decided for all visits of a work order together: a crew is one letter, and a visit that takes the
place of one called off is told as another time. A fixed number of statements whatever the number of visits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation

from channels import services as channels
from channels.enums import Channel, OutboundStatus
from channels.models import OutboundMessage
from dispatch import queries as dispatch
from dispatch.enums import VisitStatus
from dispatch.models import Visit, WorkOrder
from dispatch.rules import AWAITED, UNDER_WAY, Window
from feedback import letters, links, permissions, queries, rules
from feedback.enums import LinkPurpose
from feedback.models import CustomerLink, VisitLetter
from feedback.rules import Known
from feedback.services.invitations import (
    address_of,
    language_of,
    name_of,
    new_link,
    note_first_words,
    told_of,
)
from journal import services as journal
from tenants.actors import Actor
from tenants.queries import current_tenant

Links = Mapping[int, CustomerLink]
Letters = Mapping[int, Sequence[VisitLetter]]


@dataclass(frozen=True, slots=True)
class Trip:
    """Visits that go together, and the letters about them: each letter is about all of them."""

    visits: Sequence[Visit]
    letters: Sequence[VisitLetter]

    @property
    def lead(self) -> Visit:
        """The visit that the letter's link follows."""
        return next((one for one in self.visits if one.status != VisitStatus.CANCELLED), self.visits[0])

    @property
    def status(self) -> str:
        return rules.status_together(visit.status for visit in self.visits)

    @property
    def known(self) -> Known | None:
        """What the customer knows: what the last letter said that got through, or is being sent."""
        through = [one for one in self.letters if one.message.status != OutboundStatus.FAILED]
        return Known(through[-1].window) if through else None

    @property
    def is_expected(self) -> bool:
        """Whether the customer knows that somebody comes, and somebody does."""
        is_to_come = self.status in AWAITED or self.status in UNDER_WAY
        return is_to_come and self.known is not None and self.known.window is not None


@dataclass(frozen=True, slots=True)
class Telling:
    """What the customer of a trip is to be told now, and when they expected somebody `before`. `instead_of`: the trip
    called off whose place it takes, of which they are told nothing else."""

    trip: Trip
    now: Known
    before: Window | None
    instead_of: Trip | None = None


@transaction.atomic
def invite_to_track(*, visit_ids: Collection[int], actor: Actor, at: datetime) -> list[CustomerLink]:
    """Make the tracking links of sent visits and mail each to its contact, once; who was told of another time is
    told of the change."""
    visits = _locked(visit_ids)
    made = _tracking_links([visit for visit in visits if visit.pk in visit_ids], actor, at)
    known = queries.letters_about([visit.pk for visit in visits])
    _tell(visits, known, _told_of(known) | set(visit_ids), actor, at)
    return list(made.values())


@transaction.atomic
def tell_changes(*, visit_ids: Collection[int], actor: Actor, at: datetime) -> None:
    """Write to those who know another window than the one in which somebody is to come now, or who expect somebody
    though nobody comes. Who was told nothing yet is told nothing; who was written to in vain is written to again."""
    visits = _locked(visit_ids)
    known = queries.letters_about([visit.pk for visit in visits])
    changed = known.keys() & set(visit_ids)
    kept = [visit for visit in visits if visit.pk in changed and visit.status != VisitStatus.CANCELLED]
    _tracking_links(kept, actor, at)
    _tell(visits, known, _told_of(known) | changed, actor, at)


@transaction.atomic
def take_back_changes(*, visit_ids: Collection[int], actor: Actor, at: datetime) -> None:
    """Of visits to which somebody is on the way or has come: take back letters about a later time that still wait, and
    send at once those about an earlier one."""
    visits = _locked(visit_ids)
    known = queries.letters_about([visit.pk for visit in visits])
    waits = {
        pk for pk in visit_ids for one in known.get(pk, ())[1:] if one.message.status == OutboundStatus.QUEUED
    }
    if waits:
        _tell(visits, known, _told_of(known), actor, at)


def _locked(visit_ids: Collection[int]) -> list[Visit]:
    """All visits of the work of these, so that what is told of it is decided by one at a time: the work is locked
    first, as whoever plans it does."""
    works = Visit.objects.filter(pk__in=visit_ids).values("work_order")
    order_ids = [one.pk for one in WorkOrder.objects.select_for_update().filter(pk__in=works).order_by("pk")]
    found = dispatch.visits().select_for_update(of=("self",)).filter(work_order__in=order_ids)
    return list(found.order_by("pk"))


def _told_of(known: Letters) -> set[int]:
    """The visits about which a letter got through, or still may."""
    return {
        pk for pk, told in known.items() if any(one.message.status != OutboundStatus.FAILED for one in told)
    }


def _tracking_links(visits: Sequence[Visit], actor: Actor, at: datetime) -> dict[int, CustomerLink]:
    """The living link of each visit, kept alive, or a new one."""
    living = queries.living_links([visit.pk for visit in visits], LinkPurpose.TRACK, at)
    longer, fresh = [], []
    for visit in visits:
        permissions.check_may_show_code(actor, visit)
        expires_at = rules.expires_at(LinkPurpose.TRACK, visit_ends_at=visit.end_at, at=at)
        if visit.pk not in living:
            fresh.append(new_link(visit, LinkPurpose.TRACK, at))
        elif expires_at > living[visit.pk].expires_at:
            living[visit.pk].expires_at = expires_at
            longer.append(living[visit.pk])
    CustomerLink.objects.bulk_update(longer, ["expires_at"])
    CustomerLink.objects.bulk_create(fresh)
    things, changes = [link.visit for link in fresh], [told_of(link) for link in fresh]
    journal.record_many(actor=actor, verb="link_issued", things=things, at=at, source="", changes=changes)
    return living | {link.visit_id: link for link in fresh}


def _tell(
    visits: Sequence[Visit], known: Letters, telling_of: Collection[int], actor: Actor, at: datetime
) -> None:
    """Take back what waits, order what is to be told now, and note what each letter tells. Without an address nothing
    is sent."""
    known = _without_waiting(known, actor, at)
    by_work: dict[int, list[Visit]] = defaultdict(list)
    for visit in visits:
        if address_of(visit.work_order):
            by_work[visit.work_order_id].append(visit)
    tellings = {
        _key(telling): telling
        for together in by_work.values()
        for telling in _tellings(_trips(together, known), telling_of, at)
    }
    leads = [telling.trip.lead for telling in tellings.values() if telling.now.window]
    made = _tracking_links(leads, actor, at) if leads else {}
    posts = [_post(key, telling, made) for key, telling in tellings.items()]
    sent = channels.send_messages(messages=posts, actor=actor, at=at) if posts else []
    noted = (note for message in sent for note in _noted(tellings[message.key], message))
    VisitLetter.objects.bulk_create(noted)
    note_first_words([tellings[message.key].trip.lead for message in sent], actor, at)


def _without_waiting(known: Letters, actor: Actor, at: datetime) -> Letters:
    """Take back the letters that nobody is sending now; the letters that are left."""
    queued = {
        one.message_id
        for told in known.values()
        for one in told
        if one.message.status == OutboundStatus.QUEUED
    }
    if not queued:
        return known
    channels.recall_messages(message_ids=queued, actor=actor, at=at)
    return queries.letters_about(known)


def _trips(visits: Iterable[Visit], known: Letters) -> list[Trip]:
    """The visits of one work order, those of a crew together."""
    together: dict[object, list[Visit]] = defaultdict(list)
    for visit in visits:
        together[visit.crew_key or visit.pk].append(visit)
    return [
        Trip(members, sorted((one for visit in members for one in known.get(visit.pk, ())), key=_by_id))
        for members in together.values()
    ]


def _by_id(letter: VisitLetter) -> int:
    return letter.pk


def _tellings(trips: Sequence[Trip], telling_of: Collection[int], at: datetime) -> list[Telling]:
    """What the customer of one work order is to be told."""
    concerned = [trip for trip in trips if any(visit.pk in telling_of for visit in trip.visits)]
    due = [telling for trip in concerned if (telling := _telling(trip, at))]
    off = sorted((one for one in due if one.now.window is None), key=_by_before)
    fresh = sorted((one for one in due if one.before is None), key=_by_start)
    moved = [one for one in due if one.before and one.now.window]
    others = moved + [_instead(one, gone) for one, gone in zip(fresh, off, strict=False)] + fresh[len(off) :]
    is_one = not any(visit.shares_work for trip in trips for visit in trip.visits)
    if is_one and (others or any(trip.is_expected for trip in trips)):
        return others
    return others + off[len(fresh) :]


def _telling(trip: Trip, at: datetime) -> Telling | None:
    known, window = trip.known, dispatch.told_of(trip.lead)
    now = rules.what_to_tell(known, status=trip.status, window=window, at=at)
    return Telling(trip, now, known.window if known else None) if now else None


def _instead(telling: Telling, gone: Telling) -> Telling:
    """Somebody comes instead of the one called off."""
    return replace(telling, before=gone.before, instead_of=gone.trip)


def _by_before(telling: Telling) -> tuple[datetime, int]:
    return telling.before.start_at if telling.before else datetime.max, telling.trip.lead.pk


def _by_start(telling: Telling) -> tuple[datetime, int]:
    return telling.trip.lead.start_at, telling.trip.lead.pk


def _noted(telling: Telling, message: OutboundMessage) -> list[VisitLetter]:
    """What the letter tells of each visit; of those whose place was taken, that nobody comes."""
    window = telling.now.window
    opens, closes = (window.start_at, window.end_at) if window else (None, None)
    notes = [
        VisitLetter(visit=visit, message=message, opens_at=opens, closes_at=closes)
        for visit in telling.trip.visits
    ]
    gone = telling.instead_of.visits if telling.instead_of else ()
    return notes + [VisitLetter(visit=visit, message=message) for visit in gone]


def _overtaken(telling: Telling) -> set[int]:
    """Earlier letters that are still being sent, or failed: they must not arrive after this one."""
    gone = telling.instead_of.letters if telling.instead_of else ()
    unsent = (OutboundStatus.QUEUED, OutboundStatus.FAILED)
    return {one.message_id for one in (*telling.trip.letters, *gone) if one.message.status in unsent}


def _key(telling: Telling) -> str:
    """Once for each trip, and once for each change of what was said of it, whether it got through or not."""
    trip = telling.trip
    if not trip.letters:
        return f"{LinkPurpose.TRACK}:{trip.lead.pk}"
    return f"change:{trip.lead.pk}:{trip.letters[-1].pk}"


def _post(key: str, telling: Telling, made: Links) -> channels.ToSend:
    """The letter, in the contact's language and the site's zone."""
    order, tenant = telling.trip.lead.work_order, current_tenant()
    language = language_of(order)
    with translation.override(language), timezone.override(order.site.zone or tenant.zone):
        letter = _letter(telling, made, name=name_of(order), company=tenant.name)
    return channels.ToSend(
        key=key,
        channel=Channel.EMAIL,
        recipient=address_of(order),
        subject=letter.subject,
        body=letter.body,
        language=language,
        pause=_pause(telling),
        overtakes=_overtaken(telling),
    )


def _pause(telling: Telling) -> timedelta:
    """What may change again waits for that; who is on the way changes no more."""
    is_change = telling.before is not None and telling.trip.status != VisitStatus.TRAVELLING
    return rules.FOLD_TIME if is_change else channels.NOW


def _letter(telling: Telling, made: Links, *, name: str, company: str) -> letters.Letter:
    visit, now, before = telling.trip.lead, telling.now.window, telling.before
    coming = [one for one in telling.trip.visits if one.status != VisitStatus.CANCELLED]
    who = ", ".join(one.engineer.name for one in coming or telling.trip.visits)
    if before is not None and now is None:
        return letters.cancelled_letter(visit, before, who=who, name=name, company=company)
    now = now or dispatch.told_of(visit)
    url = links.url_of(current_tenant(), made[visit.pk], settings.BASE_URL)
    if before is None or before == now:
        return letters.track_letter(visit, now, who=who, name=name, company=company, url=url)
    return letters.moved_letter(visit, before, now, who=who, name=name, company=company, url=url)
