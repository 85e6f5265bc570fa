"""Weeks with breaks, extra shifts and absences: what is taken, what is refused, and how it reads."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from core.errors import BadInput, Conflict, NotAllowed, NotFound
from core.spans import as_whole_days, whole_days
from journal.models import AuditEntry
from tenants.actors import Actor
from tests.cast import AT, Company
from tests.factories.workforce import make_engineer
from workforce import queries, rules, services
from workforce.models import Absence, Engineer, ShiftBreak
from workforce.rules import ShiftPause, WeeklyShift, pause_words, week_problem

TOKYO = ZoneInfo("Asia/Tokyo")
NINE, NOON, ONE, SIX = time(9), time(12), time(13), time(18)
LUNCH = ShiftPause(NOON, NOON, 60)


def shift(day: int, starts: int, ends: int, *breaks: ShiftPause) -> WeeklyShift:
    return WeeklyShift(day, time(starts), time(ends % 24), breaks)


@pytest.mark.parametrize(
    ("week", "code"),
    [
        ([shift(0, 9, 12), shift(0, 12, 18)], ""),
        ([shift(0, 9, 13), shift(0, 12, 18)], rules.OVERLAP),
        ([shift(0, 22, 6), shift(1, 5, 9)], rules.OVERLAP),
        ([shift(6, 22, 6), shift(0, 5, 9)], rules.OVERLAP),
        ([shift(6, 22, 6), shift(0, 6, 9)], ""),
        ([shift(0, 0, 24)], ""),
        ([shift(7, 9, 12)], rules.NO_WEEKDAY),
        ([shift(0, 9, 18, LUNCH)], ""),
        ([shift(0, 13, 18, LUNCH)], rules.BREAK_OUTSIDE),
        ([shift(0, 9, 18, ShiftPause(time(17, 30), time(17, 30), 60))], rules.BREAK_OUTSIDE),
        ([shift(0, 22, 6, ShiftPause(time(23), time(2), 30))], ""),
        ([shift(0, 22, 6, ShiftPause(time(12), time(12), 30))], rules.BREAK_OUTSIDE),
        ([shift(0, 9, 18, LUNCH, ShiftPause(time(12, 30), time(12, 30), 10))], rules.BREAKS_CLASH),
        ([shift(0, 9, 18, LUNCH, ShiftPause(time(12, 30), time(13), 10))], ""),
    ],
)
def test_a_week_must_be_possible(week: list[WeeklyShift], code: str) -> None:
    wrong = week_problem(week)
    assert (wrong.code if wrong else "") == code


def test_breaks_read_as_people_write_them() -> None:
    assert pause_words(LUNCH) == "12:00–13:00"
    assert pause_words(ShiftPause(time(11, 30), time(13, 15), 45)) == "45 min 11:30–14:00"
    assert pause_words(ShiftPause(time(23), time(23, 30), 30)) == "30 min 23:00–24:00"


def test_whole_days_are_those_of_the_engineers_zone() -> None:
    start, end = whole_days(date(2026, 11, 23), date(2026, 11, 24), TOKYO)
    assert (start, end) == (
        datetime(2026, 11, 22, 15, tzinfo=UTC),
        datetime(2026, 11, 24, 15, tzinfo=UTC),
    )
    assert as_whole_days(start, end, TOKYO) == (date(2026, 11, 23), date(2026, 11, 24))
    assert as_whole_days(start, end - timedelta(hours=1), TOKYO) is None
    assert as_whole_days(start, end, ZoneInfo("UTC")) is None


def put_week(engineer: Engineer, actor: Actor) -> None:
    services.set_shifts(
        engineer_id=engineer.pk,
        weekly={0: [(NINE, NOON), (ONE, SIX)], 1: [(NINE, SIX)]},
        breaks={(1, NINE): [LUNCH], (0, ONE): [ShiftPause(time(15), time(16), 15)]},
        actor=actor,
        at=AT,
    )


def test_a_day_has_several_shifts_with_breaks(in_acme: Company) -> None:
    engineer = make_engineer(hours=None)
    put_week(engineer, in_acme.dora.actor)
    found = queries.get_engineer(engineer.pk)
    day = timedelta(days=1)
    assert queries.shift_intervals(found, AT, AT + day) == [
        (AT, AT + timedelta(hours=3)),
        (AT + timedelta(hours=4), AT + timedelta(hours=9)),
    ]
    assert queries.break_windows(found, AT, AT + 2 * day) == [
        (AT + timedelta(hours=6), AT + timedelta(hours=7), 900),
        (AT + timedelta(hours=27), AT + timedelta(hours=27), 3600),
    ]
    entry = AuditEntry.objects.filter(object_type="workforce.engineer").latest("pk")
    assert entry.changes["shifts"][1][1] == "0 13:00–18:00; 15 min 15:00–16:15"


def test_saying_the_week_anew_takes_its_breaks_away(in_acme: Company) -> None:
    engineer = make_engineer(hours=None)
    put_week(engineer, in_acme.dora.actor)
    services.set_shifts(engineer_id=engineer.pk, weekly={0: [(NINE, NOON)]}, actor=in_acme.dora.actor, at=AT)
    assert not ShiftBreak.objects.exists()


def test_a_week_that_cannot_be_is_refused_whole(in_acme: Company) -> None:
    engineer = make_engineer()
    with pytest.raises(BadInput, match=r"Monday: 09:00–13:00 and 12:00–18:00 overlap"):
        services.set_shifts(
            engineer_id=engineer.pk,
            weekly={0: [(NINE, ONE), (NOON, SIX)]},
            actor=in_acme.dora.actor,
            at=AT,
        )
    assert engineer.shifts.count() == 7


def test_extra_shifts_are_working_time(in_acme: Company) -> None:
    dora, engineer = in_acme.dora.actor, make_engineer(hours=None)
    add = partial(
        services.add_extra_shift,
        engineer_id=engineer.pk,
        start_at=AT + timedelta(hours=2),
        end_at=AT + timedelta(hours=5),
        actor=dora,
        at=AT,
    )
    extra = add(reason="Fair")
    found = queries.get_engineer(engineer.pk)
    assert queries.shift_intervals(found, AT, AT + timedelta(hours=4)) == [
        (AT + timedelta(hours=2), AT + timedelta(hours=4))
    ]
    with pytest.raises(Conflict, match="already"):
        add()
    with pytest.raises(BadInput, match="24 hours"):
        services.add_extra_shift(
            engineer_id=engineer.pk, start_at=AT, end_at=AT + timedelta(hours=25), actor=dora, at=AT
        )
    with pytest.raises(NotAllowed):
        services.remove_extra_shift(extra_shift_id=extra.pk, actor=in_acme.stan.actor, at=AT)
    services.remove_extra_shift(extra_shift_id=extra.pk, actor=dora, at=AT)
    services.remove_extra_shift(extra_shift_id=extra.pk, actor=dora, at=AT)
    assert not engineer.extra_shifts.exists()


def test_an_absence_is_changed_and_may_not_overlap_another(in_acme: Company) -> None:
    dora, engineer = in_acme.dora.actor, make_engineer("Tom")
    hour = timedelta(hours=1)
    one = services.add_absence(engineer_id=engineer.pk, start_at=AT, end_at=AT + hour, actor=dora, at=AT)
    services.add_absence(
        engineer_id=engineer.pk, start_at=AT + 4 * hour, end_at=AT + 5 * hour, actor=dora, at=AT
    )
    with pytest.raises(Conflict, match="Tom is absent from"):
        services.update_absence(absence_id=one.pk, start_at=AT, end_at=AT + 5 * hour, actor=dora, at=AT)
    services.update_absence(
        absence_id=one.pk, start_at=AT, end_at=AT + 2 * hour, reason="ill", actor=dora, at=AT
    )
    one.refresh_from_db()
    assert (one.end_at, one.reason) == (AT + 2 * hour, "ill")
    count = AuditEntry.objects.count()
    services.update_absence(
        absence_id=one.pk, start_at=AT, end_at=AT + 2 * hour, reason="ill", actor=dora, at=AT
    )
    assert AuditEntry.objects.count() == count
    with pytest.raises(NotFound):
        services.update_absence(absence_id=987_654, start_at=AT, end_at=AT + hour, actor=dora, at=AT)
    with pytest.raises(BadInput, match="five years"):
        services.add_absence(
            engineer_id=engineer.pk, start_at=AT, end_at=AT + timedelta(days=4000), actor=dora, at=AT
        )
    assert Absence.objects.count() == 2
