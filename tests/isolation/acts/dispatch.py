"""Valid bodies for the routes of dispatch."""

from __future__ import annotations

from datetime import timedelta

from customers.models import Asset, Contact, Site
from dispatch.models import Visit, WorkOrder, WorkType
from tests.isolation.acts.common import local
from tests.isolation.routes import Act, Own, put
from tests.isolation.world import NOW, TODAY
from tickets.models import Ticket
from workforce.models import Engineer, Skill


def _instant(hours: int) -> str:
    return (NOW + timedelta(hours=hours)).isoformat()


PLAN = {"engineer": Own(Engineer, 1), "start_at": local(5), "override_reason": "the customer asks"}
API_PLAN = {"engineer": Own(Engineer, 1), "start_at": _instant(5), "override_reason": "the customer asks"}

PAGES: dict[str, Act] = {
    "dispatch:drafts_send": Act({"day": f"{TODAY}"}),
    "dispatch:work_order_create": Act(
        {
            "site": Own(Site),
            "work_type": Own(WorkType),
            "subject": "Look at the roof",
            "priority": 3,
            "duration_minutes": 60,
        }
    ),
    "dispatch:work_order_cancel": Act({"reason": "not needed"}, n=1),
    "dispatch:work_order_dispatch": Act(n=1, before=put(Visit, 1, status="cancelled")),
    "dispatch:visit_schedule": Act(PLAN, n=1, before=put(Visit, 1, status="cancelled")),
    "dispatch:visit_move": Act({**PLAN, "version": 1}, n=1),
    "dispatch:visit_drop": Act({**PLAN, "version": 1}, n=1),
    "dispatch:visit_send": Act(n=1),
    "dispatch:visit_cancel": Act({"reason": "not needed"}, n=1),
    "dispatch:ticket_work": Act({"work_type": Own(WorkType)}),
    "dispatch:rule_create": Act({"name": "All", "position": 9, "strategy": "earliest", "horizon_days": 3}),
    "dispatch:rule_edit": Act({"name": "All", "position": 9, "strategy": "earliest", "horizon_days": 3}),
    "dispatch:rule_switch": Act({"is_enabled": "1"}),
    "dispatch:work_type_create": Act({"code": "new", "name": "New work", "duration_minutes": 60}),
    "dispatch:work_type_edit": Act({"name": "Other work", "duration_minutes": 60}),
}


API: dict[str, Act] = {
    "work-order-list post": Act(
        {
            "site": Own(Site),
            "work_type": Own(WorkType),
            "subject": "Look",
            "ticket": Own(Ticket),
            "asset": Own(Asset),
            "contact": Own(Contact),
            "skills": [{"skill": Own(Skill), "level": 1}],
        }
    ),
    "work-order-detail patch": Act({"subject": "Look", "asset": Own(Asset), "contact": Own(Contact)}),
    "work-order-candidates post": Act(n=1),
    "work-order-schedule post": Act(API_PLAN, n=1, before=put(Visit, 1, status="cancelled")),
    "work-order-cancel post": Act({"reason": "not needed"}, n=1),
    "work-order-auto-dispatch post": Act(n=1, before=put(Visit, 1, status="cancelled")),
    "visit-list post": Act(
        {**API_PLAN, "work_order": Own(WorkOrder, 1)}, before=put(Visit, 1, status="cancelled")
    ),
    "visit-detail patch": Act({**API_PLAN, "version": 1}, n=1),
    "visit-send post": Act(n=1),
    "visit-cancel post": Act({"reason": "not needed"}, n=1),
}
