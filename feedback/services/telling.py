"""Telling customers by letter when somebody comes: first, when that changes, and when nobody does.

A fixed number of statements whatever the number of visits.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation

from channels import services as channels
from channels.enums import Channel
from channels.models import OutboundMessage
from dispatch import queries as dispatch
from dispatch.enums import VisitStatus
from dispatch.models import Visit
from dispatch.rules import MOVABLE
from feedback import letters, links, permissions, queries, rules
from feedback.enums import LinkPurpose
from feedback.models import CustomerLink, VisitLetter
from feedback.rules import Known
from feedback.services.invitations import address_of, language_of, name_of, new_link, told_of
from feedback.wording import window_of
from journal import services as journal
from tenants.actors import Actor
from tenants.queries import current_tenant

Links = Mapping[int, CustomerLink]


@dataclass(frozen=True, slots=True)
class Telling:
    """What a visit's customer is to be told now, and the last letter that they got about it."""

    visit: Visit
    now: Known
    last: VisitLetter | None


@transaction.atomic
def invite_to_track(*, visit_ids: Collection[int], actor: Actor, at: datetime) -> list[CustomerLink]:
    """Make the tracking links of sent visits and mail each to its contact, once; who was told of another time is
    told of the change."""
    visits = _locked(visit_ids)
    made = _tracking_links(visits, actor, at)
    _tell(visits, queries.letters_about(visit_ids), made, actor, at)
    return list(made.values())


@transaction.atomic
def tell_changes(*, visit_ids: Collection[int], actor: Actor, at: datetime) -> None:
    """Write to those who know another window than the one in which somebody is to come now, or who expect somebody
    though nobody comes. Who was told nothing yet is told nothing."""
    locked, known = _locked(visit_ids), queries.letters_about(visit_ids)
    visits = [visit for visit in locked if known[visit.pk]]
    if not visits:
        return
    made = _tracking_links([one for one in visits if one.status != VisitStatus.CANCELLED], actor, at)
    _tell(visits, known, made, actor, at)


@transaction.atomic
def take_back_changes(*, visit_ids: Collection[int], actor: Actor, at: datetime) -> None:
    """Take back letters about another time that still wait, of visits to which somebody is on the way or has come."""
    begun = {visit.pk for visit in _locked(visit_ids) if visit.status not in MOVABLE}
    changes = {pk: told for pk, told in queries.letters_about(begun).items() if len(told) > 1}
    _forget_waiting(changes, actor, at)


def _locked(visit_ids: Collection[int]) -> list[Visit]:
    found = dispatch.visits().select_for_update(of=("self",)).filter(pk__in=visit_ids)
    return list(found.order_by("pk"))


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
    visits: Sequence[Visit], known: dict[int, list[VisitLetter]], made: Links, actor: Actor, at: datetime
) -> None:
    """Order the letters, and note what each tells. Without an address nothing is sent."""
    _forget_waiting(known, actor, at)
    tellings = {}
    for visit in visits:
        last = known[visit.pk][-1] if known[visit.pk] else None
        was, window = Known(last.window) if last else None, window_of(visit)
        now = rules.what_to_tell(was, status=visit.status, window=window, at=at)
        if now is not None and address_of(visit.work_order):
            telling = Telling(visit, now, last)
            tellings[_key(telling)] = telling
    posts = [_post(key, telling, made) for key, telling in tellings.items()]
    sent = channels.send_messages(messages=posts, actor=actor, at=at) if posts else []
    VisitLetter.objects.bulk_create(_noted(tellings[message.key], message) for message in sent)


def _forget_waiting(known: dict[int, list[VisitLetter]], actor: Actor, at: datetime) -> None:
    """Take back the newest letters that nobody has begun to send: what a customer knows is what was sent."""
    newest = [told[-1].message_id for told in known.values() if told]
    recalled = channels.recall_messages(message_ids=newest, actor=actor, at=at) if newest else set()
    for told in known.values():
        if told and told[-1].message_id in recalled:
            told.pop()


def _noted(telling: Telling, message: OutboundMessage) -> VisitLetter:
    window = telling.now.window
    opens, closes = (window.start_at, window.end_at) if window else (None, None)
    return VisitLetter(visit=telling.visit, message=message, opens_at=opens, closes_at=closes)


def _key(telling: Telling) -> str:
    """Once for each visit, and once for each change of what was told of it."""
    if telling.last is None:
        return f"{LinkPurpose.TRACK}:{telling.visit.pk}"
    return f"change:{telling.visit.pk}:{telling.last.pk}"


def _post(key: str, telling: Telling, made: Links) -> channels.ToSend:
    """The letter, in the contact's language and the site's zone."""
    order, tenant = telling.visit.work_order, current_tenant()
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
        pause=rules.FOLD_TIME if telling.last else channels.NOW,
    )


def _letter(telling: Telling, made: Links, *, name: str, company: str) -> letters.Letter:
    visit, now = telling.visit, telling.now.window
    before = telling.last.window if telling.last else None
    if before is not None and now is None:
        return letters.cancelled_letter(visit, before, name=name, company=company)
    now = now or window_of(visit)
    url = links.url_of(current_tenant(), made[visit.pk], settings.BASE_URL)
    if before is None:
        return letters.track_letter(visit, now, name=name, company=company, url=url)
    return letters.moved_letter(visit, before, now, name=name, company=company, url=url)
