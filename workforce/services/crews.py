"""Crews, and who goes with whom."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import Permission
from core.errors import BadInput
from journal import services as journal
from tenants.actors import Actor
from workforce import queries
from workforce.enums import Liking
from workforce.models import Crew, CrewMember, Engineer, EngineerPair
from workforce.services.saving import change, save, touch


@transaction.atomic
def create_crew(
    *,
    code: str,
    name: str,
    member_ids: Iterable[int],
    actor: Actor,
    at: datetime,
    lead_id: int | None = None,
    is_active: bool = True,
) -> Crew:
    """Name engineers who usually go together: at least two; `lead_id` is one of them or None."""
    actor.require(Permission.WORKFORCE_EDIT)
    crew = Crew(code=code, name=name, is_active=is_active)
    save(crew)
    names = _put_members(crew, member_ids, lead_id)
    journal.record(actor=actor, verb="created", thing=crew, at=at, changes={"members": names})
    return crew


@transaction.atomic
def update_crew(
    *,
    crew_id: int,
    actor: Actor,
    at: datetime,
    member_ids: Iterable[int] | None = None,
    lead_id: int | None = None,
    **changes: Any,
) -> Crew:
    """Change a crew's `name` or `is_active`; `member_ids`, when given, says the members and the lead anew."""
    crew = queries.crew_for_update(crew_id)
    actor.require(Permission.WORKFORCE_EDIT, crew)
    change(crew, changes, {"name", "is_active"}, actor, at)
    if member_ids is not None:
        before = _names(crew)
        after = _put_members(crew, member_ids, lead_id)
        if before != after:
            journal.record(
                actor=actor, verb="changed", thing=crew, at=at, changes={"members": [before, after]}
            )
    return crew


@transaction.atomic
def set_pair(
    *, engineer_id: int, other_id: int, liking: str, actor: Actor, at: datetime, reason: str = ""
) -> EngineerPair:
    """Say that two engineers should go together ("preferred") or never do ("excluded"); said again, it
    replaces what was said."""
    engineer = queries.engineer_for_update(engineer_id)
    actor.require(Permission.WORKFORCE_EDIT, engineer)
    other = queries.engineer_for_update(other_id)
    if engineer == other:
        raise BadInput(_("%(name)s cannot be paired with themselves.") % {"name": engineer.name})
    if liking not in Liking.values:
        raise BadInput(_("Two engineers are either preferred or never together."))
    first, second = sorted((engineer, other), key=lambda one: one.pk)
    pair, _is_new = EngineerPair.objects.update_or_create(
        first=first, second=second, defaults={"liking": liking, "reason": reason.strip()[:200]}
    )
    touch(engineer, actor, at, {"pair": {"with": other.name, "together": liking, "reason": pair.reason}})
    return pair


@transaction.atomic
def remove_pair(*, pair_id: int, actor: Actor, at: datetime) -> None:
    """Forget what was said of two engineers. What is gone already changes nothing."""
    found = EngineerPair.objects.select_for_update(of=("self",)).select_related("first", "second")
    pair = found.filter(pk=pair_id).first()
    actor.require(Permission.WORKFORCE_EDIT, pair)
    if pair is None:
        return
    touch(pair.first, actor, at, {"pair": [f"{pair.second.name} {pair.liking}", None]})
    pair.delete()


def _put_members(crew: Crew, member_ids: Iterable[int], lead_id: int | None) -> list[str]:
    wanted = set(member_ids)
    if len(wanted) < 2:
        text = _("A crew has at least two engineers. Choose one more.")
        raise BadInput(text, errors={"members": [text]})
    if lead_id is not None and lead_id not in wanted:
        text = _("Who leads must be of the crew. Choose one of its engineers.")
        raise BadInput(text, errors={"lead": [text]})
    if Engineer.objects.filter(pk__in=wanted).count() != len(wanted):
        raise BadInput(_("One of the engineers is not here. Choose from the list."))
    crew.crew_members.exclude(engineer_id__in=wanted).delete()
    crew.crew_members.filter(is_lead=True).exclude(engineer_id=lead_id or 0).update(is_lead=False)
    have = set(crew.crew_members.values_list("engineer_id", flat=True))
    CrewMember.objects.bulk_create(CrewMember(crew=crew, engineer_id=pk) for pk in sorted(wanted - have))
    crew.crew_members.filter(engineer_id=lead_id or 0).update(is_lead=True)
    return _names(crew)


def _names(crew: Crew) -> list[str]:
    """The members, who leads first."""
    rows = crew.crew_members.order_by("-is_lead", "engineer__name", "id")
    return list(rows.values_list("engineer__name", flat=True))
