"""A hidden key that makes a form's act happen once, however often its button is pressed."""

from __future__ import annotations

from uuid import uuid4

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def once() -> SafeString:
    """Put `{% once %}` beside `{% csrf_token %}` in every form that changes something."""
    return format_html('<input type="hidden" name="idempotency_key" value="{}">', uuid4())
