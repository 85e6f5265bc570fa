"""Timers fire once: many at a time, beside others, and over a crash."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from journal.models import AuditEntry, OutboxEvent
from tenants.active import tenant_active
from tests.cast import AT, Company
from tests.factories.tickets import FOUNDER, make_policy
from tickets import services
from tickets.enums import ClockState
from tickets.models import SlaClock, SlaTimer
from tickets.services import NewTicket, timers

pytestmark = pytest.mark.django_db(transaction=True)
LONG_AGO = AT - timedelta(days=400)


def make_late(company: Company, count: int) -> None:
    """Tickets whose one clock was due long ago: two timers each."""
    with tenant_active(company.tenant.pk):
        make_policy(calendar={}, first_response_minutes=30, arrival_minutes=None, resolution_minutes=None)
        rows = [NewTicket(subject=f"Old {number}", channel="api") for number in range(count)]
        services.open_tickets_in_bulk(rows=rows, actor=FOUNDER, at=LONG_AGO)


def effects(company: Company) -> dict[str, int]:
    with tenant_active(company.tenant.pk):
        facts = OutboxEvent.objects.filter(name__startswith="tickets.Sla")
        return {
            "facts": facts.count(),
            "distinct": facts.values("name", "payload__clock_id").distinct().count(),
            "recorded": AuditEntry.objects.filter(verb__startswith="sla_").count(),
            "late": SlaClock.objects.filter(state=ClockState.BREACHED).count(),
        }


def whole(count: int) -> dict[str, int]:
    return {"facts": 2 * count, "distinct": 2 * count, "recorded": 2 * count, "late": count}


@contextmanager
def leases_run_out() -> Iterator[None]:
    """As if a minute had passed."""
    yield
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM tenants_tenant")
        tenants = [row[0] for row in cursor.fetchall()]
    for tenant_id in tenants:
        with tenant_active(tenant_id):
            SlaTimer.objects.filter(done_at=None).update(leased_until=None)


def fire_all(limit: int = 50) -> None:
    while services.fire_due_timers(limit=limit):
        pass


def test_a_batch_takes_the_same_few_statements_however_many_it_holds(
    acme: Company, django_assert_max_num_queries: Any
) -> None:
    make_late(acme, 40)
    with django_assert_max_num_queries(9):
        assert services.fire_due_timers(limit=500) == 80
    assert effects(acme) == whole(40)


def test_two_tenants_fire_apart(acme: Company, globex: Company) -> None:
    make_late(acme, 3)
    make_late(globex, 2)
    fire_all()
    assert (effects(acme), effects(globex)) == (whole(3), whole(2))


def test_a_crash_before_the_end_leaves_nothing_done(acme: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    make_late(acme, 1)

    def crash(*_events: object) -> None:
        raise RuntimeError("crashed")

    with leases_run_out(), monkeypatch.context() as broken:
        broken.setattr("tickets.services.timers.journal.publish", crash)
        services.fire_due_timers()
        assert effects(acme)["recorded"] == effects(acme)["late"] == 0
    fire_all()
    assert effects(acme) == whole(1)


def test_marking_apart_from_the_effects_would_lose_some(
    acme: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: with `done_at` committed first, the same crash loses what should follow."""
    make_late(acme, 1)

    def crash(*_events: object) -> None:
        raise RuntimeError("crashed")

    def mark_first(at: Any, **_which: Any) -> int:
        transaction.on_commit(crash)
        return SlaTimer.objects.update(done_at=at)

    with leases_run_out(), monkeypatch.context() as broken:
        broken.setattr(timers, "_fire", mark_first)
        services.fire_due_timers()
    fire_all()
    assert effects(acme)["facts"] == 0


def test_one_broken_clock_does_not_keep_the_others_from_firing(
    acme: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_late(acme, 8)
    with tenant_active(acme.tenant.pk):
        broken = SlaTimer.objects.order_by("pk").first()
        assert broken is not None
    fire = timers._fire

    def sometimes(at: Any, *, limit: int, these: list[int] | None = None) -> int:
        if these is None or broken.pk in these:
            raise ValueError("this one cannot be read")
        return fire(at, limit=limit, these=these)

    monkeypatch.setattr(timers, "_fire", sometimes)
    assert services.fire_due_timers(limit=500) == 15
    assert effects(acme)["facts"] == 15
    assert services.fire_due_timers() == 0, "the broken one rests"
    monkeypatch.setattr(timers, "_fire", fire)
    with leases_run_out():
        pass
    assert services.fire_due_timers() == 1
    assert effects(acme) == whole(8)


def test_a_clock_that_is_being_changed_is_given_back(acme: Company) -> None:
    make_late(acme, 2)
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with tenant_active(acme.tenant.pk):
            SlaClock.objects.select_for_update().order_by("pk").first()
            held.set()
            done.wait(20)
        connection.close()

    other = threading.Thread(target=hold)
    other.start()
    held.wait(20)
    services.fire_due_timers()
    assert effects(acme) == whole(1)
    done.set()
    other.join()
    fire_all()
    assert effects(acme) == whole(2), "no lease had to run out"


@contextmanager
def another_worker_is_firing(company: Company, count: int) -> Iterator[None]:
    """Another process holds `count` timers, fired and not committed; it commits at the end."""
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with tenant_active(company.tenant.pk):
            timers._fire(AT, limit=count)
            held.set()
            done.wait(20)
        connection.close()

    other = threading.Thread(target=hold)
    other.start()
    held.wait(20)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '300ms'")
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")
        done.set()
        other.join()


def test_two_workers_neither_wait_nor_repeat(acme: Company) -> None:
    make_late(acme, 10)
    with another_worker_is_firing(acme, 6):
        assert services.fire_due_timers() == 14 - shared_clocks(acme)
    fire_all()
    assert effects(acme) == whole(10)


def shared_clocks(company: Company) -> int:
    """How many free timers belong to a clock that the other worker holds with its other timer."""
    with tenant_active(company.tenant.pk):
        order = list(SlaTimer.objects.order_by("due_at", "id").values_list("clock_id", flat=True))
    return len([clock for clock in order[6:] if clock in order[:6]])


def test_workers_that_wait_for_each_other_would_stand(acme: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: without SKIP LOCKED the second worker stands behind the first."""
    make_late(acme, 10)
    monkeypatch.setattr(timers, "_FIRE_DUE", timers._FIRE_DUE.replace("SKIP LOCKED", ""))
    with another_worker_is_firing(acme, 6):
        assert services.fire_due_timers() == 0


def test_one_tenants_many_do_not_hold_up_anothers_few(acme: Company, globex: Company) -> None:
    make_late(acme, 60)
    make_late(globex, 1)
    with tenant_active(globex.tenant.pk):
        SlaTimer.objects.update(due_at=AT - timedelta(days=300))
    assert services.fire_due_timers(limit=50) == 27
    assert effects(globex) == whole(1)
    assert effects(acme)["facts"] == 25
    fire_all()
    assert effects(acme) == whole(60)


def test_a_look_reads_only_what_is_due(acme: Company) -> None:
    """A moment that is no bound of the index would have it read past everything that waits."""
    given: dict[str, Any] = {"tenant": acme.tenant.pk, "at": AT, "limit": 5, "these": None}
    words = {"paused": "paused", "breached": "breached", "breach": "breach"}
    with tenant_active(acme.tenant.pk), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {timers._FIRE_DUE}", given | words)
        lines = [row[0].strip() for row in cursor.fetchall()]
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = 'tenants_with_due_timers'")
        (look,) = cursor.fetchone()
    bounds = [lines[n + 1] for n, line in enumerate(lines) if "timer_due_idx" in line]
    assert bounds
    assert all("due_at <=" in bound for bound in bounds)
    assert "clock_timestamp" not in look


def test_marking_a_clock_as_late_touches_no_index(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname FROM pg_indexes WHERE tablename = 'tickets_slaclock'"
            " AND (indexdef LIKE '%state%' OR indexdef LIKE '%breached_at%')"
        )
        assert cursor.fetchall() == []


_WORKER = """
import django; django.setup()
from django.db import connection
connection.settings_dict.update(NAME={name!r}, USER={user!r})
from tickets.services import fire_due_timers
print("ready", flush=True)
while fire_due_timers(limit=7): pass
"""


def test_killed_workers_neither_lose_nor_repeat(acme: Company) -> None:
    """Six workers are killed with -9 in the middle of firing; what they held is fired again, once."""
    make_late(acme, 150)
    given = connection.settings_dict
    script = _WORKER.format(name=given["NAME"], user=given["USER"])
    killed = 0
    for _round in range(6):
        with leases_run_out():
            worker = subprocess.Popen(
                [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=os.environ.copy()
            )
            assert worker.stdout is not None
            assert worker.stdout.readline() == "ready\n"
            time.sleep(0.05)
            if worker.poll() is None:
                worker.send_signal(signal.SIGKILL)
                killed += 1
            worker.wait()
            worker.stdout.close()
    fire_all()
    assert killed
    assert effects(acme) == whole(150)
