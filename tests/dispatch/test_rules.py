"""The derived status of work, visit by visit (domain.md, scheduling), and rule conditions."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from dispatch.enums import VisitStatus
from dispatch.models import Visit
from dispatch.rules import TRANSITIONS, work_order_status
from tests.cast import Company
from tests.factories.dispatch import make_visit


@pytest.mark.parametrize(
    ("visits", "expected"),
    [
        ([], "unscheduled"),
        (["cancelled"], "unscheduled"),
        (["proposed"], "scheduled"),
        (["scheduled"], "scheduled"),
        (["scheduled", "dispatched", "accepted"], "scheduled"),
        (["travelling"], "in_progress"),
        (["on_site"], "in_progress"),
        (["paused"], "in_progress"),
        (["on_site", "scheduled"], "in_progress"),
        (["scheduled", "done"], "in_progress"),
        (["done"], "done"),
        (["done", "done", "cancelled"], "done"),
        (["could_not_complete"], "unscheduled"),
        (["no_show"], "unscheduled"),
        (["could_not_complete", "scheduled"], "scheduled"),
        (["could_not_complete", "done"], "done"),
    ],
)
def test_work_order_status_follows_its_visits(visits: list[str], expected: str) -> None:
    assert work_order_status(visits) == expected


def test_done_but_another_visit_is_needed_is_unscheduled_again() -> None:
    assert work_order_status(["done"], needs_another_visit=True) == "unscheduled"
    assert work_order_status(["done", "scheduled"], needs_another_visit=True) == "in_progress"


@pytest.mark.parametrize("current", list(VisitStatus))
def test_the_database_allows_exactly_the_legal_transitions(in_acme: Company, current: VisitStatus) -> None:
    visit = make_visit(status=current)
    allowed = set()
    for wanted in VisitStatus:
        try:
            with transaction.atomic():
                Visit.objects.filter(pk=visit.pk).update(status=wanted)
                allowed.add(wanted)
                raise _Undo
        except _Undo:
            continue
        except DatabaseError as refused:
            assert "may not become" in str(refused)
    assert allowed - {current} == set(TRANSITIONS[current])
    assert connection.is_usable()


class _Undo(Exception):
    """Takes a successful try back."""
