"""A tenant's own labels within states. People read them; no automation ever does."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import BadInput, Conflict
from core.validation import check_fields
from journal import services as journal
from tenants.actors import Actor
from tickets import permissions, queries
from tickets.models import SubState, Ticket
from tickets.services.common import finish


@transaction.atomic
def create_sub_state(
    *, code: str, name: str, status: str, actor: Actor, at: datetime, position: int = 0
) -> SubState:
    """Add a label that tickets in one state may carry. Its code is for programs and stays."""
    actor.require(permissions.SETTINGS)
    if SubState.objects.filter(code=code).exists():
        raise Conflict(
            _("There is a sub-state with the code “%(code)s” already. Use another.") % {"code": code}
        )
    label = SubState(code=code, name=name.strip(), status=status, position=position)
    check_fields(label)
    label.save(force_insert=True)
    journal.record(actor=actor, verb="created", thing=label, at=at)
    return label


@transaction.atomic
def update_sub_state(
    *, sub_state_id: int, name: str, actor: Actor, at: datetime, position: int = 0, is_active: bool = True
) -> SubState:
    """Name a label anew, order it, or offer it no more. Tickets that carry it keep it."""
    label = queries.get_sub_state(sub_state_id)
    actor.require(permissions.SETTINGS, label)
    before = {"name": label.name, "position": label.position, "is_active": label.is_active}
    label.name, label.position, label.is_active = name.strip(), position, is_active
    check_fields(label)
    label.save()
    changes = {
        name: [old, getattr(label, name)] for name, old in before.items() if old != getattr(label, name)
    }
    journal.record(actor=actor, verb="changed", thing=label, at=at, changes=changes)
    return label


@transaction.atomic
def set_sub_state(*, ticket_id: int, sub_state_id: int | None, actor: Actor, at: datetime) -> Ticket:
    """Let the ticket carry a label of its state, or none. It goes when the state changes."""
    ticket = queries.ticket_for_update(ticket_id)
    actor.require(permissions.WORK, ticket)
    label = queries.get_sub_state(sub_state_id) if sub_state_id is not None else None
    if label is not None and (label.status != ticket.status or not label.is_active):
        raise BadInput(
            _("“%(label)s” is not for a ticket that is “%(state)s”. Choose one of that state.")
            % {"label": label, "state": ticket.get_status_display()},
            errors={"sub_state": [_("Not one of the choices.")]},
        )
    before = str(ticket.sub_state or "")
    ticket.sub_state = label
    return finish(ticket, verb="labelled", actor=actor, at=at, changes={"label": [before, str(label or "")]})
