"""The Message-IDs we send: each proves by itself that the message was ours."""

from __future__ import annotations

import re

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from channels import rules
from channels.models import InboundMessage, OutboundMessage
from tenants.active import active_tenant_id

OURS = re.compile(r"<fs\.(\d{1,18})\.(\d{1,18})\.([0-9a-f]{24})@[^<>\s]+>")


def message_id_of(message: OutboundMessage) -> str:
    """The Message-ID we send: it proves by itself that the message was ours."""
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">") or "fieldservice.example"
    return f"<fs.{active_tenant_id()}.{message.pk}.{_seal(active_tenant_id(), message.pk)}@{host}>"


def find_ours(references: list[str]) -> OutboundMessage | None:
    """The message of this tenant that the nearest of these Message-IDs names, or None. Forgeries are None."""
    for reference in references:
        if (pk := sealed_pk(reference)) is not None:
            return OutboundMessage.objects.filter(pk=pk).first()
    return None


def thread_after(
    *, received: InboundMessage | None = None, sent: OutboundMessage | None = None
) -> tuple[str, list[str]]:
    """What an answer to this e-mail carries as In-Reply-To and References; ("", []) for none."""
    if received is not None and received.external_id.startswith("<"):
        known = [str(text) for text in reversed(received.facts.get("references", []))]
        return received.external_id, rules.thread_after(received.external_id, known)
    if sent is not None:
        parent = message_id_of(sent)
        return parent, rules.thread_after(parent, sent.references.split())
    return "", []


def sealed_pk(reference: str) -> int | None:
    """The id of this tenant's message that a Message-ID of ours names, or None when it is not ours."""
    match = OURS.fullmatch(reference)
    if match is None or int(match[1]) != active_tenant_id():
        return None
    pk = int(match[2])
    return pk if constant_time_compare(match[3], _seal(int(match[1]), pk)) else None


def _seal(tenant_id: int, pk: int) -> str:
    return salted_hmac("channels.message-id", f"{tenant_id}.{pk}", algorithm="sha256").hexdigest()[:24]
