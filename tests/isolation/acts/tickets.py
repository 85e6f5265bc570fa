"""Valid bodies for the routes of tickets."""

from __future__ import annotations

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Membership
from channels.models import Attachment
from customers.models import Asset, Contact, Contract, Customer, Site
from tests.isolation.acts.common import local, photo
from tests.isolation.routes import Act, Own, put
from tests.isolation.world import NOW, Side
from tickets.models import BusinessCalendar, SubState, Ticket, TicketMessage, Topic


def _waits_in_draft(side: Side) -> None:
    """Ada's answer to the first ticket has the first file with it."""
    ada = side.company.people["ada"].membership.pk
    place = f"draft:{side.row(Ticket).pk}:{ada}"
    Attachment.objects.filter(pk=side.row(Attachment).pk).update(inbound=None, content_id=place)


def _closed_days() -> SimpleUploadedFile:
    """An iCalendar file of one closed day."""
    event = "BEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:20261231\r\nSUMMARY:Closed\r\nEND:VEVENT\r\n"
    text = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\n{event}END:VCALENDAR\r\n"
    return SimpleUploadedFile("closed.ics", text.encode(), "text/calendar")


def _merged(side: Side) -> None:
    put(Ticket, status="merged", merged_into=side.row(Ticket, 1))(side)


def _two_messages(side: Side) -> None:
    put(TicketMessage, 1, ticket=side.row(Ticket))(side)


def _suggested(side: Side) -> None:
    put(Ticket, opinion={"topic": [{"id": side.row(Topic, 1).pk, "label": "", "score": 1}]})(side)


RESOLVED = put(Ticket, status="resolved", resolved_at=NOW, resolved_by="ada")
WAITING = put(Ticket, status="waiting", waiting_for="customer", next_action_at=NOW)
PROMISE = {
    "name": "Quick",
    "is_active": "on",
    "contract": Own(Contract),
    "item-TOTAL_FORMS": "1",
    "item-INITIAL_FORMS": "0",
    "item-0-kpi": "resolution",
    "item-0-target_minutes": "60",
    "item-0-warn_percent": "70",
    "item-0-on_reopen": "continue",
    "item-0-calendar": Own(BusinessCalendar),
}

PAGES: dict[str, Act] = {
    "tickets:ticket_create": Act(
        {
            "subject": "It hums",
            "channel": "phone",
            "kind": "problem",
            "topic": Own(Topic),
            "customer": Own(Customer),
            "contact": Own(Contact),
            "site": Own(Site),
            "asset": Own(Asset),
            "allow_duplicate": "yes",
        }
    ),
    "tickets:quarantine_open": Act({"sender_name": "Mari", "sender_address": "mari@aoki.example"}),
    "tickets:quarantine_discard": Act(),
    "tickets:escalation_list": Act({"moment": "breach", "act": "notify", "whom": "on_call"}),
    "tickets:calendar_create": Act({"name": "Nights", "mon": "22-6"}),
    "tickets:calendar_edit": Act({"name": "Nights", "mon": "22-6"}),
    "tickets:calendar_import": Act({"file": _closed_days}),
    "tickets:policy_create": Act(PROMISE),
    "tickets:policy_edit": Act(PROMISE),
    "tickets:policy_switch": Act({"is_active": "0"}),
    "tickets:escalation_usual": Act(),
    "tickets:escalation_remove": Act(),
    "tickets:reply_file_remove": Act(before=_waits_in_draft),
    "tickets:reply_file_add": Act({"files": photo}),
    "tickets:ticket_reply": Act({"body": "We come at ten.", "kind": "public"}),
    "tickets:ticket_take": Act(),
    "tickets:ticket_triage": Act(
        {
            "priority": 2,
            "kind": "problem",
            "topic": Own(Topic),
            "owner": Own(Membership, 1),
            "contact": Own(Contact),
            "site": Own(Site),
            "asset": Own(Asset),
        }
    ),
    "tickets:ticket_wait": Act({"waiting_for": "customer", "next_action_at": local(30)}),
    "tickets:ticket_continue": Act(before=WAITING),
    "tickets:ticket_resolve": Act({"resolution": "Tightened a screw"}),
    "tickets:ticket_close": Act(before=RESOLVED),
    "tickets:ticket_reopen": Act({"reason": "It hums again"}, before=RESOLVED),
    "tickets:ticket_spam": Act(before=put(Ticket, status="new")),
    "tickets:ticket_merge": Act({"target": "T-2", "across_customers": "on"}),
    "tickets:ticket_unmerge": Act(before=_merged),
    "tickets:ticket_split": Act({"message_ids": Own(TicketMessage)}, before=_two_messages),
    "tickets:ticket_not_same": Act({"other": Own(Ticket, 1)}),
    "tickets:ticket_suggestion": Act({"what": "topic", "value": Own(Topic, 1)}, before=_suggested),
    "tickets:ticket_label": Act({"sub_state": Own(SubState)}),
    "tickets:ticket_draft": Act({"body": "Dear Mari", "kind": "public"}),
    "tickets:ticket_presence": Act({"writing": "yes"}),
    "tickets:canned_reply_list": Act({"title": "Thanks", "body": "Thank you.", "topic": Own(Topic)}),
    "tickets:canned_reply_edit": Act({"title": "Thanks", "body": "Thank you.", "topic": Own(Topic)}),
    "tickets:sub_state_list": Act({"status": "open", "name": "Quoted", "code": "quoted", "position": 1}),
    "tickets:sub_state_edit": Act({"name": "Quoted", "position": 1}),
    "tickets:view_save": Act({"name": "Mine", "view": "open", "shared": "1"}),
    "tickets:view_rename": Act({"name": "Ours"}),
    "tickets:view_move": Act({"by": "1"}),
    "tickets:view_remove": Act(),
    "tickets:call": Act(
        {
            "key": "call",
            "caller": "03-5555-0142",
            "customer": Own(Customer),
            "contact": Own(Contact),
            "ticket": Own(Ticket),
            "asset": Own(Asset),
            "body": "It hums again",
        }
    ),
    "tickets:label_list": Act(),
    "tickets:code_reissue": Act(),
    "tickets:code_revoke": Act(),
    "tickets:ticket_chat_typing": Act(),
}


API: dict[str, Act] = {
    "ticket-list post": Act(
        {
            "subject": "It hums",
            "topic": Own(Topic),
            "customer": Own(Customer),
            "contact": Own(Contact),
            "site": Own(Site),
            "asset": Own(Asset),
            "allow_duplicate": True,
        }
    ),
    "ticket-detail patch": Act(
        {
            "topic": Own(Topic),
            "customer": Own(Customer),
            "contact": Own(Contact),
            "site": Own(Site),
            "asset": Own(Asset),
        }
    ),
    "ticket-assign post": Act({"owner": Own(Membership, 1)}),
    "ticket-close post": Act(before=RESOLVED),
    "ticket-go-on post": Act(before=WAITING),
    "ticket-reopen post": Act({"reason": "again"}, before=RESOLVED),
    "ticket-reply post": Act({"body": "We come at ten."}),
    "ticket-resolve post": Act({"resolution": "done"}),
    "ticket-take post": Act(),
    "ticket-merge post": Act({"into": Own(Ticket, 1), "across_customers": True}),
    "ticket-unmerge post": Act(before=_merged),
    "ticket-split post": Act({"message_ids": [Own(TicketMessage)]}, before=_two_messages),
    "ticket-not-same post": Act({"other": Own(Ticket, 1)}),
    "ticket-sub-state post": Act({"sub_state": None}),
    "ticket-wait post": Act({"waiting_for": "customer"}),
}
