"""Codes of the record as words: verbs, fields and values, for people."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from core import formats, look
from journal.models import AuditEntry
from journal.registry import Thing, thing_named

Words = str | Promise

VERBS: dict[str, tuple[str, Words]] = {
    "added": ("user-plus", pgettext_lazy("audit", "added")),
    "answered": ("checklist", pgettext_lazy("audit", "answered a step")),
    "answered_again": ("wifi", pgettext_lazy("audit", "had an answer again")),
    "assigned": ("user-check", pgettext_lazy("audit", "assigned")),
    "calibrated": ("scale", pgettext_lazy("audit", "learned from finished trips")),
    "cancelled": ("ban", pgettext_lazy("audit", "cancelled")),
    "changed": ("edit", pgettext_lazy("audit", "changed")),
    "charge_changed": ("receipt", pgettext_lazy("audit", "changed a charge")),
    "charges_priced": ("calculator", pgettext_lazy("audit", "priced the charges")),
    "clock_stopped": ("clock", pgettext_lazy("audit", "stopped a clock")),
    "closed": ("lock", pgettext_lazy("audit", "closed")),
    "continued": ("player-play", pgettext_lazy("audit", "continued")),
    "created": ("plus", pgettext_lazy("audit", "created")),
    "credit_carried": ("receipt-refund", pgettext_lazy("audit", "carried credit over")),
    "credit_refunded": ("cash", pgettext_lazy("audit", "paid credit back")),
    "customer_replied": ("message", pgettext_lazy("audit", "took the customer's reply")),
    "deactivated": ("user-off", pgettext_lazy("audit", "deactivated")),
    "activated": ("user-check", pgettext_lazy("audit", "activated again")),
    "delay_reported": ("clock-pause", pgettext_lazy("audit", "reported a delay")),
    "discarded": ("trash", pgettext_lazy("audit", "discarded")),
    "escalated": ("arrow-up", pgettext_lazy("audit", "escalated")),
    "invited": ("mail", pgettext_lazy("audit", "invited")),
    "invoice_issued": ("file-invoice", pgettext_lazy("audit", "issued the invoice")),
    "invoice_reversed": ("receipt-refund", pgettext_lazy("audit", "reversed the invoice")),
    "joined": ("user-check", pgettext_lazy("audit", "accepted and joined")),
    "link_issued": ("link", pgettext_lazy("audit", "made a customer link")),
    "link_revoked": ("link", pgettext_lazy("audit", "revoked a customer link")),
    "linked": ("link", pgettext_lazy("audit", "let wait for other work")),
    "unlinked": ("link", pgettext_lazy("audit", "no longer lets wait for other work")),
    "locked": ("lock", pgettext_lazy("audit", "said how firmly it is promised")),
    "marked_spam": ("ban", pgettext_lazy("audit", "marked as spam")),
    "minimum_set": ("package", pgettext_lazy("audit", "set the minimum stock")),
    "moved": ("arrows-move", pgettext_lazy("audit", "moved")),
    "not_confirmed": ("mail", pgettext_lazy("audit", "left out the confirmation: enough were sent")),
    "noted": ("note", pgettext_lazy("audit", "wrote a note")),
    "opened": ("inbox", pgettext_lazy("audit", "opened")),
    "part_returned": ("truck-return", pgettext_lazy("audit", "took a part back")),
    "part_used": ("package", pgettext_lazy("audit", "used a part")),
    "password_set": ("password", pgettext_lazy("audit", "made a password link")),
    "payment_recorded": ("cash", pgettext_lazy("audit", "recorded a payment")),
    "payment_taken_back": ("arrow-back-up", pgettext_lazy("audit", "took a payment back")),
    "photographed": ("camera", pgettext_lazy("audit", "took a photo")),
    "progressed": ("progress", pgettext_lazy("audit", "progressed")),
    "published": ("checklist", pgettext_lazy("audit", "published")),
    "quarantined": ("hand-stop", pgettext_lazy("audit", "put in quarantine")),
    "queued": ("clock", pgettext_lazy("audit", "queued for sending")),
    "recalled": ("arrow-back-up", pgettext_lazy("audit", "took back before it was sent")),
    "received": ("mail", pgettext_lazy("audit", "received")),
    "asked_consent": ("user-question", pgettext_lazy("audit", "asked the customer about")),
    "closed_consent": ("calendar-check", pgettext_lazy("audit", "ended the question about")),
    "recovery_finished": ("circle-check", pgettext_lazy("audit", "finished the follow-up")),
    "recovery_opened": ("phone-call", pgettext_lazy("audit", "opened a follow-up")),
    "released": ("lock-open", pgettext_lazy("audit", "released")),
    "remarked": ("note", pgettext_lazy("audit", "wrote a remark")),
    "reopened": ("rotate", pgettext_lazy("audit", "reopened")),
    "removed": ("trash", pgettext_lazy("audit", "removed")),
    "replied": ("send", pgettext_lazy("audit", "replied")),
    "reset": ("rotate", pgettext_lazy("audit", "forgot what was learned")),
    "resolved": ("check", pgettext_lazy("audit", "resolved")),
    "responded_came": ("map-pin", pgettext_lazy("audit", "was there, which was the first response")),
    "responded_told": ("send", pgettext_lazy("audit", "told of the visit, which was the first response")),
    "response_changed": ("mood-neutral", pgettext_lazy("audit", "changed the rating")),
    "response_recorded": ("mood-smile", pgettext_lazy("audit", "rated")),
    "retried": ("refresh", pgettext_lazy("audit", "tried again")),
    "revoked": ("lock", pgettext_lazy("audit", "revoked")),
    "scheduled": ("calendar-plus", pgettext_lazy("audit", "scheduled")),
    "sent": ("send", pgettext_lazy("audit", "sent")),
    "failed": ("alert-triangle", pgettext_lazy("audit", "could not send")),
    "delivered": ("checks", pgettext_lazy("audit", "was told of the delivery")),
    "settled": ("lock", pgettext_lazy("audit", "settled")),
    "signed": ("signature", pgettext_lazy("audit", "took a signature")),
    "stock_moved": ("arrows-exchange", pgettext_lazy("audit", "moved stock")),
    "taken": ("user-check", pgettext_lazy("audit", "took over")),
    "triaged": ("adjustments", pgettext_lazy("audit", "triaged")),
    "withdrawn": ("user-off", pgettext_lazy("audit", "withdrew the invitation")),
    "tried": ("refresh", pgettext_lazy("audit", "tried the account")),
    "waits": ("player-pause", pgettext_lazy("audit", "put on hold")),
    "went_silent": ("wifi-off", pgettext_lazy("audit", "had no answer")),
}

FIELDS: dict[str, Words] = {
    "address": gettext_lazy("Address"),
    "asset": gettext_lazy("Asset"),
    "channel": gettext_lazy("Channel"),
    "currency": gettext_lazy("Currency"),
    "customer": gettext_lazy("Customer"),
    "delay_minutes": gettext_lazy("Delay in minutes"),
    "duration_minutes": gettext_lazy("Duration in minutes"),
    "email": gettext_lazy("E-mail"),
    "end_at": gettext_lazy("End"),
    "expires_at": gettext_lazy("Valid until"),
    "given": gettext_lazy("Now allowed"),
    "engineer": gettext_lazy("Engineer"),
    "kind": gettext_lazy("Kind"),
    "language": gettext_lazy("Language"),
    "name": gettext_lazy("Name"),
    "outcome": gettext_lazy("Outcome"),
    "owner": gettext_lazy("Owner"),
    "owner_name": gettext_lazy("Owner"),
    "part_code": gettext_lazy("Part"),
    "permissions": gettext_lazy("Permissions"),
    "people": gettext_lazy("People"),
    "person": gettext_lazy("Person"),
    "phone": gettext_lazy("Phone"),
    "priority": gettext_lazy("Priority"),
    "purpose": gettext_lazy("Purpose"),
    "quantity": gettext_lazy("Quantity"),
    "reason": gettext_lazy("Reason"),
    "role": gettext_lazy("Role"),
    "scopes": gettext_lazy("Scopes"),
    "score": gettext_lazy("Score"),
    "signer": gettext_lazy("Signed by"),
    "site": gettext_lazy("Site"),
    "start_at": gettext_lazy("Start"),
    "status": gettext_lazy("State"),
    "step": gettext_lazy("Step"),
    "subject": gettext_lazy("Subject"),
    "taken": gettext_lazy("Taken"),
    "taken_away": gettext_lazy("No longer allowed"),
    "tax_rate_percent": gettext_lazy("Tax rate in percent"),
    "tax_registration": gettext_lazy("Tax registration"),
    "ticket": gettext_lazy("Ticket"),
    "time_zone": gettext_lazy("Time zone"),
    "topic": gettext_lazy("Topic"),
    "value": gettext_lazy("Value"),
    "waiting_for": gettext_lazy("Waits for"),
    "work_order": gettext_lazy("Work order"),
    "work_type": gettext_lazy("Work type"),
}

VOCABULARY_OF = {"priority": "priority", "waiting_for": "waiting_for", "channel": "channel"}
"""Fields whose codes mean the same wherever they stand."""

_ROW_FIELDS = frozenset(
    {
        "answer",
        "asset",
        "contact",
        "customer",
        "engineer",
        "owner",
        "part",
        "part_use",
        "photo",
        "policy",
        "signature",
        "site",
        "ticket",
        "topic",
    }
)
"""Fields whose number is a row's: it says nothing to a reader, and the name stands beside it."""

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")


@dataclass(frozen=True)
class Change:
    """One changed field: `old` is None for a plain fact."""

    field: Words
    old: Words | None
    new: Words


@dataclass(frozen=True)
class Line:
    """One act, ready to be shown."""

    entry: AuditEntry
    icon: str
    verb: Words
    thing: Thing | None
    changes: list[Change]


def line_of(entry: AuditEntry) -> Line:
    """The act in words of the reader's language."""
    icon, verb = VERBS.get(entry.verb, ("point", entry.verb.replace("_", " ")))
    thing = thing_named(entry.object_type)
    return Line(entry, icon, verb, thing, list(_changes(entry, thing)))


def verb_word(code: str) -> Words:
    """The verb alone, for filters."""
    return VERBS[code][1] if code in VERBS else code.replace("_", " ")


def _changes(entry: AuditEntry, thing: Thing | None) -> Iterator[Change]:
    for field, value in entry.changes.items():
        if field in _ROW_FIELDS and not _says_more_than_a_row(value):
            continue
        word = FIELDS.get(field) or field.replace("_", " ").capitalize()
        vocabulary = VOCABULARY_OF.get(field) or (thing.vocabulary if thing and field == "status" else "")
        if isinstance(value, list) and len(value) == 2 and value[0] != value[1]:
            yield Change(word, _value(value[0], vocabulary), _value(value[1], vocabulary))
        elif value not in ("", None, [], {}):
            yield Change(word, None, _value(value, vocabulary))


def _says_more_than_a_row(value: Any) -> bool:
    parts = value if isinstance(value, list) else [value]
    return any(part is not None and not isinstance(part, int) for part in parts)


def _value(value: Any, vocabulary: str) -> Words:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if value in ("", None, []):
        return "–"
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{key}: {item}" for key, item in value.items())
    if known := look.VOCABULARIES.get(vocabulary, {}).get(str(value)):
        return known.word
    if isinstance(value, str) and _INSTANT.match(value):
        return formats.local_datetime(datetime.fromisoformat(value))
    return str(value)
