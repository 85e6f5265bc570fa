"""Facts told together: one transaction for a list, each effect once, and a bad one stops nobody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models.functions import Now

from inventory.models import Part
from journal import services
from journal.events import Event
from journal.models import HandledEvent, OutboxEvent
from journal.services import delivery, handling, publishing
from tenants.active import tenant_active
from tests.cast import Company
from tests.journal.facts import SomethingHappened, ThingMoved, in_threads, reacting

pytestmark = pytest.mark.django_db(transaction=True)

Things = Sequence[ThingMoved]


def _publish(company: Company, *thing_ids: int) -> None:
    with tenant_active(company.tenant.pk):
        services.publish(*(ThingMoved(thing_id=n) for n in thing_ids))


def _parts(company: Company) -> list[str]:
    with tenant_active(company.tenant.pk):
        return list(Part.objects.order_by("id").values_list("code", flat=True))


def _make_parts(events: Things) -> None:
    """Effects that can be counted: one more row each time they run."""
    for event in events:
        Part.objects.create(code=f"{event.thing_id}-{Part.objects.count()}", name="effect")


def _waiting(company: Company) -> list[OutboxEvent]:
    with tenant_active(company.tenant.pk):
        return list(OutboxEvent.objects.filter(delivered_at=None).order_by("id"))


def _again(company: Company) -> None:
    with tenant_active(company.tenant.pk):
        OutboxEvent.objects.filter(delivered_at=None).update(due_at=Now())


def test_facts_are_taken_together_in_their_order_and_once(acme: Company, globex: Company) -> None:
    calls: list[list[int]] = []

    def notes(events: Things) -> None:
        calls.append([event.thing_id for event in events])

    _publish(acme, 3, 1, 2)
    _publish(globex, 7, 8)
    with reacting(notes, to=ThingMoved, many=True):
        assert services.deliver_all() == 5
        assert services.deliver_all() == 0
    assert sorted(calls) == [[3, 1, 2], [7, 8]]
    assert not _waiting(acme)


def test_a_bad_fact_stops_none_of_those_told_with_it(acme: Company) -> None:
    tries: list[int] = []

    def dislikes_two(events: Things) -> None:
        for event in events:
            tries.append(event.thing_id)
            Part.objects.create(code=str(event.thing_id), name="effect")
            if event.thing_id == 2:
                raise RuntimeError("this thing is unknown")

    _publish(acme, 1, 2, 3)
    with reacting(dislikes_two, to=ThingMoved, many=True):
        services.deliver_due()
        assert tries == [1, 2, 1, 2, 3], "together until it failed, then each by itself"
        assert _parts(acme) == ["1", "3"]
        (bad,) = _waiting(acme)
        assert bad.payload["thing_id"] == 2
        assert bad.last_error == "dislikes_two: RuntimeError: this thing is unknown"
        for _ in range(services.MAX_ATTEMPTS + 2):
            _again(acme)
            services.deliver_due()
    assert tries.count(2) == 1 + services.MAX_ATTEMPTS
    assert (tries.count(1), tries.count(3)) == (2, 1)
    assert _parts(acme) == ["1", "3"]
    (bad,) = _waiting(acme)
    assert bad.parked_at is not None


def test_the_other_handlers_of_a_list_run_once_while_one_is_tried_again(acme: Company) -> None:
    tries: list[int] = []

    def fails_first(events: Things) -> None:
        tries.append(len(events))
        if len(tries) < 4:
            raise RuntimeError("not yet")

    _publish(acme, 1, 2)
    with reacting(fails_first, _make_parts, to=ThingMoved, many=True):
        services.deliver_due()
        _again(acme)
        services.deliver_due()
    assert tries == [2, 1, 1, 2]
    assert len(_parts(acme)) == 2
    assert not _waiting(acme)


def _race(company: Company) -> None:
    """Two workers hold the same facts, as after the end of a lease that was too short."""
    _publish(company, *range(20))
    claimed = [(company.tenant.pk, row.pk) for row in _waiting(company)]

    def tell() -> None:
        tour = delivery._Tour()
        tour.take(claimed)
        while tour.go_on():
            pass

    with reacting(_make_parts, to=ThingMoved, many=True):
        in_threads(2, tell)


def test_two_workers_with_the_same_list_have_each_effect_once(acme: Company) -> None:
    _race(acme)
    assert sorted(int(code.split("-")[0]) for code in _parts(acme)) == list(range(20))


def test_without_the_marks_the_effects_would_repeat(acme: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control of the test above."""
    monkeypatch.setattr(handling, "_mark_handled", lambda _handler, events: list(events))
    _race(acme)
    assert len(_parts(acme)) > 20


def _publish_next(event: SomethingHappened) -> None:
    services.publish(ThingMoved(thing_id=event.number))


def test_what_handlers_publish_is_told_in_the_same_go_and_claimed_by_nobody_else(acme: Company) -> None:
    claimed_meanwhile: list[int] = []

    def makes(events: Things) -> None:
        claimed_meanwhile.extend(in_threads(1, services.deliver_due))
        _make_parts(events)

    with tenant_active(acme.tenant.pk):
        services.publish(*(SomethingHappened(number=n) for n in range(3)))
    with reacting(_publish_next), reacting(makes, to=ThingMoved, many=True):
        assert services.deliver_due() == 6
    assert claimed_meanwhile == [0]
    assert len(_parts(acme)) == 3
    assert not _waiting(acme)


def test_what_follows_is_told_by_another_worker_when_the_first_one_dies(
    acme: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def dies(events: Things) -> None:
        raise Killed

    with tenant_active(acme.tenant.pk):
        services.publish(SomethingHappened(number=1))
    with reacting(_publish_next):
        with reacting(dies, to=ThingMoved, many=True), pytest.raises(Killed):
            services.deliver_due()
        with reacting(_make_parts, to=ThingMoved, many=True):
            assert services.deliver_due() == 0, "it is leased"
            with tenant_active(acme.tenant.pk):
                soon = OutboxEvent.objects.filter(
                    due_at__lte=Now() + timedelta(seconds=services.LEASE_SECONDS), delivered_at=None
                )
                assert soon.count() == 1
            _again(acme)
            services.deliver_due()
    assert _parts(acme) == ["1-0"]
    with tenant_active(acme.tenant.pk):
        assert HandledEvent.objects.count() == 2


def test_what_a_handler_took_back_is_never_told(acme: Company) -> None:
    def changes_its_mind(event: SomethingHappened) -> None:
        services.publish(ThingMoved(thing_id=1))
        try:
            with transaction.atomic():
                services.publish(ThingMoved(thing_id=2))
                raise ValueError
        except ValueError:
            services.publish(ThingMoved(thing_id=3))

    def fails(event: SomethingHappened) -> None:
        services.publish(ThingMoved(thing_id=4))
        raise RuntimeError("no")

    with tenant_active(acme.tenant.pk):
        services.publish(SomethingHappened(number=1))
    with reacting(changes_its_mind, fails), reacting(_make_parts, to=ThingMoved, many=True):
        services.deliver_due()
    assert _parts(acme) == ["1-0", "3-1"]


def test_a_flood_of_facts_is_left_to_everybody(acme: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "MOST_FOLLOWING", 2)

    def floods(event: SomethingHappened) -> None:
        services.publish(*(ThingMoved(thing_id=n) for n in range(3)))

    with tenant_active(acme.tenant.pk):
        services.publish(SomethingHappened(number=1))
    with reacting(floods), reacting(_make_parts, to=ThingMoved, many=True):
        assert services.deliver_due() == 1
        assert services.deliver_due() == 3


def _row(pk: int, fact: type[Event], **payload: Any) -> OutboxEvent:
    return OutboxEvent(pk=pk, tenant_id=1, name=fact.name(), payload=payload)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("a1 b1 a2 b2 a3", [[1, 3, 5], [2, 4]]),
        ("a1 b1 a1 b2", [[1], [2, 4], [3]]),
        ("a1 b1 a1 a2 b1", [[1], [2], [3, 4], [5]]),
        ("a1 - a2 a3 -", [[1], [2], [3, 4], [5]]),
    ],
)
def test_no_fact_overtakes_another_about_the_same_thing(rows: str, expected: list[list[int]]) -> None:
    facts: dict[str, type[Event]] = {"a": ThingMoved, "b": _Painted, "-": SomethingHappened}
    made = []
    for pk, word in enumerate(rows.split(), start=1):
        fact = facts[word[0]]
        payload = {"number": 1} if word == "-" else {"thing_id": int(word[1])}
        made.append(_row(pk, fact, **payload))
    assert [[row.pk for row in batch] for batch in delivery.in_batches(made)] == expected


class _Painted(ThingMoved):
    """Another fact about a thing."""
