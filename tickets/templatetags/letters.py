"""Tags of the conversation."""

from __future__ import annotations

from typing import Any, cast

from django import template
from django.template.context import Context

from tickets.models import TicketMessage
from tickets.queries.files import Content, contents_of

register = template.Library()


@register.simple_tag(takes_context=True)
def content_of(context: Context, message: TicketMessage) -> Content:
    """What the message holds beside its words; read once for all messages of the page's conversation."""
    store: dict[str, dict[int, Content]] = cast(Any, context.render_context)
    held = store.setdefault("contents", {})
    if message.pk not in held:
        shown = [one for one, *_rest in context.get("conversation") or ()]
        held.update(contents_of(shown if message in shown else [message]))
    return held[message.pk]
