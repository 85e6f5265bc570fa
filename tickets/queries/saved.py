"""Saved views: one's own and everybody's."""

from __future__ import annotations

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from core.errors import NotFound
from tenants.actors import Actor
from tickets.models import SavedView


def saved_views(actor: Actor) -> QuerySet[SavedView]:
    """The views the actor sees: their own first, then everybody's, each in the order they were put."""
    mine = Q(owner_id=actor.membership_id) if actor.membership_id else Q(pk__in=())
    return SavedView.objects.filter(mine | Q(owner=None)).order_by(
        F("owner_id").asc(nulls_last=True), "position", "name", "id"
    )


def view_for_update(view_id: int, actor: Actor) -> SavedView:
    """A view the actor sees, locked; raises NotFound, also for somebody else's."""
    found = saved_views(actor).select_for_update().filter(pk=view_id).first()
    if found is None:
        raise NotFound(_("View %(id)s is not here.") % {"id": view_id})
    return found
