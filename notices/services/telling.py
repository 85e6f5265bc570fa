"""Notices on their way: made, held until their person's own hours, delivered, read."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from core.clock import now
from core.errors import NotAllowed
from journal import services as journal
from notices import queries, rules
from notices.enums import MailWish
from notices.events import NoticeDelivered, NoticesRead
from notices.models import Notice, OwnHours
from notices.registry import kind_named
from notices.wording import UNKNOWN, Letter, kind_of, letter
from tenants.active import tenant_active
from tenants.actors import Actor
from tenants.queries import current_tenant

log = logging.getLogger(__name__)

LEASE_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What one person is told: JSON facts, where it leads, and the key under which that happens once."""

    membership_id: int
    facts: Mapping[str, Any]
    path: str
    key: str
    urgent: bool = False


@transaction.atomic
def notify(
    *,
    membership_ids: Iterable[int],
    kind: str,
    facts: Mapping[str, Any],
    path: str,
    key: str,
    actor: Actor,
    at: datetime,
    urgent: bool = False,
    instead_of: str = "",
) -> list[Notice]:
    """Tell people of the tenant something, as `notify_each` does. Returns the notices that were made.

    What waits under the key `instead_of` is overtaken, and never told.
    """
    tellings = [
        Telling(membership_id=pk, facts=facts, path=path, key=key, urgent=urgent) for pk in membership_ids
    ]
    return notify_each(tellings=tellings, kind=kind, actor=actor, at=at, instead_of=instead_of)


@transaction.atomic
def notify_each(
    *, tellings: Sequence[Telling], kind: str, actor: Actor, at: datetime, instead_of: str = ""
) -> list[Notice]:
    """Tell people of the tenant one kind of thing, once per person and key, in a fixed number of statements.

    Nobody is told of their own act, nor of a kind they do not want. A notice waits for its person's own
    hours; an `urgent` one reaches whoever is on call at once, wanted or not. Of a kind that folds, what a
    person has not read yet about the same `path` takes the new facts instead of being told again.
    """
    found = queries.reachable({one.membership_id for one in tellings})
    people = {m.pk: m for m in found if m.pk != actor.membership_id}
    tellings = [one for one in tellings if one.membership_id in people]
    on_call = {m.pk for m in queries.on_call_at(at)} if any(one.urgent for one in tellings) else set()
    how, wishes = kind_named(kind) or UNKNOWN, queries.wishes_of(people)

    def is_wanted(one: Telling) -> bool:
        at_once = one.urgent and one.membership_id in on_call
        return at_once or bool(wishes[one.membership_id].kinds.get(kind, how.is_wanted))

    tellings = [one for one in _untold(tellings) if is_wanted(one)]
    if instead_of:
        ids = {one.membership_id for one in tellings}
        Notice.objects.filter(membership__in=ids, key=instead_of, delivered_at=None).delete()
    later: list[Telling] = []
    if how.folds:
        tellings, later = _fold(tellings, kind)
    zone = current_tenant().zone
    made = []
    for one in tellings:
        at_once = one.urgent and one.membership_id in on_call
        weekly, own_zone = wishes[one.membership_id].weekly, queries.zone_of(people[one.membership_id], zone)
        due = rules.due_at(weekly, own_zone, at, at_once=at_once)
        made.append(_notice(one, kind, at, due, is_urgent=at_once))
    Notice.objects.bulk_create(made)
    _tell(notice for notice in made if notice.delivered_at is not None)
    return [*made, *(notify_each(tellings=later, kind=kind, actor=actor, at=at) if later else ())]


def _untold(tellings: Sequence[Telling]) -> list[Telling]:
    """Those whose person was told nothing under their key yet; of equal ones the first."""
    if not tellings:
        return []
    ids, keys = {one.membership_id for one in tellings}, {one.key for one in tellings}
    known = Notice.objects.filter(membership__in=ids, key__in=keys)
    told = set(known.values_list("membership_id", "key"))
    firsts = {(one.membership_id, one.key): one for one in reversed(tellings)}
    return [
        one
        for one in tellings
        if firsts.get((one.membership_id, one.key)) is one and (one.membership_id, one.key) not in told
    ]


def _notice(one: Telling, kind: str, at: datetime, due: datetime, *, is_urgent: bool) -> Notice:
    return Notice(
        membership_id=one.membership_id,
        kind=kind,
        facts=dict(one.facts),
        path=one.path,
        key=one.key[:200],
        is_urgent=is_urgent,
        made_at=at,
        due_at=due,
        delivered_at=at if due <= at else None,
    )


def _fold(tellings: Sequence[Telling], kind: str) -> tuple[list[Telling], list[Telling]]:
    """Put new facts into what people have not read yet. Gives what is left to be told, and what must wait for
    that because it folds into it."""
    ids, paths = {one.membership_id for one in tellings}, {one.path for one in tellings}
    unread = Notice.objects.filter(membership__in=ids, kind=kind, path__in=paths, read_at=None)
    open_ones = set(unread.values_list("membership_id", "path")) if tellings else set()
    fresh: dict[tuple[int, str], Telling] = {}
    later = []
    for one in tellings:
        what = (one.membership_id, one.path)
        if what in open_ones:
            same = unread.filter(membership_id=one.membership_id, path=one.path)
            same.update(facts=dict(one.facts), count=F("count") + 1)
        elif what in fresh:
            later.append(one)
        else:
            fresh[what] = one
    return list(fresh.values()), later


def _tell(delivered: Iterable[Notice]) -> None:
    journal.publish(*(NoticeDelivered(notice_id=n.pk, membership_id=n.membership_id) for n in delivered))


def deliver_due(*, limit: int = 500) -> int:
    """Claim held notices of every tenant whose people's own hours have begun, and deliver them, each once.

    Safe in any number of processes: rows are claimed with SKIP LOCKED under a lease. Returns how many were
    claimed.
    """
    at = now()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tenant_id, id FROM claim_notices(%s, %s::interval, %s)",
            [limit, f"{LEASE_SECONDS} s", at],
        )
        claimed: list[tuple[int, int]] = cursor.fetchall()
    by_tenant: dict[int, list[int]] = defaultdict(list)
    for tenant_id, notice_id in claimed:
        by_tenant[tenant_id].append(notice_id)
    for tenant_id, ids in by_tenant.items():
        try:
            with tenant_active(tenant_id):
                _deliver(ids, at)
        except Exception:  # One tenant's trouble must not hold up the others; the lease runs out.
            log.exception("notices were not delivered", extra={"tenant_id": tenant_id})
    return len(claimed)


def _deliver(ids: list[int], at: datetime) -> None:
    held = Notice.objects.select_for_update().filter(pk__in=ids, delivered_at=None, due_at__lte=at)
    notices = list(held.order_by("due_at", "pk"))
    for notice in notices:
        notice.delivered_at = at
    Notice.objects.bulk_update(notices, ["delivered_at"])
    _tell(notices)


@transaction.atomic
def mark_read(*, notice_id: int, actor: Actor, at: datetime) -> Notice:
    """Read one of one's own notices, and with it whatever else leads to the same thing."""
    notice = queries.notice_for_update(notice_id, actor.membership_id)
    unread = queries.notices_of(notice.membership_id, only_unread=True).filter(path=notice.path)
    _read(unread, notice.membership_id, at)
    notice.refresh_from_db()
    return notice


@transaction.atomic
def mark_seen(*, path: str, actor: Actor, at: datetime) -> int:
    """Read one's own notices that lead to this thing, for one looks at it. Returns how many were unread."""
    if actor.membership_id is None:
        return 0
    unread = queries.notices_of(actor.membership_id, only_unread=True).filter(path=path)
    return _read(unread, actor.membership_id, at)


@transaction.atomic
def mark_all_read(*, actor: Actor, at: datetime) -> int:
    """Read all of one's own notices. Returns how many were unread."""
    if actor.membership_id is None:
        raise NotAllowed(_("Only people have notices."))
    return _read(queries.notices_of(actor.membership_id, only_unread=True), actor.membership_id, at)


def _read(unread: Any, membership_id: int, at: datetime) -> int:
    count = int(unread.update(read_at=at))
    if count:
        journal.publish(NoticesRead(membership_id=membership_id))
    return count


def write_letters(*, notice_ids: Collection[int], actor: Actor, at: datetime) -> dict[int, Letter]:
    """The mails for delivered notices, by notice, for the system that sends them.

    Without those whose person does not want them by e-mail, has read them meanwhile, or is no longer here.
    """
    if actor.kind != "system":
        raise NotAllowed(_("A notice is mailed by the system, to its person alone."))
    unread = list(Notice.objects.select_related("membership__user").filter(pk__in=notice_ids, read_at=None))
    here = {member.pk for member in queries.reachable({notice.membership_id for notice in unread})}
    wishes = queries.wishes_of(here)
    mailed = [n for n in unread if n.membership_id in here and _is_mailed(wishes[n.membership_id], n)]
    return {notice.pk: letter(notice, current_tenant()) for notice in mailed}


def _is_mailed(wish: OwnHours, notice: Notice) -> bool:
    if notice.is_urgent:
        return True
    if wish.mail == MailWish.WARNINGS:
        return kind_of(notice).is_warning
    return wish.mail == MailWish.ALL
