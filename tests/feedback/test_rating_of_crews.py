"""Who worked together is rated together: one letter for a work order, whoever of a crew is done last."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from channels.models import OutboundMessage
from dispatch import services as dispatching
from dispatch.enums import VisitStatus
from dispatch.models import Visit
from journal.services import deliver_all
from tests.cast import AT, Company
from tests.factories.consents import SYSTEM
from tests.factories.dispatch import make_visit
from tests.feedback.told import TEN, make_sent


def make_crew(number: int = 3) -> list[Visit]:
    first = make_sent(crew_size=number)
    key = uuid4()
    for status in (VisitStatus.ACCEPTED, VisitStatus.ON_SITE):
        Visit.objects.filter(pk=first.pk).update(crew_key=key, status=status, arrived_at=TEN)
    facts: dict[str, Any] = {"work_order": first.work_order, "crew_key": key, "arrived_at": TEN}
    others = [make_visit(TEN, status=VisitStatus.ON_SITE, **facts) for _n in range(number - 1)]
    return [first, *others]


def end(visit: Visit, status: str = VisitStatus.DONE) -> None:
    facts: dict[str, Any] = {"reason": "Ill"} if status != VisitStatus.DONE else {}
    dispatching.progress_visit(visit_id=visit.pk, status=status, actor=SYSTEM, at=AT, **facts)


def asked() -> list[OutboundMessage]:
    return list(OutboundMessage.objects.filter(key__startswith="rate:"))


@pytest.mark.parametrize("at_once", [True, False])
def test_a_crew_is_asked_about_by_one_letter(in_acme: Company, at_once: bool) -> None:
    crew = make_crew()
    for visit in crew:
        end(visit)
        if not at_once:
            deliver_all()
    deliver_all()
    (letter,) = asked()
    assert all(visit.engineer.name in letter.body for visit in crew)


def test_nobody_is_asked_while_some_of_the_crew_still_work(in_acme: Company) -> None:
    crew = make_crew()
    for visit in crew[:2]:
        end(visit)
    deliver_all()
    assert asked() == []
    end(crew[2], VisitStatus.COULD_NOT_COMPLETE)
    deliver_all()
    assert len(asked()) == 1
