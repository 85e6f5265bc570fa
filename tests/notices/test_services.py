"""Telling people: once, in their own hours, at once on call, in their language."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest

from accounts import services as accounts
from accounts.models import User
from channels.models import OutboundMessage
from core.errors import BadInput, NotAllowed, NotFound
from journal.models import OutboxEvent
from journal.services import deliver_all
from notices import queries, services
from notices.enums import MailWish
from notices.models import Notice
from tenants.active import tenant_active
from tenants.actors import Actor
from tests.cast import Company, Person
from tests.notices.kinds import GIVEN, LATE, QUIET

NIGHT = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
"""Tuesday, 02:00 in Tokyo."""
MORNING = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
SYSTEM = Actor.system("tests")


def tell(
    *people: Person, kind: str = LATE, key: str = "k", at: datetime = NIGHT, **facts: Any
) -> list[Notice]:
    values = {"facts": {"what": "T-1"}, "path": "/t/acme/tickets/1/", "actor": SYSTEM, **facts}
    ids = [person.membership.pk for person in people]
    return services.notify(membership_ids=ids, kind=kind, key=key, at=at, **values)


def put_on_call(acme: Company, person: Person, **facts: Any) -> None:
    values = {"from_at": NIGHT - timedelta(hours=2), "until_at": NIGHT + timedelta(hours=5), **facts}
    services.add_duty(membership_id=person.membership.pk, actor=acme.ada.actor, at=NIGHT, **values)


def due(notices: Iterable[Notice]) -> dict[str, datetime]:
    return {str(notice.membership): notice.due_at for notice in notices}


def at_the_clock(moment: datetime) -> Any:
    return patch("django.utils.timezone.now", return_value=moment)


def test_only_whoever_is_on_call_is_told_at_night(in_acme: Company) -> None:
    put_on_call(in_acme, in_acme.dora)
    made = tell(in_acme.sora, in_acme.dora, urgent=True)
    assert due(made) == {"Sora Desk": MORNING, "Dora Dispatcher": NIGHT}
    assert [n.membership_id for n in made if n.delivered_at] == [in_acme.dora.membership.pk]
    assert queries.unread_count(in_acme.dora.membership.pk) == 1
    assert queries.unread_count(in_acme.sora.membership.pk) == 0


def test_what_is_not_urgent_lets_even_them_sleep(in_acme: Company) -> None:
    put_on_call(in_acme, in_acme.dora)
    assert due(tell(in_acme.dora)) == {"Dora Dispatcher": MORNING}


def test_held_notices_come_when_own_hours_begin_and_once(in_acme: Company) -> None:
    tell(in_acme.sora)
    with at_the_clock(MORNING - timedelta(seconds=1)):
        assert services.deliver_due() == 0
    with at_the_clock(MORNING):
        assert services.deliver_due() == 1
        assert services.deliver_due() == 0
    (notice,) = queries.notices_of(in_acme.sora.membership.pk)
    assert notice.delivered_at == MORNING
    assert OutboxEvent.objects.filter(name="notices.NoticeDelivered").count() == 1


def test_own_hours_and_own_zone_count(in_acme: Company) -> None:
    User.objects.filter(pk=in_acme.sora.user.pk).update(time_zone="Europe/Berlin")
    services.set_own_hours(
        weekly={"mon": [["09:00", "19:00"]]}, mail="none", kinds={}, actor=in_acme.sora.actor, at=NIGHT
    )
    # 02:00 on Tuesday in Tokyo is 18:00 on Monday in Berlin.
    assert due(tell(in_acme.sora)) == {"Sora Desk": NIGHT}


def test_told_once_per_key_and_never_of_ones_own_act(in_acme: Company) -> None:
    assert len(tell(in_acme.sora, in_acme.dora, key="a")) == 2
    assert tell(in_acme.sora, in_acme.dora, key="a") == []
    assert due(tell(in_acme.sora, in_acme.dora, key="b", actor=in_acme.dora.actor)).keys() == {"Sora Desk"}


def test_a_kind_that_folds_waits_for_its_reader(in_acme: Company) -> None:
    tell(in_acme.sora, kind=GIVEN, key="a")
    assert tell(in_acme.sora, kind=GIVEN, key="b", facts={"what": "T-1 again"}) == []
    notice = Notice.objects.get()
    assert (notice.count, notice.facts["what"]) == (2, "T-1 again")
    assert len(tell(in_acme.sora, kind=GIVEN, key="c", path="/t/acme/tickets/2/")) == 1
    assert len(tell(in_acme.sora, key="d")) == len(tell(in_acme.sora, key="e")) == 1


def test_kinds_can_be_wanted_or_not(in_acme: Company) -> None:
    assert tell(in_acme.sora, kind=QUIET, key="a") == []
    services.set_own_hours(
        weekly={}, mail="all", kinds={QUIET: True, LATE: False}, actor=in_acme.sora.actor, at=NIGHT
    )
    assert len(tell(in_acme.sora, kind=QUIET, key="b")) == 1
    assert tell(in_acme.sora, kind=LATE, key="c", urgent=True) == []
    put_on_call(in_acme, in_acme.sora)
    assert len(tell(in_acme.sora, kind=LATE, key="d", urgent=True)) == 1


def test_whoever_was_let_out_is_not_told(in_acme: Company) -> None:
    put_on_call(in_acme, in_acme.dora)
    accounts.deactivate_member(membership_id=in_acme.dora.membership.pk, actor=in_acme.ada.actor, at=NIGHT)
    assert tell(in_acme.dora, urgent=True) == []
    assert queries.on_call_at(NIGHT) == []


def test_reading_one_reads_what_leads_to_the_same_thing(in_acme: Company) -> None:
    me = in_acme.sora
    first, _second = tell(me, key="a", at=MORNING)[0], tell(me, key="b", at=MORNING)
    tell(me, key="c", at=MORNING, path="/t/acme/tickets/2/")
    services.mark_read(notice_id=first.pk, actor=me.actor, at=MORNING)
    assert queries.unread_count(me.membership.pk) == 1
    assert services.mark_all_read(actor=me.actor, at=MORNING) == 1
    with pytest.raises(NotFound):
        services.mark_read(notice_id=first.pk, actor=in_acme.dora.actor, at=MORNING)


def test_hours_that_never_come_are_refused(in_acme: Company) -> None:
    with pytest.raises(BadInput, match="any time"):
        services.set_own_hours(weekly={"mon": []}, mail="all", kinds={}, actor=in_acme.sora.actor, at=NIGHT)
    with pytest.raises(BadInput):
        services.set_own_hours(weekly={}, mail="perhaps", kinds={}, actor=in_acme.sora.actor, at=NIGHT)


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"until_at": NIGHT - timedelta(hours=9)}, "until_at"),
        ({"until_at": NIGHT + timedelta(days=400)}, "until_at"),
        ({"until_at": NIGHT + timedelta(days=8), "every_weeks": 1}, "until_at"),
        ({"every_weeks": 53}, "every_weeks"),
    ],
)
def test_impossible_duties_are_refused(in_acme: Company, facts: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as refused:
        put_on_call(in_acme, in_acme.dora, **facts)
    assert field in refused.value.errors


def test_the_roster_is_not_everybodys(in_acme: Company) -> None:
    for person in (in_acme.tom, in_acme.sora):
        with pytest.raises(NotAllowed):
            services.add_duty(
                membership_id=person.membership.pk,
                from_at=NIGHT,
                until_at=MORNING,
                actor=person.actor,
                at=NIGHT,
            )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("mail", "kind", "urgent", "is_mailed"),
    [
        (MailWish.WARNINGS, LATE, False, True),
        (MailWish.WARNINGS, GIVEN, False, False),
        (MailWish.ALL, GIVEN, False, True),
        (MailWish.NONE, LATE, False, False),
        (MailWish.NONE, LATE, True, True),
    ],
)
def test_mail_goes_as_wished_in_the_persons_language(
    acme: Company, *, mail: str, kind: str, urgent: bool, is_mailed: bool
) -> None:
    User.objects.filter(pk=acme.sora.user.pk).update(language="ja")
    with tenant_active(acme.tenant.pk):
        services.set_own_hours(weekly={}, mail=mail, kinds={}, actor=acme.sora.actor, at=NIGHT)
        put_on_call(acme, acme.sora)
        tell(acme.sora, kind=kind, urgent=urgent)
    deliver_all()
    deliver_all()
    with tenant_active(acme.tenant.pk):
        sent = list(OutboundMessage.objects.all())
    assert [letter.recipient for letter in sent] == (["sora@acme.example"] if is_mailed else [])
    if is_mailed:
        assert (sent[0].subject, sent[0].language) == ("About T-1", "ja")
        assert "/t/acme/tickets/1/" in sent[0].body


def test_a_letter_is_for_the_system_that_sends_it(in_acme: Company) -> None:
    (notice,) = tell(in_acme.sora, at=MORNING)
    with pytest.raises(NotAllowed):
        services.write_letters(notice_ids=[notice.pk], actor=in_acme.ada.actor, at=MORNING)
    services.mark_read(notice_id=notice.pk, actor=in_acme.sora.actor, at=MORNING)
    assert services.write_letters(notice_ids=[notice.pk], actor=SYSTEM, at=MORNING) == {}


def test_new_hours_hold_for_what_waits_already(in_acme: Company) -> None:
    tell(in_acme.sora)
    services.set_own_hours(weekly={}, mail="none", kinds={}, actor=in_acme.sora.actor, at=NIGHT)
    with at_the_clock(NIGHT):
        assert services.deliver_due() == 1


def test_what_waits_can_be_overtaken(in_acme: Company) -> None:
    tell(in_acme.sora, key="warning")
    tell(in_acme.sora, key="breach", instead_of="warning")
    assert [notice.key for notice in Notice.objects.all()] == ["breach"]
    tell(in_acme.sora, key="warning 2", at=MORNING)
    tell(in_acme.sora, key="breach 2", at=MORNING, instead_of="warning 2")
    assert Notice.objects.count() == 3, "what was told stays told"


def test_many_are_told_together_as_one_by_one(in_acme: Company) -> None:
    def about(person: Person, path: str, key: str) -> services.Telling:
        return services.Telling(membership_id=person.membership.pk, facts={"what": key}, path=path, key=key)

    sora, dora = in_acme.sora, in_acme.dora
    tellings = [
        about(sora, "/1/", "a"),
        about(dora, "/1/", "a"),
        about(sora, "/1/", "b"),
        about(sora, "/2/", "c"),
        about(sora, "/2/", "c"),
    ]
    for _ in range(2):
        services.notify_each(tellings=tellings, kind=GIVEN, actor=SYSTEM, at=MORNING)
    kept = Notice.objects.order_by("id").values_list("membership__name", "path", "facts__what", "count")
    assert sorted(kept) == [
        ("Dora Dispatcher", "/1/", "a", 1),
        ("Sora Desk", "/1/", "b", 3),
        ("Sora Desk", "/2/", "c", 1),
    ]
    services.notify_each(tellings=tellings, kind=GIVEN, actor=dora.actor, at=MORNING)
    assert queries.unread_count(dora.membership.pk) == 1
