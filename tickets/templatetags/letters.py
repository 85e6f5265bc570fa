"""Tags of the conversation."""

from __future__ import annotations

from django import template
from django.template.context import Context

from tickets.models import TicketMessage
from tickets.queries.files import Content, contents_of

register = template.Library()


@register.simple_tag(takes_context=True)
def content_of(context: Context, message: TicketMessage) -> Content:
    """What the message holds beside its words; a page reads it for all its messages as `contents`."""
    held: dict[int, Content] = context.get("contents") or {}
    return held[message.pk] if message.pk in held else contents_of([message])[message.pk]
