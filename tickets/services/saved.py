"""Saving a queue under a name: for oneself, or for everybody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from core.errors import BadInput, Conflict, NotAllowed
from core.text import clean
from journal import services as journal
from tenants.actors import Actor
from tickets import permissions, queries, queue
from tickets.models import SavedView

MOST_VIEWS = 50


@transaction.atomic
def save_view(
    *, name: str, query: Mapping[str, str], is_shared: bool, actor: Actor, at: datetime
) -> SavedView:
    """Keep a queue under a name. Raises BadInput when a parameter says nothing we know: nothing is guessed."""
    _check_may(actor, is_shared)
    asked = queue.read(query)
    if asked.problems:
        raise BadInput(" ".join(asked.problems), errors={"query": list(asked.problems)})
    owner_id = None if is_shared else actor.membership_id
    label = _name(name)
    same = SavedView.objects.filter(owner_id=owner_id)
    if same.filter(name=label).exists():
        raise _taken(label)
    if same.count() >= MOST_VIEWS:
        raise Conflict(_("There are %(n)s views already. Remove one that nobody uses.") % {"n": MOST_VIEWS})
    last = same.aggregate(last=Max("position"))["last"]
    view = SavedView.objects.create(
        owner_id=owner_id, name=label, query=asked.values(), position=0 if last is None else last + 1
    )
    journal.record(actor=actor, verb="created", thing=view, at=at, changes={"name": label})
    return view


@transaction.atomic
def rename_view(*, view_id: int, name: str, actor: Actor, at: datetime) -> SavedView:
    """Give a view another name."""
    view = queries.view_for_update(view_id, actor)
    _check_may(actor, view.owner_id is None)
    label = _name(name)
    if SavedView.objects.filter(owner_id=view.owner_id, name=label).exclude(pk=view.pk).exists():
        raise _taken(label)
    before, view.name = view.name, label
    view.save()
    journal.record(actor=actor, verb="changed", thing=view, at=at, changes={"name": [before, label]})
    return view


@transaction.atomic
def move_view(*, view_id: int, by: int, actor: Actor, at: datetime) -> SavedView:
    """Put a view one place up (`by` −1) or down (1) among those of the same owner; at the end it stays."""
    view = queries.view_for_update(view_id, actor)
    _check_may(actor, view.owner_id is None)
    row = list(queries.saved_views(actor).filter(owner_id=view.owner_id).select_for_update())
    place = next(n for n, one in enumerate(row) if one.pk == view.pk)
    there = min(max(place + by, 0), len(row) - 1)
    row.insert(there, row.pop(place))
    for position, one in enumerate(row):
        one.position = position
    SavedView.objects.bulk_update(row, ["position"])
    journal.record(actor=actor, verb="moved", thing=view, at=at, changes={"position": [place, there]})
    return view


@transaction.atomic
def remove_view(*, view_id: int, actor: Actor, at: datetime) -> None:
    """Take a view away; the tickets it showed stay as they are."""
    view = queries.view_for_update(view_id, actor)
    _check_may(actor, view.owner_id is None)
    journal.record(actor=actor, verb="removed", thing=view, at=at, changes={"name": view.name})
    view.delete()


def _check_may(actor: Actor, is_shared: bool) -> None:
    actor.require(permissions.WORK if is_shared else permissions.VIEW)
    if not is_shared and actor.membership_id is None:
        raise NotAllowed(_("Only a person keeps views of their own. Save a view for everybody instead."))


def _name(text: str) -> str:
    name = " ".join(clean(text).split())
    if not name or len(name) > 80:
        text = _("Give the view a name of at most 80 characters.")
        raise BadInput(text, errors={"name": [text]})
    return name


def _taken(name: str) -> Conflict:
    return Conflict(_("There is a view “%(name)s” already. Choose another name.") % {"name": name})
