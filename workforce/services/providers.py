"""Providers: downstream companies that take work, within a scope."""

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
from workforce.models import Provider, ProviderSkill, ProviderTerritory
from workforce.services.saving import change, check_known, save

PROVIDER_FIELDS = frozenset({"name", "email", "phone", "accept_minutes", "visits_a_day", "is_active"})


@transaction.atomic
def create_provider(
    *,
    code: str,
    name: str,
    actor: Actor,
    at: datetime,
    skill_ids: Iterable[int] = (),
    territory_ids: Iterable[int] = (),
    **facts: Any,
) -> Provider:
    """Name a downstream company that lends engineers. Its people's memberships know it by `code`.

    Its scope is work of these skills, in these territories; none of a kind is any. `facts`: email, phone,
    accept_minutes (an offer waits so long), visits_a_day (None: no bound), is_active.
    """
    actor.require(Permission.WORKFORCE_EDIT)
    check_known(facts, PROVIDER_FIELDS)
    provider = Provider(code=code, name=name, **facts)
    _check(provider.accept_minutes)
    save(provider)
    provider.skills.set(sorted(set(skill_ids)))
    provider.territories.set(sorted(set(territory_ids)))
    journal.record(actor=actor, verb="created", thing=provider, at=at, changes={"scope": _told(provider)})
    return provider


@transaction.atomic
def update_provider(
    *,
    provider_id: int,
    actor: Actor,
    at: datetime,
    skill_ids: Iterable[int] | None = None,
    territory_ids: Iterable[int] | None = None,
    **changes: Any,
) -> Provider:
    """Change a provider; skills and territories that are given say that part of its scope anew.

    One that is not active gets no offers; its engineers keep what is planned.
    """
    provider = queries.provider_for_update(provider_id)
    actor.require(Permission.WORKFORCE_EDIT, provider)
    _check(changes.get("accept_minutes", provider.accept_minutes))
    change(provider, changes, PROVIDER_FIELDS, actor, at)
    before = _told(provider)
    if skill_ids is not None:
        provider.skills.set(sorted(set(skill_ids)))
    if territory_ids is not None:
        provider.territories.set(sorted(set(territory_ids)))
    after = _told(provider)
    if before != after:
        journal.record(actor=actor, verb="changed", thing=provider, at=at, changes={"scope": [before, after]})
    return provider


def _told(provider: Provider) -> list[str]:
    skills = ProviderSkill.objects.filter(provider=provider).values_list("skill__name", flat=True)
    places = ProviderTerritory.objects.filter(provider=provider).values_list("territory__name", flat=True)
    return [*sorted(skills), *sorted(places)]


def _check(accept_minutes: int) -> None:
    if not 1 <= accept_minutes <= 10_080:
        text = _("An offer waits from one minute to a week (10080 minutes).")
        raise BadInput(text, errors={"accept_minutes": [text]})
