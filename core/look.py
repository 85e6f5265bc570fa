"""The status vocabulary: the one table of what a state looks like, hue + icon + word, on every screen.

Hues are classes of the style sheets: plan (agreed, clock running), move (on the road), work (being done,
within rules), wait (paused, at risk), stop (broken, late, failed), rest (done, cancelled, not running).
Icon names are Tabler's and must be in the sprite. A code is the value stored in the database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class UnknownState(LookupError):
    """A vocabulary or a code that is not in the table: add it to `core/look.py`."""


@dataclass(frozen=True)
class Look:
    """How one state is shown; `form` is the extra class a visit block takes on the board ("" for none)."""

    hue: str
    icon: str
    word: str | Promise
    form: str = ""


VISIT: dict[str, Look] = {
    "proposed": Look("rest", "circle-dashed", _("Proposed"), "proposed"),
    "draft": Look("plan", "pencil", pgettext_lazy("visit", "Draft"), "draft"),
    "scheduled": Look("plan", "calendar", _("Scheduled")),
    "dispatched": Look("plan", "send", pgettext_lazy("visit", "Sent")),
    "accepted": Look("plan", "check", _("Accepted")),
    "travelling": Look("move", "car", _("Travelling"), "live"),
    "on_site": Look("work", "tool", _("On site"), "live"),
    "paused": Look("wait", "player-pause", _("Paused")),
    "done": Look("rest", "circle-check", _("Done"), "past"),
    "could_not_complete": Look("stop", "circle-x", _("Could not complete")),
    "no_show": Look("stop", "user-off", _("No-show")),
    "cancelled": Look("rest", "ban", _("Cancelled"), "gone"),
}

WORK_ORDER: dict[str, Look] = {
    "unscheduled": Look("rest", "circle-dashed", _("Unscheduled")),
    "scheduled": Look("plan", "calendar", _("Scheduled")),
    "in_progress": Look("work", "tool", _("In progress")),
    "done": Look("rest", "circle-check", _("Done")),
    "accepted": Look("rest", "checks", pgettext_lazy("evidence", "Accepted")),
    "settled": Look("rest", "lock", _("Settled")),
    "cancelled": Look("rest", "ban", _("Cancelled")),
}

TICKET: dict[str, Look] = {
    "new": Look("plan", "inbox", pgettext_lazy("ticket", "New")),
    "open": Look("plan", "progress", pgettext_lazy("ticket", "Open")),
    "waiting": Look("rest", "player-pause", _("Waiting")),
    "resolved": Look("rest", "circle-check", _("Resolved")),
    "closed": Look("rest", "archive", _("Closed")),
    "reopened": Look("wait", "rotate", _("Reopened")),
    "merged": Look("rest", "git-merge", _("Merged")),
    "spam": Look("rest", "ban", _("Spam")),
}

WAITING_FOR: dict[str, Look] = {
    "customer": Look("rest", "player-pause", _("Waiting for the customer")),
    "parts": Look("rest", "player-pause", _("Waiting for parts")),
    "provider": Look("rest", "player-pause", _("Waiting for a provider")),
    "visit": Look("rest", "player-pause", _("Waiting for the visit")),
}

CLOCK: dict[str, Look] = {
    "running": Look("plan", "clock", pgettext_lazy("clock", "Running")),
    "at_risk": Look("wait", "clock", _("At risk")),
    "breached": Look("stop", "alert-octagon", pgettext_lazy("clock", "Late")),
    "paused": Look("rest", "player-pause", _("Paused")),
    "met": Look("rest", "circle-check", pgettext_lazy("clock", "Met")),
    "cancelled": Look("rest", "ban", _("Cancelled")),
}

PRIORITY: dict[str, Look] = {
    "p1": Look("stop", "flag", "P1"),
    "p2": Look("wait", "flag", "P2"),
    "p3": Look("plan", "flag", "P3"),
    "p4": Look("rest", "flag", "P4"),
    "1": Look("stop", "flag", "P1"),
    "2": Look("wait", "flag", "P2"),
    "3": Look("plan", "flag", "P3"),
    "4": Look("rest", "flag", "P4"),
    "critical": Look("stop", "flag", _("Critical")),
    "urgent": Look("stop", "flag", _("Urgent")),
    "high": Look("wait", "flag", pgettext_lazy("priority", "High")),
    "normal": Look("rest", "flag", pgettext_lazy("priority", "Normal")),
    "low": Look("rest", "flag", pgettext_lazy("priority", "Low")),
}

CHANNEL: dict[str, Look] = {
    "email": Look("rest", "mail", pgettext_lazy("channel", "E-mail")),
    "phone": Look("rest", "phone", _("Phone")),
    "web": Look("rest", "world", _("Web form")),
    "portal": Look("rest", "world", _("Customer portal")),
    "qr": Look("rest", "qrcode", _("QR code")),
    "chat": Look("rest", "message-circle", _("Chat")),
    "sms": Look("rest", "message", _("SMS")),
    "line": Look("rest", "brand-line", "LINE"),
    "wechat": Look("rest", "brand-wechat", "WeChat"),
    "api": Look("rest", "api", "API"),
    "mobile": Look("rest", "device-mobile", _("Mobile app")),
    "other": Look("rest", "message", _("Other")),
    "note": Look("rest", "lock", _("Internal note")),
    "system": Look("rest", "settings", _("Fieldservice")),
}

OFFER: dict[str, Look] = {
    "offered": Look("plan", "send", _("Offered")),
    "accepted": Look("work", "check", _("Accepted")),
    "declined": Look("stop", "x", _("Declined")),
    "expired": Look("rest", "hourglass", _("Expired")),
    "withdrawn": Look("rest", "ban", _("Withdrawn")),
}

CONSENT: dict[str, Look] = {
    "asked": Look("wait", "user-question", pgettext_lazy("customer", "Asked")),
    "agreed": Look("work", "check", pgettext_lazy("customer", "Agreed")),
    "chose_other": Look("work", "calendar-check", _("Chose another time")),
    "kept": Look("plan", "lock", _("Keeps the appointment")),
    "expired": Look("rest", "hourglass", pgettext_lazy("customer", "No answer")),
    "withdrawn": Look("rest", "ban", _("Withdrawn")),
}

SUBMISSION: dict[str, Look] = {
    "open": Look("plan", "progress", pgettext_lazy("checklist", "Open")),
    "submitted": Look("plan", "clipboard-check", _("Submitted")),
    "accepted": Look("work", "checks", pgettext_lazy("evidence", "Accepted")),
    "rework": Look("stop", "rotate", _("Rework needed")),
}

ANSWER: dict[str, Look] = {
    "pass": Look("work", "check", pgettext_lazy("answer", "Pass")),
    "fail": Look("stop", "x", pgettext_lazy("answer", "Fail")),
    "na": Look("rest", "minus", pgettext_lazy("answer", "N/A")),
}

STOCK: dict[str, Look] = {
    "ok": Look("work", "circle-check", _("In stock")),
    "low": Look("wait", "alert-triangle", _("Low")),
    "out": Look("stop", "package-off", _("Out of stock")),
    "requested": Look("plan", "message-plus", _("Requested")),
    "reserved": Look("plan", "bookmark", _("Reserved")),
    "picked": Look("plan", "package", _("Picked")),
    "in_transit": Look("move", "truck-delivery", _("In transit")),
    "received": Look("rest", "package-import", _("Received")),
    "used": Look("rest", "circle-check", pgettext_lazy("part", "Used")),
    "returned": Look("rest", "truck-return", _("Returned")),
    "released": Look("rest", "lock-open", _("Released")),
    "consumed": Look("rest", "circle-check", pgettext_lazy("part", "Used")),
    "cancelled": Look("rest", "ban", _("Cancelled")),
    "short": Look("stop", "package-off", _("Short")),
}

SETTLEMENT: dict[str, Look] = {
    "ready": Look("work", "circle-check", _("Ready")),
    "blocked": Look("wait", "hand-stop", _("Blocked")),
    "needs_approval": Look("stop", "alert-triangle", _("Needs approval")),
    "held": Look("wait", "hand-stop", _("Held")),
    "issued": Look("rest", "lock", _("Issued")),
    "settled": Look("rest", "lock", _("Settled")),
}

INVOICE: dict[str, Look] = {
    "draft": Look("plan", "pencil", pgettext_lazy("invoice", "Draft")),
    "issued": Look("plan", "file-invoice", _("Issued")),
    "sent": Look("plan", "send", pgettext_lazy("invoice", "Sent")),
    "part_paid": Look("wait", "cash", _("Partly paid")),
    "paid": Look("rest", "circle-check", _("Paid")),
    "overdue": Look("stop", "alert-octagon", _("Overdue")),
    "credited": Look("rest", "receipt-refund", _("Credited")),
    "reversed": Look("rest", "arrow-back-up", _("Reversed")),
    "disputed": Look("stop", "message-circle", _("Disputed")),
    "cancelled": Look("rest", "ban", _("Cancelled")),
}

RECOVERY: dict[str, Look] = {
    "open": Look("stop", "mood-sad", pgettext_lazy("recovery", "Open")),
    "in_progress": Look("wait", "phone-call", _("In progress")),
    "resolved": Look("rest", "circle-check", _("Resolved")),
    "done": Look("rest", "circle-check", _("Done")),
    "closed": Look("rest", "archive", _("Closed")),
}

SURVEY: dict[str, Look] = {
    "pending": Look("rest", "hourglass", _("Not sent yet")),
    "sent": Look("plan", "send", pgettext_lazy("survey", "Sent")),
    "failed": Look("stop", "alert-triangle", _("Could not be delivered")),
    "answered": Look("work", "star", _("Answered")),
    "expired": Look("rest", "hourglass", _("Expired")),
    "revoked": Look("rest", "ban", _("Revoked")),
}

SCORE: dict[str, Look] = {
    "1": Look("stop", "mood-cry", _("Very poor")),
    "2": Look("stop", "mood-sad", _("Poor")),
    "3": Look("rest", "mood-neutral", _("Fair")),
    "4": Look("work", "mood-smile", _("Good")),
    "5": Look("work", "mood-happy", _("Very good")),
}

DELIVERY: dict[str, Look] = {
    "queued": Look("rest", "hourglass", _("Waiting to be sent")),
    "sent": Look("plan", "send", pgettext_lazy("message", "Sent")),
    "delivered": Look("rest", "checks", _("Delivered")),
    "failed": Look("stop", "alert-triangle", _("Not delivered")),
    "received": Look("rest", "inbox", pgettext_lazy("message", "Received")),
    "read": Look("rest", "check", pgettext_lazy("message", "Read")),
    "quarantined": Look("wait", "hand-stop", _("Could not be read")),
}

ACTIVE: dict[str, Look] = {
    "active": Look("work", "circle-check", _("Active")),
    "invited": Look("plan", "send", _("Invited")),
    "draft": Look("plan", "pencil", pgettext_lazy("version", "Draft")),
    "inactive": Look("rest", "ban", _("Not active")),
    "expired": Look("stop", "hourglass", _("Expired")),
    "revoked": Look("rest", "lock", _("Revoked")),
    "expiring": Look("wait", "hourglass", _("Ends soon")),
    "failing": Look("stop", "alert-triangle", _("Failing")),
    "paused": Look("rest", "player-pause", _("Paused")),
    "archived": Look("rest", "archive", _("Archived")),
}

PLAN_RUN: dict[str, Look] = {
    "queued": Look("rest", "hourglass", pgettext_lazy("planning run", "Waiting")),
    "running": Look("move", "progress", pgettext_lazy("planning run", "Planning")),
    "proposed": Look("plan", "file-diff", pgettext_lazy("planning run", "Proposed")),
    "nothing": Look("rest", "circle-check", _("Nothing to decide")),
    "closed": Look("rest", "circle-check", pgettext_lazy("planning run", "Closed")),
    "cancelled": Look("rest", "ban", _("Cancelled")),
    "failed": Look("stop", "alert-triangle", _("Failed")),
}

PLAN_CHANGE: dict[str, Look] = {
    "add": Look("work", "calendar-plus", pgettext_lazy("proposed change", "Plan")),
    "move": Look("plan", "arrows-move", pgettext_lazy("proposed change", "Move")),
    "unplan": Look("stop", "circle-x", _("Take off the plan")),
    "ask": Look("wait", "user-question", _("Needs the customer's consent")),
    "unserved": Look("wait", "circle-dashed", _("Not planned")),
    "open": Look("rest", "circle-dashed", pgettext_lazy("proposed change", "Open")),
    "accepted": Look("work", "check", _("Accepted")),
    "rejected": Look("rest", "ban", _("Refused")),
    "stale": Look("wait", "alert-triangle", _("Overtaken")),
}

VOCABULARIES: Mapping[str, Mapping[str, Look]] = {
    "plan_run": PLAN_RUN,
    "plan_change": PLAN_CHANGE,
    "visit": VISIT,
    "work_order": WORK_ORDER,
    "ticket": TICKET,
    "waiting_for": WAITING_FOR,
    "clock": CLOCK,
    "priority": PRIORITY,
    "channel": CHANNEL,
    "offer": OFFER,
    "consent": CONSENT,
    "submission": SUBMISSION,
    "answer": ANSWER,
    "stock": STOCK,
    "settlement": SETTLEMENT,
    "invoice": INVOICE,
    "recovery": RECOVERY,
    "survey": SURVEY,
    "score": SCORE,
    "delivery": DELIVERY,
    "active": ACTIVE,
}

MACHINES = {
    "alarm clock": _("reminder"),
    "auto-dispatch": _("auto-dispatch"),
    "auto field work": _("auto-dispatch"),
    "calendar keeper": _("calendar update"),
    "contract": _("contract"),
    "dispatch": _("dispatch"),
    "e-mail file": _("e-mail import"),
    "escalation": _("escalation"),
    "figures": _("figures"),
    "import": _("import"),
    "intake": _("intake"),
    "invitations": _("invitations"),
    "mail": _("e-mail"),
    "mailbox": _("mailbox"),
    "notices": _("notices"),
    "planner": _("planning"),
    "pricing": _("pricing"),
    "sla timer": _("promise timer"),
    "triage": _("triage"),
    "webhook": _("provider"),
}
"""What acts by itself, by the label it acts under."""

HUES = ("plan", "move", "work", "wait", "stop", "rest")


def look_of(vocabulary: str, code: object) -> Look:
    """The look of `code` in `vocabulary`. Raises UnknownState naming both when either is not in the table."""
    states = VOCABULARIES.get(vocabulary)
    if states is None:
        raise UnknownState(f"No status vocabulary {vocabulary!r}; there are {', '.join(VOCABULARIES)}.")
    look = states.get(str(code))
    if look is None:
        raise UnknownState(f"{code!r} is not in vocabulary {vocabulary!r}: it has {', '.join(states)}.")
    return look
