"""Valid bodies for the routes of delivery."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

from delivery import queries
from delivery import services as delivery
from delivery.models import ChecklistItem
from dispatch.models import Visit
from inventory.models import Part
from tests.cast import Person
from tests.factories.delivery import arrive
from tests.isolation.acts.common import photo
from tests.isolation.routes import Act, Before, Own
from tests.isolation.world import NOW, OWN, SENT_VISIT, Side
from tickets.links import follow_path
from tickets.models import Ticket


def _followed(side: Side) -> dict[str, Any]:
    """The code in the query of the page that tells how far a request is."""
    return {"f": parse_qs(urlsplit(follow_path(side.company.tenant, side.row(Ticket))).query)["f"][0]}


def _tom(side: Side) -> Person:
    return side.company.people["tom"]


def _tapped(*acts: str) -> Before:
    """The engineer has done these acts at the first visit."""

    def tap(side: Side) -> None:
        for act in acts:
            getattr(delivery, act)(visit_id=side.row(Visit, SENT_VISIT).pk, actor=_tom(side).actor, at=NOW)

    return tap


def _on_site(side: Side) -> None:
    arrive(side.row(Visit, SENT_VISIT), _tom(side).actor)


def _paused(side: Side) -> None:
    _on_site(side)
    _tapped("pause_visit")(side)


def _ready(side: Side) -> None:
    """Everything that completing the visit needs is there."""
    _on_site(side)
    visit, actor = side.row(Visit, SENT_VISIT), _tom(side).actor
    for item in queries.submission_of(visit).checklist.items.all():  # type: ignore[union-attr]
        delivery.answer_item(visit_id=visit.pk, item_id=item.pk, value="pass", actor=actor, at=NOW)
    delivery.sign(
        visit_id=visit.pk, outcome="absent", signer_name="", drawing="", reason="away", actor=actor, at=NOW
    )


def _part_used(side: Side) -> None:
    _on_site(side)
    delivery.use_part(
        visit_id=side.row(Visit, SENT_VISIT).pk,
        part_id=side.row(Part).pk,
        quantity=Decimal(1),
        key="before",
        actor=_tom(side).actor,
        at=NOW,
    )


def _at_visit(body: Mapping[str, Any] | None = None, *, before: Before | None = None) -> Act:
    """An act of the engineer at the visit that waits for it."""
    return Act(body or {}, who="tom", n=SENT_VISIT, before=before)


STEP = Own(ChecklistItem, SENT_VISIT)
PHOTO = {"photo": photo, "kind": "after", "item_id": STEP}
UNSIGNED = {"outcome": "absent", "reason": "nobody there"}

PAGES: dict[str, Act] = {
    "delivery:checklist_edit": Act(
        {
            "name": "Next",
            "after_version": "1",
            "step-TOTAL_FORMS": "1",
            "step-INITIAL_FORMS": "0",
            "step-0-label": "Look",
            "step-0-kind": "check",
        }
    ),
    "delivery:visit_accept": _at_visit(),
    "delivery:visit_travel": _at_visit(before=_tapped("accept_visit")),
    "delivery:visit_arrive": _at_visit(before=_tapped("accept_visit", "start_travel")),
    "delivery:visit_pause": _at_visit(before=_on_site),
    "delivery:visit_resume": _at_visit(before=_paused),
    "delivery:visit_delay": _at_visit({"minutes": 20}, before=_tapped("accept_visit", "start_travel")),
    "delivery:visit_give_up": _at_visit({"why": "part", "detail": "igniter"}, before=_on_site),
    "delivery:visit_no_show": Act({"reason": "closed"}, n=SENT_VISIT, before=_on_site),
    "delivery:visit_finish": _at_visit({"remarks": ""}, before=_ready),
    "delivery:visit_answer": _at_visit({"value": "pass"}, before=_on_site),
    "delivery:visit_parts": _at_visit({"code": f"{OWN}-0-code", "quantity": 1}, before=_on_site),
    "delivery:visit_part_use": _at_visit({"part": Own(Part)}, before=_on_site),
    "delivery:visit_part_return": _at_visit({"part": Own(Part)}, before=_part_used),
    "delivery:visit_photos": _at_visit(PHOTO, before=_on_site),
    "delivery:visit_sign": _at_visit(UNSIGNED, before=_on_site),
    "customer:choose": Act({"choice": "keep"}, who="", n=2),
    "customer:followed": Act(_followed, who=""),
    "customer:rate": Act({"score": 4}, who="", n=0),
}


API: dict[str, Act] = {
    "visit-act-accept post": _at_visit(),
    "visit-act-travel post": _at_visit(before=_tapped("accept_visit")),
    "visit-act-arrive post": _at_visit(before=_tapped("accept_visit", "start_travel")),
    "visit-act-pause post": _at_visit(before=_on_site),
    "visit-act-resume post": _at_visit(before=_paused),
    "visit-act-complete post": _at_visit(before=_ready),
    "visit-act-no-show post": _at_visit({"reason": "closed"}, before=_on_site),
    "visit-act-could-not-complete post": _at_visit({"reason": "part missing"}, before=_on_site),
    "visit-act-answers post": _at_visit({"item_id": STEP, "value": "pass"}, before=_on_site),
    "visit-act-parts post": _at_visit({"part_id": Own(Part), "quantity": "1", "key": "k"}, before=_on_site),
    "visit-act-photos post": _at_visit(PHOTO, before=_on_site),
    "visit-act-signature post": _at_visit(UNSIGNED, before=_on_site),
}
