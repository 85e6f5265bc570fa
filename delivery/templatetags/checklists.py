"""How a step of a checklist is shown."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _

from core.formats import quantity
from delivery.enums import ItemKind
from delivery.models import ChecklistItem
from delivery.queries import ChecklistStep

register = template.Library()


@register.simple_tag
def item_is_open(step: ChecklistStep, edit: str = "", is_open: bool = False) -> bool:
    """Whether a step is unfolded: unanswered, outside its limits, of photos, or asked for by `edit`."""
    if is_open or not step.is_done or step.item.kind == ItemKind.PHOTO or str(edit) == str(step.item.pk):
        return True
    return step.answer is not None and not step.answer.is_within_limits


@register.simple_tag
def limits_of(item: ChecklistItem) -> str:
    """The limits of a reading in words, or nothing."""
    low = quantity(item.minimum) if item.minimum is not None else ""
    high = quantity(item.maximum) if item.maximum is not None else ""
    facts = {"low": low, "high": high, "unit": item.unit}
    if low and high:
        return _("Should be %(low)s to %(high)s %(unit)s.") % facts
    if high:
        return _("Should be at most %(high)s %(unit)s.") % facts
    return _("Should be at least %(low)s %(unit)s.") % facts if low else ""
