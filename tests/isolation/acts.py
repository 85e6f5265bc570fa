"""A valid body for every route that changes something: the one table a new route must be entered in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Membership
from billing.models import Invoice
from channels.models import Attachment, ChannelAccount, OutboundMessage
from customers.models import Asset, Contact, Contract, Customer, Site
from delivery import queries
from delivery import services as delivery
from delivery.models import ChecklistItem
from dispatch.models import Visit, WorkOrder, WorkType
from feedback.models import Recovery
from inventory.models import Part, StockLocation
from journal.models import OutboxEvent
from tests.cast import Person
from tests.factories.delivery import arrive, picture
from tests.isolation.routes import Act, Before, Own, put
from tests.isolation.world import DONE_VISIT, NOW, OWN, SENT_VISIT, TODAY, Side, chat_code_of
from tickets.models import BusinessCalendar, SubState, Ticket, TicketMessage, Topic
from workforce.models import Engineer, Skill, Territory


def _instant(hours: int) -> str:
    return (NOW + timedelta(hours=hours)).isoformat()


def _local(hours: int) -> str:
    return f"{NOW + timedelta(hours=hours):%Y-%m-%dT%H:%M}"


def _waits_in_draft(side: Side) -> None:
    """Ada's answer to the first ticket has the first file with it."""
    ada = side.company.people["ada"].membership.pk
    place = f"draft:{side.row(Ticket).pk}:{ada}"
    Attachment.objects.filter(pk=side.row(Attachment).pk).update(inbound=None, content_id=place)


def _photo() -> SimpleUploadedFile:
    return SimpleUploadedFile("photo.jpg", picture(color="red"), "image/jpeg")


def _closed_days() -> SimpleUploadedFile:
    """An iCalendar file of one closed day."""
    event = "BEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:20261231\r\nSUMMARY:Closed\r\nEND:VEVENT\r\n"
    text = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\n{event}END:VCALENDAR\r\n"
    return SimpleUploadedFile("closed.ics", text.encode(), "text/calendar")


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


def _merged(side: Side) -> None:
    put(Ticket, status="merged", merged_into=side.row(Ticket, 1))(side)


def _two_messages(side: Side) -> None:
    put(TicketMessage, 1, ticket=side.row(Ticket))(side)


def _suggested(side: Side) -> None:
    put(Ticket, opinion={"topic": [{"id": side.row(Topic, 1).pk, "label": "", "score": 1}]})(side)


def _in_chat(**facts: str) -> Act:
    """A call of the chat's frame, with the secret of its session."""
    return Act(lambda side: {"code": chat_code_of(side), **facts}, who="")


STEP = Own(ChecklistItem, SENT_VISIT)
PHOTO = {"photo": _photo, "kind": "after", "item_id": STEP}
UNSIGNED = {"outcome": "absent", "reason": "nobody there"}
REVERSED = put(Invoice, 2, status="reversed")
RESOLVED = put(Ticket, status="resolved", resolved_at=NOW, resolved_by="ada")
WAITING = put(Ticket, status="waiting", waiting_for="customer", next_action_at=NOW)
INVITED = put(Membership, 3, is_active=False, joined_at=None, invited_at=NOW - timedelta(days=1))
NEW_SITE = {"name": "Annex", "address": "1-2-3", "area": "north"}
NEW_CONTRACT = {"number": "C-2026", "name": "Full care", "starts_on": "2026-04-01"}
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
PLAN = {"engineer": Own(Engineer, 1), "start_at": _local(5), "override_reason": "the customer asks"}
API_PLAN = {"engineer": Own(Engineer, 1), "start_at": _instant(5), "override_reason": "the customer asks"}

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
    "notices:notice_open": Act(who="tom"),
    "notices:notice_read": Act(who="tom"),
    "notices:notices_read": Act(who="tom"),
    "notices:own_hours": Act({"mail": "all", "mon": "9:00-17:00"}),
    "notices:on_call": Act(
        {"membership_id": Own(Membership), "from_at": _local(1), "until_at": _local(5), "every_weeks": "0"}
    ),
    "notices:duty_remove": Act(),
    "tickets:escalation_list": Act({"moment": "breach", "act": "notify", "whom": "on_call"}),
    "tickets:calendar_create": Act({"name": "Nights", "mon": "22-6"}),
    "tickets:calendar_edit": Act({"name": "Nights", "mon": "22-6"}),
    "tickets:calendar_import": Act({"file": _closed_days}),
    "tickets:policy_create": Act(PROMISE),
    "tickets:policy_edit": Act(PROMISE),
    "tickets:policy_switch": Act({"is_active": "0"}),
    "customers:contract_create": Act(NEW_CONTRACT),
    "customers:contract_edit": Act(NEW_CONTRACT),
    "tickets:escalation_usual": Act(),
    "tickets:escalation_remove": Act(),
    "channels:account_create": Act(
        {"provider": "line", "name": "LINE", "address": "@acme", "channel_secret": "a", "access_token": "b"}
    ),
    "channels:account_edit": Act(
        {"name": "WeChat", "address": "acme", "app_id": "wx1", "app_secret": "a", "token": "b"}
    ),
    "channels:account_try": Act(before=put(ChannelAccount, adapter="mailbox", options={})),
    "channels:account_switch": Act({"is_active": "0"}),
    "channels:message_resend": Act(before=put(OutboundMessage, status="failed")),
    "hooks:hook": Act({"MsgId": "1"}, who=""),
    "journal:parked_retry": Act(before=put(OutboxEvent, delivered_at=None, parked_at=NOW)),
    "tickets:reply_file_remove": Act(before=_waits_in_draft),
    "tickets:reply_file_add": Act({"files": _photo}),
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
    "tickets:ticket_wait": Act({"waiting_for": "customer", "next_action_at": _local(30)}),
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
    "delivery:visit_finish": _at_visit({"remarks": ""}, before=_ready),
    "delivery:visit_answer": _at_visit({"value": "pass"}, before=_on_site),
    "delivery:visit_parts": _at_visit({"code": f"{OWN}-0-code", "quantity": 1}, before=_on_site),
    "delivery:visit_part_use": _at_visit({"part": Own(Part)}, before=_on_site),
    "delivery:visit_part_return": _at_visit({"part": Own(Part)}, before=_part_used),
    "delivery:visit_photos": _at_visit(PHOTO, before=_on_site),
    "delivery:visit_sign": _at_visit(UNSIGNED, before=_on_site),
    "customers:customer_create": Act({"name": "Sato Ltd", "tier": "standard"}),
    "customers:customer_edit": Act({"name": "Sato Ltd", "tier": "gold"}),
    "customers:contact_create": Act({"name": "Mr. Sato", "prefers": "email"}),
    "customers:contact_edit": Act({"name": "Mr. Sato", "prefers": "email"}),
    "customers:site_create": Act(NEW_SITE),
    "customers:site_edit": Act(NEW_SITE),
    "customers:asset_create": Act({"name": "Press"}),
    "customers:asset_edit": Act({"name": "Press"}),
    "workforce:engineer_create": Act({"name": "Uta", "membership": Own(Membership, 1), "is_active": "on"}),
    "workforce:engineer_edit": Act({"name": "Tomas", "membership": Own(Membership, 1), "is_active": "on"}),
    "workforce:engineer_skills": Act(lambda s: {f"level_{skill.pk}": 1 for skill in s.rows[Skill]}),
    "workforce:engineer_week": Act({"day_0": "9-17"}),
    "workforce:engineer_territories": Act({"territories": Own(Territory, 1)}),
    "workforce:absence_create": Act({"start_at": _local(100), "end_at": _local(110), "reason": "leave"}),
    "workforce:absence_remove": Act(),
    "workforce:skill_list": Act({"code": "lasers", "name": "Lasers"}),
    "workforce:territory_edit": Act({"name": "Far north", "areas": "north, far north"}),
    "workforce:territory_list": Act({"code": "south", "name": "South", "areas": "south"}),
    "knowledge:article_create": Act({"title": "How to", "body": "Turn it off", "language": "en"}),
    "knowledge:article_edit": Act({"title": "How to", "body": "Turn it off", "language": "en"}),
    "inventory:stock_receive": Act({"part": Own(Part), "location": Own(StockLocation, 1), "quantity": 2}),
    "inventory:stock_transfer": Act(
        {
            "part": Own(Part, 1),
            "location": Own(StockLocation, 1),
            "target": Own(StockLocation, 2),
            "quantity": 2,
        }
    ),
    "inventory:stock_count": Act({"part": Own(Part), "location": Own(StockLocation, 1), "quantity": 7}),
    "inventory:location_create": Act(
        {"name": "Van 2", "code": "van-2", "kind": "van", "engineer": Own(Engineer, 1)}
    ),
    "inventory:part_create": Act({"code": "X-1", "name": "Belt", "unit": "piece", "price": 100}),
    "inventory:part_edit": Act({"code": "X-1", "name": "Belt", "unit": "piece", "price": 100}),
    "inventory:minimum_set": Act({"location": Own(StockLocation), "minimum": 3}),
    "billing:invoice_issue_ready": Act(),
    "billing:work_order_price": Act(n=2, before=REVERSED),
    "billing:invoice_issue": Act(n=2, before=REVERSED),
    "billing:charge_change": Act(
        {
            "description": "Labour",
            "quantity": 1,
            "unit_price_minor": 5,
            "payer": "customer",
            "reason": "agreed",
        },
        n=2,
        before=REVERSED,
    ),
    "billing:invoice_pay": Act({"amount": 1, "received_on": f"{TODAY}"}),
    "billing:invoice_reverse": Act({"reason": "wrong branch"}),
    "billing:price_list": Act(
        {
            "kind": "labour",
            "name": "Labour",
            "work_type": Own(WorkType, 1),
            "unit_price_minor": 12000,
            "valid_from": "2026-06-01",
        }
    ),
    "feedback:recovery_finish": Act(lambda s: {f"r{s.row(Recovery).pk}-outcome": "called"}),
    "accounts:company": Act(
        {
            "name": "Acme",
            "language": "en",
            "time_zone": "UTC",
            "currency": "JPY",
            "tax_rate_percent": 10,
        }
    ),
    "accounts:member_create": Act({"name": "Uta", "email": "uta@acme.example", "role": "dispatcher"}),
    "accounts:member_role": Act({"role": "dispatcher"}),
    "accounts:member_switch": Act({"active": "no"}),
    "accounts:member_link": Act(),
    "accounts:member_invite": Act(n=3, before=INVITED),
    "accounts:member_withdraw": Act(n=3, before=INVITED),
    "accounts:role_create": Act({"name": "Reader", "permissions": ["ticket_view"]}),
    "accounts:role_edit": Act({"name": "Reader", "permissions": ["ticket_view"]}, n=4),
    "accounts:token_create": Act({"name": "shop", "scopes": ["ticket_view"]}),
    "accounts:token_revoke": Act(),
    "accounts:profile": Act({"name": "Ada"}),
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
    "intake:asset_request": Act({"body": "It smokes", "ticket": Own(Ticket)}, who="", n=0),
    "intake:request": Act(
        {"name": "Mari", "email": "mari@aoki.example", "subject": "No heat", "body": "Since today"}, who=""
    ),
    "customer:rate": Act({"score": 4}, who="", n=0),
    "intake:chat_open": Act({"name": "Mari", "email": "mari@aoki.example"}, who=""),
    "intake:chat_say": _in_chat(key="k", body="It smokes"),
    "intake:chat_read": _in_chat(),
    "intake:chat_file": _in_chat(id="0"),
    "intake:chat_typing": _in_chat(),
    "intake:chat_pass": _in_chat(),
    "intake:chat_close": _in_chat(),
    "tickets:ticket_chat_typing": Act(),
}
"""By route name. `who=""` is a customer without sign-in."""

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
    "customer-list post": Act({"name": "Sato Ltd"}),
    "customer-detail patch": Act({"name": "Sato Ltd"}),
    "contact-list post": Act({"customer": Own(Customer), "name": "Mr. Sato"}),
    "contact-detail patch": Act({"customer": Own(Customer), "name": "Mr. Sato"}),
    "contract-list post": Act({"customer": Own(Customer), **NEW_CONTRACT}),
    "contract-detail patch": Act({"customer": Own(Customer), **NEW_CONTRACT}),
    "site-list post": Act({"customer": Own(Customer), **NEW_SITE}),
    "site-detail patch": Act({"customer": Own(Customer), **NEW_SITE}),
    "asset-list post": Act({"site": Own(Site), "parent": Own(Asset), "name": "Press"}),
    "asset-detail patch": Act({"site": Own(Site, 1), "parent": Own(Asset), "name": "Press"}, n=1),
    "part-list post": Act({"code": "X-1", "name": "Belt"}),
    "part-detail patch": Act({"name": "Belt"}),
    "stock-level-receive post": Act(
        {"part_id": Own(Part), "location_id": Own(StockLocation, 1), "quantity": "2", "key": "k"}
    ),
    "stock-level-transfer post": Act(
        {
            "part_id": Own(Part, 1),
            "from_id": Own(StockLocation, 1),
            "to_id": Own(StockLocation, 2),
            "quantity": "2",
            "key": "k",
        }
    ),
    "stock-level-count post": Act(
        {"part_id": Own(Part), "location_id": Own(StockLocation, 1), "counted": "7", "key": "k"}
    ),
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
    "visit-act-accept post": _at_visit(),
    "visit-act-travel post": _at_visit(before=_tapped("accept_visit")),
    "visit-act-arrive post": _at_visit(before=_tapped("accept_visit", "start_travel")),
    "visit-act-pause post": _at_visit(before=_on_site),
    "visit-act-resume post": _at_visit(before=_paused),
    "visit-act-complete post": _at_visit(before=_ready),
    "visit-act-could-not-complete post": _at_visit({"reason": "part missing"}, before=_on_site),
    "visit-act-answers post": _at_visit({"item_id": STEP, "value": "pass"}, before=_on_site),
    "visit-act-parts post": _at_visit({"part_id": Own(Part), "quantity": "1", "key": "k"}, before=_on_site),
    "visit-act-photos post": _at_visit(PHOTO, before=_on_site),
    "visit-act-signature post": _at_visit(UNSIGNED, before=_on_site),
    "charge-detail patch": Act({"unit_price_minor": 0, "reason": "goodwill"}, n=2, before=REVERSED),
    "invoice-list post": Act({"work_order": Own(WorkOrder, 2)}, before=REVERSED),
    "invoice-payments post": Act({"amount_minor": 1, "received_on": f"{TODAY}"}),
    "invoice-reverse post": Act({"reason": "wrong branch"}),
    "response-list post": Act({"visit": Own(Visit, DONE_VISIT), "score": 4}),
    "engineer-list post": Act(
        {
            "name": "Uta",
            "skills": [{"skill": Own(Skill), "level": 2}],
            "territories": [Own(Territory)],
        }
    ),
    "engineer-detail patch": Act(
        {"skills": [{"skill": Own(Skill), "level": 2}], "territories": [Own(Territory)]}
    ),
    "skill-list post": Act({"code": "lasers", "name": "Lasers"}),
    "skill-detail patch": Act({"name": "Lasers"}),
}
"""By route name and method."""
