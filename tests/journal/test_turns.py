"""Who delivers when: urgent handlers first, the others in longer lists, one worker's turn at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.core.cache import cache

from journal import nudge, registry, services
from journal.models import OutboxEvent
from journal.services import delivery
from journal.tasks import deliver
from tenants.active import tenant_active
from tests.cast import Company
from tests.journal.facts import SomethingHappened, ThingMoved, reacting

pytestmark = pytest.mark.django_db(transaction=True)

Things = Sequence[ThingMoved]


def _publish(company: Company, *thing_ids: int) -> None:
    with tenant_active(company.tenant.pk):
        services.publish(*(ThingMoved(thing_id=n) for n in thing_ids))


def _is_all_told(company: Company) -> bool:
    with tenant_active(company.tenant.pk):
        return not OutboxEvent.objects.filter(delivered_at=None).exists()


class _Diary:
    """Two handlers of things, one of them urgent, that write down what they are called with."""

    def __init__(self, *, meanwhile: Callable[[], object] = lambda: None) -> None:
        self.lines: list[tuple[str, list[int]]] = []
        self._meanwhile = meanwhile

    def later(self, events: Things) -> None:
        self.lines.append(("later", [event.thing_id for event in events]))
        self._meanwhile()

    def urgent(self, events: Things) -> None:
        self.lines.append(("urgent", [event.thing_id for event in events]))

    @property
    def handlers(self) -> list[registry.Handler]:
        return [
            registry.Handler("later", self.later, takes_many=True),
            registry.Handler("urgent", self.urgent, takes_many=True, is_urgent=True),
        ]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Callable[[_Diary], _Diary]:
    def use(diary: _Diary) -> _Diary:
        monkeypatch.setitem(registry._handlers, ThingMoved.name(), diary.handlers)
        return diary

    return use


def test_urgent_handlers_run_before_the_others_whatever_led_to_the_fact(
    acme: Company, told: Callable[[_Diary], _Diary]
) -> None:
    """What an urgent handler hears of a fact that followed comes before what others hear of the first."""
    diary = told(_Diary())
    heard: list[str] = []

    def leads_on(events: Sequence[SomethingHappened]) -> None:
        heard.append("first")
        services.publish(*(ThingMoved(thing_id=event.number) for event in events))

    def comes_after(_events: Sequence[SomethingHappened]) -> None:
        heard.append(f"after {len(diary.lines)}")

    registry._handlers[SomethingHappened.name()] = [
        registry.Handler("after", comes_after, takes_many=True),
        registry.Handler("first", leads_on, takes_many=True, is_urgent=True),
    ]
    try:
        with tenant_active(acme.tenant.pk):
            services.publish(SomethingHappened(number=7))
        assert services.deliver_due() == 2
    finally:
        del registry._handlers[SomethingHappened.name()]
    assert heard == ["first", "after 1"]
    assert diary.lines == [("urgent", [7]), ("later", [7])]
    assert _is_all_told(acme)


def test_facts_that_come_meanwhile_are_first_heard_by_urgent_handlers(
    acme: Company, globex: Company, told: Callable[[_Diary], _Diary]
) -> None:
    coming = [(acme, 3), (globex, 4)]

    def comes() -> None:
        if coming:
            _publish(*coming.pop(0))

    diary = told(_Diary(meanwhile=comes))
    _publish(acme, 1, 2)
    assert services.deliver_all() == 4
    assert diary.lines[:3] == [("urgent", [1, 2]), ("later", [1, 2]), ("urgent", [3])]
    assert ("urgent", [4]) in diary.lines and ("later", [4]) in diary.lines
    assert _is_all_told(acme) and _is_all_told(globex)


def test_the_others_wait_for_longer_lists_while_facts_keep_coming(
    acme: Company, told: Callable[[_Diary], _Diary], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One new fact at each of five looks; a patience of none is the negative control."""
    looks: list[int] = []
    claim = delivery._claim

    def claims_while_they_come(limit: int) -> list[tuple[int, int]]:
        looks.append(len(looks))
        if len(looks) <= 5:
            _publish(acme, len(looks))
        return claim(limit)

    monkeypatch.setattr(delivery, "_claim", claims_while_they_come)
    diary = told(_Diary())
    services.deliver_all()
    assert [things for who, things in diary.lines if who == "urgent"] == [[1], [2], [3], [4], [5]]
    assert [things for who, things in diary.lines if who == "later"] == [[1, 2, 3, 4, 5]]
    looks.clear()
    diary.lines.clear()
    monkeypatch.setattr(delivery, "PATIENCE", 0)
    services.deliver_all()
    assert len([things for who, things in diary.lines if who == "later"]) == 5


def test_an_urgent_handler_that_fails_is_tried_again_alone(
    acme: Company, told: Callable[[_Diary], _Diary], monkeypatch: pytest.MonkeyPatch
) -> None:
    diary = _Diary()
    runs: list[int] = []

    def fails_first(events: Things) -> None:
        runs.append(len(events))
        if len(runs) == 1:
            raise RuntimeError("not yet")

    monkeypatch.setattr(diary, "urgent", fails_first)
    told(diary)
    _publish(acme, 1)
    services.deliver_all()
    with tenant_active(acme.tenant.pk):
        row = OutboxEvent.objects.get()
        assert (row.delivered_at, row.last_error) == (None, "urgent: RuntimeError: not yet")
        OutboxEvent.objects.update(due_at=row.occurred_at)
    services.deliver_all()
    assert runs == [1, 1]
    assert diary.lines == [("later", [1])]
    assert _is_all_told(acme)


class _Broker:
    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def send_task(self, task: str, **options: Any) -> None:
        assert task == nudge.DELIVER
        self.sent.append(options.get("kwargs", {}))


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch, settings: Any) -> _Broker:
    settings.NUDGE_WORKERS = True
    cache.delete_many(["nudge:journal.deliver", "nudge:journal.deliver:help"])
    found = _Broker()
    monkeypatch.setattr("journal.nudge.current_app", found)
    return found


def test_one_nudge_speaks_for_all_until_a_worker_ends_its_turn(acme: Company, broker: _Broker) -> None:
    for number in range(3):
        _publish(acme, number)
    assert broker.sent == [{}]

    def moves_another(events: Things) -> None:
        if events[0].thing_id == 0:
            _publish(acme, 9)
            assert deliver() == 0, "somebody has the turn"

    with reacting(moves_another, to=ThingMoved, many=True):
        assert deliver() == 4
    assert broker.sent == [{}]
    assert _is_all_told(acme)
    _publish(acme, 4)
    assert broker.sent == [{}, {}], "the turn is over"


def test_what_is_committed_while_a_turn_ends_is_found(
    acme: Company, broker: _Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit just before the turn is given back sends no nudge: the last look finds it."""
    leave, commits = nudge.Turn.leave, [1]

    def commits_before(turn: nudge.Turn) -> bool:
        if commits:
            _publish(acme, commits.pop())
        return leave(turn)

    monkeypatch.setattr(nudge.Turn, "leave", commits_before)
    assert deliver() == 1
    assert broker.sent == []
    assert _is_all_told(acme)


def test_a_turn_of_a_dead_worker_ends_by_itself(acme: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nudge, "HOLDS_SECONDS", 1)
    turn = nudge.Turn("tests.dies")
    assert turn.begin()
    assert not nudge.Turn("tests.dies").begin()
    cache.touch("nudge:tests.dies", 0)
    assert nudge.Turn("tests.dies").begin()


def test_a_worker_hands_over_after_a_while_with_nothing_left_leased(
    acme: Company, broker: _Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each fact leads to another: without an end of the turn the worker could never be stopped."""

    def goes_round(events: Things) -> None:
        monkeypatch.setattr(nudge, "LONGEST_TURN", 0)

    _publish(acme, 1)
    broker.sent.clear()
    with reacting(goes_round, to=ThingMoved, many=True):
        assert deliver() == 1
    assert broker.sent == [{}]
    assert _is_all_told(acme)


def test_more_than_one_look_can_carry_asks_for_help(acme: Company, broker: _Broker) -> None:
    _publish(acme, *range(150))
    broker.sent.clear()
    with reacting(to=ThingMoved):
        assert deliver() == 150
    assert broker.sent == [{"helps": True}]
    _publish(acme, *range(3))
    with reacting(to=ThingMoved):
        turn = nudge.Turn(nudge.DELIVER)
        assert turn.begin()
        assert deliver() == 0
        assert deliver(helps=True) == 3
