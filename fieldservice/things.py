"""How the record calls what it speaks of, and where its page is: only the top of the list knows all apps."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from journal.registry import Thing

THINGS = {
    "accounts.apitoken": Thing(_("API token")),
    "accounts.membership": Thing(_("Person")),
    "accounts.role": Thing(_("Role")),
    "billing.charge": Thing(_("Charge"), vocabulary="settlement"),
    "billing.invoice": Thing(_("Invoice"), "billing:invoice_detail", "invoice"),
    "billing.payment": Thing(_("Payment")),
    "billing.priceitem": Thing(_("Price")),
    "channels.channelaccount": Thing(_("Channel account"), "channels:account_edit"),
    "channels.inboundmessage": Thing(_("Message received")),
    "channels.outboundmessage": Thing(_("Message sent"), vocabulary="delivery"),
    "customers.asset": Thing(_("Asset")),
    "customers.contact": Thing(_("Contact")),
    "customers.contactaddress": Thing(_("Address on a channel")),
    "customers.customer": Thing(_("Customer"), "customers:customer_detail"),
    "customers.site": Thing(_("Site")),
    "delivery.checklist": Thing(_("Checklist")),
    "dispatch.dispatchrule": Thing(_("Auto-dispatch rule"), "dispatch:rule_edit"),
    "dispatch.visit": Thing(_("Visit"), "delivery:visit_evidence", "visit"),
    "dispatch.workorder": Thing(_("Work order"), "dispatch:work_order_detail", "work_order"),
    "dispatch.worktype": Thing(_("Work type"), "dispatch:work_type_edit"),
    "feedback.customerlink": Thing(_("Customer link")),
    "feedback.recovery": Thing(_("Follow-up of a rating"), vocabulary="recovery"),
    "feedback.response": Thing(_("Rating")),
    "inventory.movement": Thing(_("Stock movement")),
    "inventory.part": Thing(_("Part"), "inventory:part_detail"),
    "inventory.stocklevel": Thing(_("Stock level")),
    "inventory.stocklocation": Thing(_("Stock location")),
    "journal.outboxevent": Thing(_("Fact")),
    "knowledge.article": Thing(_("Article"), "knowledge:article_detail"),
    "notices.oncallduty": Thing(_("Time on call")),
    "notices.ownhours": Thing(_("Own hours")),
    "tenants.tenant": Thing(_("Company")),
    "tickets.slapolicy": Thing(_("SLA policy")),
    "tickets.ticket": Thing(_("Ticket"), "tickets:ticket_detail", "ticket"),
    "tickets.topic": Thing(_("Topic")),
    "workforce.capacityrule": Thing(_("Capacity rule")),
    "workforce.crew": Thing(_("Crew")),
    "workforce.engineer": Thing(_("Engineer"), "workforce:engineer_detail"),
    "workforce.provider": Thing(_("Provider")),
    "workforce.skill": Thing(_("Skill")),
    "workforce.territory": Thing(_("Territory")),
}
