"""What may be done to work and visits: the one door into dispatch."""

from dispatch.services.asking import ask_where_absent
from dispatch.services.auto import auto_dispatch, auto_dispatch_open, dispatch_new_work
from dispatch.services.best import Chosen, schedule_best
from dispatch.services.bulk import NewWork, create_work_orders_in_bulk
from dispatch.services.catalogue import create_work_type, update_work_type
from dispatch.services.changes import prune_world_changes
from dispatch.services.consenting import NeedsConsent
from dispatch.services.consents import NoWindowLeft, answer_consent, ask_consent, withdraw_consent
from dispatch.services.crews import schedule_crew
from dispatch.services.days import Stint, schedule_stints
from dispatch.services.field_work import open_field_work
from dispatch.services.importing import Loaded, import_requests
from dispatch.services.judging import CannotSchedule
from dispatch.services.lateness import await_arrivals
from dispatch.services.links import link_work_orders, unlink_work_orders
from dispatch.services.locks import lock_visit
from dispatch.services.offers import (
    accept_offer,
    decline_offer,
    expire_offer,
    withdraw_needless_offers,
    withdraw_offer,
)
from dispatch.services.planning import (
    cancel_visit,
    follow_merged_ticket,
    move_visit,
    schedule_visit,
    send_drafts,
    send_visit,
)
from dispatch.services.policies import (
    discard_policy_draft,
    publish_policy,
    retire_policy,
    save_policy_draft,
)
from dispatch.services.preferences import remove_preference, set_preference
from dispatch.services.progress import progress_visit
from dispatch.services.reactions import (
    meet_arrived_part,
    meet_cancelled_visit,
    meet_ended_visit,
    meet_new_work,
    meet_planned_visits,
)
from dispatch.services.replanning import Placement, place_visits
from dispatch.services.roads import ask_among, ask_for_waiting, prune_legs, want_roads
from dispatch.services.rules import create_rule, move_rule, set_rule_enabled, update_rule
from dispatch.services.slots import book_slot
from dispatch.services.timers import await_shares, fire_due_timers
from dispatch.services.travel import (
    Example,
    calibrate_all,
    calibrate_travel,
    reset_travel,
    set_travel,
    try_travel,
)
from dispatch.services.trials import Trial, try_rule
from dispatch.services.work_orders import (
    cancel_work_order,
    create_work_order,
    create_work_order_from_ticket,
    settle_work_order,
    update_work_order,
)

__all__ = [
    "CannotSchedule",
    "Chosen",
    "Example",
    "Loaded",
    "NeedsConsent",
    "NewWork",
    "NoWindowLeft",
    "Placement",
    "Stint",
    "Trial",
    "accept_offer",
    "answer_consent",
    "ask_among",
    "ask_consent",
    "ask_for_waiting",
    "ask_where_absent",
    "auto_dispatch",
    "auto_dispatch_open",
    "await_arrivals",
    "await_shares",
    "book_slot",
    "calibrate_all",
    "calibrate_travel",
    "cancel_visit",
    "cancel_work_order",
    "create_rule",
    "create_work_order",
    "create_work_order_from_ticket",
    "create_work_orders_in_bulk",
    "create_work_type",
    "decline_offer",
    "discard_policy_draft",
    "dispatch_new_work",
    "expire_offer",
    "fire_due_timers",
    "follow_merged_ticket",
    "import_requests",
    "link_work_orders",
    "lock_visit",
    "meet_arrived_part",
    "meet_cancelled_visit",
    "meet_ended_visit",
    "meet_new_work",
    "meet_planned_visits",
    "move_rule",
    "move_visit",
    "open_field_work",
    "place_visits",
    "progress_visit",
    "prune_legs",
    "prune_world_changes",
    "publish_policy",
    "remove_preference",
    "reset_travel",
    "retire_policy",
    "save_policy_draft",
    "schedule_best",
    "schedule_crew",
    "schedule_stints",
    "schedule_visit",
    "send_drafts",
    "send_visit",
    "set_preference",
    "set_rule_enabled",
    "set_travel",
    "settle_work_order",
    "try_rule",
    "try_travel",
    "unlink_work_orders",
    "update_rule",
    "update_work_order",
    "update_work_type",
    "want_roads",
    "withdraw_consent",
    "withdraw_needless_offers",
    "withdraw_offer",
]
