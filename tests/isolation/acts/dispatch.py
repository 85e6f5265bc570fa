"""Valid bodies for the routes of dispatch."""

from __future__ import annotations

from datetime import timedelta

from customers.models import Asset, Contact, Customer, Site
from dispatch.models import ConsentRequest, DispatchPolicy, Visit, WorkOrder, WorkType
from dispatch.policy import ALLOW, BLOCK, LIMITS, VERDICTS, WEIGHTS
from inventory.models import Part
from tests.isolation.acts.common import local
from tests.isolation.routes import Act, Own, put
from tests.isolation.world import NOW, OWN, TODAY, Side
from tickets.models import BusinessCalendar, Ticket
from workforce.models import Engineer, Provider, Skill, Territory


def _instant(hours: float) -> str:
    return (NOW + timedelta(hours=hours)).isoformat()


RULE = {
    "name": "All",
    "position": 9,
    "event": "work_created",
    "horizon_days": 3,
    "work_types": f"{OWN}-0-code",
    "step-TOTAL_FORMS": "4",
    "step-INITIAL_FORMS": "1",
    "step-0-strategy": "offer_provider",
    "step-0-provider": Own(Provider),
    "step-1-strategy": "offer_pool",
    "step-1-engineers": Own(Engineer),
    "step-1-accept_minutes": "10",
    "step-1-calendar": Own(BusinessCalendar),
}


def _offered(side: Side) -> None:
    """The second offer is of work that waits, and its engineer may do it: the policy lets everything pass."""
    put(Visit, 1, status="cancelled")(side)
    put(WorkOrder, 1, status="unscheduled")(side)
    put(DispatchPolicy, 1, verdicts=dict.fromkeys(VERDICTS, ALLOW))(side)


def _splittable(side: Side) -> None:
    """The second work order waits and may take several days."""
    put(Visit, 1, status="cancelled")(side)
    put(WorkOrder, 1, status="unscheduled", may_split=True, left_minutes=None)(side)


POLICY = {
    **dict.fromkeys(VERDICTS, BLOCK),
    **{f"weight_{code}": weight for code, weight in WEIGHTS.items()},
    **LIMITS,
}

PLAN = {"engineer": Own(Engineer, 1), "start_at": local(5), "override_reason": "the customer asks"}
API_PLAN = {"engineer": Own(Engineer, 1), "start_at": _instant(5), "override_reason": "the customer asks"}

KEPT = {
    "territory": Own(Territory),
    "skill": Own(Skill, 1),
    "weekday": 6,
    "reserve_percent": 20,
    "up_to_priority": 1,
    "released_hours": 0,
}


def _confirmed(side: Side) -> None:
    """The second visit is confirmed, and nobody was asked yet."""
    put(ConsentRequest, 1, status="withdrawn")(side)
    put(Visit, 1, lock_level="confirmed")(side)


def _for_two(side: Side) -> None:
    """The second work order waits for two engineers of our own."""
    put(Visit, 1, status="cancelled")(side)
    put(Engineer, 0, provider=None)(side)
    put(WorkOrder, 1, crew_size=2, crew_cover="any", status="unscheduled")(side)


def _open(side: Side) -> None:
    """The first two work orders are not settled."""
    put(WorkOrder, 0, status="unscheduled")(side)
    put(WorkOrder, 1, status="unscheduled")(side)


PAGES: dict[str, Act] = {
    "dispatch:visit_consent": Act(
        {**PLAN, "start_at": local(40), "version": 1, "act": "ask"}, n=1, before=_confirmed
    ),
    "dispatch:consent_withdraw": Act(),
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
    "dispatch:crew_schedule": Act(
        lambda s: {
            "engineers": [s.row(Engineer, 0).pk, s.row(Engineer, 1).pk],
            "start_at": local(5),
            "override_reason": "the customer asks",
        },
        n=1,
        before=_for_two,
    ),
    "dispatch:work_order_parts": Act({"parts": f"{OWN}-0-code 2"}, n=1),
    "dispatch:stints_schedule": Act(
        {
            "count": 1,
            "engineer_0": Own(Engineer, 1),
            "start_0": local(5),
            "minutes_0": 60,
            "override_reason": "the customer asks",
        },
        n=1,
        before=_splittable,
    ),
    "dispatch:visit_schedule": Act(PLAN, n=1, before=put(Visit, 1, status="cancelled")),
    "dispatch:visit_move": Act({**PLAN, "version": 1}, n=1),
    "dispatch:visit_drop": Act({**PLAN, "version": 1}, n=1),
    "dispatch:visit_send": Act(n=1),
    "dispatch:visit_cancel": Act({"reason": "not needed"}, n=1),
    "dispatch:visit_lock": Act({"version": 1, "lock_level": "committed", "reason": "by phone"}, n=1),
    "dispatch:work_order_enough": Act(n=1),
    "dispatch:work_order_link": Act(
        lambda s: {"first": str(s.row(WorkOrder, 0).number), "kind": "same_day"}, n=1, before=_open
    ),
    "dispatch:work_order_unlink": Act(),
    "dispatch:ticket_work": Act({"work_type": Own(WorkType), "again": "on"}),
    "dispatch:policy_edit": Act(POLICY),
    "dispatch:policy_publish": Act({"version": 1}),
    "dispatch:policy_discard": Act(),
    "dispatch:policy_retire": Act(),
    "dispatch:travel_edit": Act({"source": "osrm", "base_url": "http://osrm.example"}),
    "dispatch:travel_learn": Act(),
    "dispatch:travel_reset": Act(),
    "dispatch:travel_try": Act(),
    "dispatch:rule_create": Act(RULE),
    "dispatch:rule_edit": Act(RULE),
    "dispatch:rule_move": Act({"by": "1"}),
    "dispatch:offer_accept": Act(n=1, before=_offered),
    "dispatch:offer_decline": Act({"reason": "too far"}, n=1, before=_offered),
    "dispatch:offer_withdraw": Act(n=1, before=_offered),
    "dispatch:rule_switch": Act({"is_enabled": "1"}),
    "dispatch:absence_create": Act({"first_on": f"{TODAY + timedelta(days=40)}", "reason": "leave"}),
    "dispatch:absence_edit": Act({"first_on": f"{TODAY + timedelta(days=40)}", "reason": "leave"}),
    "dispatch:capacity_rule_create": Act(KEPT),
    "dispatch:capacity_rule_edit": Act(KEPT),
    "dispatch:capacity_rule_remove": Act(),
    "dispatch:customer_engineer_list": Act({"engineer": Own(Engineer, 1), "liking": "excluded"}),
    "dispatch:customer_engineer_remove": Act(),
    "dispatch:work_type_create": Act({"code": "new", "name": "New work", "duration_minutes": 60}),
    "dispatch:work_type_edit": Act({"name": "Other work", "duration_minutes": 60}),
}


API: dict[str, Act] = {
    "visit-consent post": Act({**API_PLAN, "start_at": _instant(40), "version": 1}, n=1, before=_confirmed),
    "consent-withdraw post": Act({"reason": "settled by phone"}),
    "travel-profile-list post": Act({"source": "osrm", "base_url": "http://osrm.example"}),
    "travel-profile-detail patch": Act({"source": "osrm", "base_url": "http://osrm.example"}),
    "travel-profile-reset post": Act(),
    "offer-accept post": Act({"engineer": Own(Engineer, 1)}, n=1, before=_offered),
    "offer-decline post": Act({"reason": "too far"}, n=1, before=_offered),
    "offer-withdraw post": Act({"reason": "planned by hand"}, n=1, before=_offered),
    "work-order-list post": Act(
        {
            "site": Own(Site),
            "work_type": Own(WorkType),
            "subject": "Look",
            "ticket": Own(Ticket),
            "asset": Own(Asset),
            "contact": Own(Contact),
            "skills": [{"skill": Own(Skill), "level": 1}],
            "parts": [{"part": Own(Part), "quantity": 1}],
        }
    ),
    "work-order-detail patch": Act(
        {
            "subject": "Look",
            "asset": Own(Asset),
            "contact": Own(Contact),
            "parts": [{"part": Own(Part), "quantity": 1}],
        }
    ),
    "work-order-candidates post": Act(n=1),
    "work-order-dispatch post": Act(n=1, before=put(Visit, 1, status="cancelled")),
    "work-order-book post": Act(
        {"start_at": f"{TODAY + timedelta(days=1)}T00:00Z", "end_at": f"{TODAY + timedelta(days=1)}T23:00Z"},
        n=1,
        before=_offered,
    ),
    "slot-list post": Act(
        {
            "work_order": Own(WorkOrder, 1),
            "site": Own(Site),
            "work_type": Own(WorkType),
            "skills": [{"skill": Own(Skill), "level": 1}],
            "parts": [{"part": Own(Part), "quantity": 1}],
        }
    ),
    "work-order-schedule post": Act(API_PLAN, n=1, before=put(Visit, 1, status="cancelled")),
    "work-order-schedule-stints post": Act(
        {
            "stints": [
                {"engineer": Own(Engineer, 1), "start_at": _instant(5), "end_at": _instant(5.5)},
                {"engineers": [Own(Engineer, 1)], "start_at": _instant(5.5), "end_at": _instant(6)},
            ],
            "override_reason": "the customer asks",
        },
        n=1,
        before=_splittable,
    ),
    "work-order-cancel post": Act({"reason": "not needed"}, n=1),
    "work-order-auto-dispatch post": Act(n=1, before=put(Visit, 1, status="cancelled")),
    "visit-list post": Act(
        {**API_PLAN, "work_order": Own(WorkOrder, 1)}, before=put(Visit, 1, status="cancelled")
    ),
    "visit-detail patch": Act({**API_PLAN, "version": 1}, n=1),
    "visit-send post": Act(n=1),
    "visit-cancel post": Act({"reason": "not needed"}, n=1),
    "visit-lock post": Act({"version": 1, "lock_level": "committed", "reason": "by phone"}, n=1),
    "work-order-link-list post": Act(
        {"first": Own(WorkOrder), "then": Own(WorkOrder, 1), "kind": "same_day"}, before=_open
    ),
    "work-order-link-detail delete": Act(),
    "work-order-schedule-crew post": Act(
        {
            "engineers": [Own(Engineer), Own(Engineer, 1)],
            "start_at": _instant(5),
            "override_reason": "the customer asks",
        },
        n=1,
        before=_for_two,
    ),
    "engineer-preference-list post": Act(
        {"customer": Own(Customer), "engineer": Own(Engineer, 1), "liking": "excluded"}
    ),
    "engineer-preference-detail delete": Act(),
}
