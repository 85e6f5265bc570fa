"""Mail of ours that came back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from channels.enums import OutboundStatus
from channels.events import MessageReturned
from channels.models import InboundMessage, OutboundMessage
from channels.reports import Report, read_report
from channels.services.message_ids import OURS, sealed_pk
from journal import services as journal
from tenants.actors import Actor

MOST_SEARCHED = 1024 * 1024


@transaction.atomic
def note_bounce(*, message: InboundMessage, actor: Actor, at: datetime) -> OutboundMessage | None:
    """Mark the message of ours that a bounce returns, and remember it there; None when it is not ours.

    It is found by our own sealed Message-ID alone, so that nobody can have our mail marked as failed. A
    notice that delivery is delayed leaves its state as it is.
    """
    sent = _returned(message)
    if sent is None:
        return None
    report = read_report(bytes(message.raw))
    message.facts = {**message.facts, "returns": sent.pk, "is_final": report.is_final}
    message.save(update_fields=["facts"])
    sent.reason = _words(report)
    if report.is_final:
        sent.status, sent.due_at = OutboundStatus.FAILED, None
    sent.save(update_fields=["status", "reason", "due_at"])
    if report.is_final:
        journal.publish(MessageReturned(message_id=sent.pk))
    journal.record(actor=actor, verb=sent.status, thing=sent, at=at, reason=sent.reason)
    return sent


def _returned(message: InboundMessage) -> OutboundMessage | None:
    text = bytes(message.raw[:MOST_SEARCHED]).decode("utf-8", "replace")
    for match in OURS.finditer(text):
        pk = sealed_pk(match[0])
        if pk is not None:
            return OutboundMessage.objects.select_for_update().filter(pk=pk).first()
    return None


def _words(report: Report) -> str:
    """What happened, with what the receiver's server said of it."""
    if not report.is_final:
        said = _("The receiver's mail server has not taken it yet and goes on trying.")
    elif report.status.startswith("5.1"):
        said = _("The address does not exist at the receiver's mail server.")
    elif report.status in ("5.2.2", "4.2.2"):
        said = _("The receiver's mailbox is full.")
    elif report.status.startswith("5.7"):
        said = _("The receiver's mail server refuses mail from us.")
    else:
        said = _("The receiver's mail server sent it back.")
    detail = " ".join(part for part in (report.recipient, report.status, report.diagnostic) if part)
    return f"{said} ({detail})"[:1000] if detail else said
