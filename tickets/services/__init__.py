"""What may be done to tickets: one function per use case."""

from __future__ import annotations

from tickets.services.bulk import NewTicket, open_tickets_in_bulk
from tickets.services.calendars import (
    create_calendar,
    import_closed_days,
    refresh_calendar,
    refresh_calendars,
    update_calendar,
)
from tickets.services.chat import desk_writes, say_in_chat, take_chat_delivery, visitor_writes
from tickets.services.clocks import note_work_order, note_work_orders, stop_clock
from tickets.services.codes import issue_codes, reissue_code, report_by_code, revoke_code
from tickets.services.contacting import note_first_word
from tickets.services.conversation import (
    add_message,
    receive_reply,
    reply_to_ticket,
)
from tickets.services.escalating import escalate, fire_due_escalations
from tickets.services.escalations import add_escalation, add_usual_escalations, remove_escalation
from tickets.services.files import add_reply_file, remove_reply_file
from tickets.services.intake import (
    Intake,
    discard_quarantined,
    open_quarantined,
    take_in,
    take_in_email,
    take_in_web_form,
)
from tickets.services.labels import create_sub_state, set_sub_state, update_sub_state
from tickets.services.merging import merge_tickets, unmerge_ticket
from tickets.services.opening import LikelyDuplicate, open_ticket
from tickets.services.phone import log_call
from tickets.services.policies import (
    NewItem,
    create_policy,
    create_topic,
    publish_policy,
    switch_policy,
)
from tickets.services.presence import sit_at
from tickets.services.progress import (
    Wait,
    assign_owner,
    close_ticket,
    continue_ticket,
    end_visits,
    mark_spam,
    reopen_ticket,
    resolve_ticket,
    take_ticket,
    triage_ticket,
    wait_for_visits,
    wait_ticket,
)
from tickets.services.replays import replay_clocks
from tickets.services.replies import (
    AnsweredMeanwhile,
    create_canned_reply,
    save_draft,
    update_canned_reply,
)
from tickets.services.returns import note_return
from tickets.services.saved import move_view, remove_view, rename_view, save_view
from tickets.services.splitting import split_ticket
from tickets.services.suggestions import dismiss_duplicate, form_opinions, take_suggestion
from tickets.services.telling import (
    NewOwner,
    tell_of_ended_visits,
    tell_of_mention,
    tell_of_reply,
    tell_owners,
)
from tickets.services.timers import fire_due_timers
from tickets.services.waking import wake_due_tickets

__all__ = [
    "AnsweredMeanwhile",
    "Intake",
    "LikelyDuplicate",
    "NewItem",
    "NewOwner",
    "NewTicket",
    "Wait",
    "add_escalation",
    "add_message",
    "add_reply_file",
    "add_usual_escalations",
    "assign_owner",
    "close_ticket",
    "continue_ticket",
    "create_calendar",
    "create_canned_reply",
    "create_policy",
    "create_sub_state",
    "create_topic",
    "desk_writes",
    "discard_quarantined",
    "dismiss_duplicate",
    "end_visits",
    "escalate",
    "fire_due_escalations",
    "fire_due_timers",
    "form_opinions",
    "import_closed_days",
    "issue_codes",
    "log_call",
    "mark_spam",
    "merge_tickets",
    "move_view",
    "note_first_word",
    "note_return",
    "note_work_order",
    "note_work_orders",
    "open_quarantined",
    "open_ticket",
    "open_tickets_in_bulk",
    "publish_policy",
    "receive_reply",
    "refresh_calendar",
    "refresh_calendars",
    "reissue_code",
    "remove_escalation",
    "remove_reply_file",
    "remove_view",
    "rename_view",
    "reopen_ticket",
    "replay_clocks",
    "reply_to_ticket",
    "report_by_code",
    "resolve_ticket",
    "revoke_code",
    "save_draft",
    "save_view",
    "say_in_chat",
    "set_sub_state",
    "sit_at",
    "split_ticket",
    "stop_clock",
    "switch_policy",
    "take_chat_delivery",
    "take_in",
    "take_in_email",
    "take_in_web_form",
    "take_suggestion",
    "take_ticket",
    "tell_of_ended_visits",
    "tell_of_mention",
    "tell_of_reply",
    "tell_owners",
    "triage_ticket",
    "unmerge_ticket",
    "update_calendar",
    "update_canned_reply",
    "update_sub_state",
    "visitor_writes",
    "wait_for_visits",
    "wait_ticket",
    "wake_due_tickets",
]
