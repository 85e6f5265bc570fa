"""What may be done to work and visits: the one door into dispatch."""

from dispatch.services.auto import auto_dispatch, auto_dispatch_open, dispatch_new_work
from dispatch.services.bulk import NewWork, create_work_orders_in_bulk
from dispatch.services.catalogue import (
    create_rule,
    create_work_type,
    set_rule_enabled,
    update_rule,
    update_work_type,
)
from dispatch.services.importing import Loaded, import_requests
from dispatch.services.planning import (
    CannotSchedule,
    cancel_visit,
    follow_merged_ticket,
    follow_planned_visit,
    move_visit,
    schedule_visit,
    send_drafts,
    send_visit,
)
from dispatch.services.preferences import remove_preference, set_preference
from dispatch.services.progress import progress_visit
from dispatch.services.work_orders import (
    cancel_work_order,
    create_work_order,
    create_work_order_from_ticket,
    open_field_work,
    settle_work_order,
    update_work_order,
)

__all__ = [
    "CannotSchedule",
    "Loaded",
    "NewWork",
    "auto_dispatch",
    "auto_dispatch_open",
    "cancel_visit",
    "cancel_work_order",
    "create_rule",
    "create_work_order",
    "create_work_order_from_ticket",
    "create_work_orders_in_bulk",
    "create_work_type",
    "dispatch_new_work",
    "follow_merged_ticket",
    "follow_planned_visit",
    "import_requests",
    "move_visit",
    "open_field_work",
    "progress_visit",
    "remove_preference",
    "schedule_visit",
    "send_drafts",
    "send_visit",
    "set_preference",
    "set_rule_enabled",
    "settle_work_order",
    "update_rule",
    "update_work_order",
    "update_work_type",
]
