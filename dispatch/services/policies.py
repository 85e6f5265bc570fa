"""The dispatch policy: drafted, changed, published, retired. What was published never changes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import Permission
from core.errors import BadInput, Conflict
from dispatch import policy as codes
from dispatch import queries
from dispatch.enums import PolicyStatus
from dispatch.models import DispatchPolicy
from journal import services as journal
from tenants.actors import Actor
from tenants.services import next_number


@transaction.atomic
def save_policy_draft(
    *,
    verdicts: Mapping[str, str],
    weights: Mapping[str, int],
    limits: Mapping[str, int],
    actor: Actor,
    at: datetime,
    note: str = "",
) -> DispatchPolicy:
    """Make the draft or change it. An absent key is the product's own value; what equals it is left out.

    Raises `BadInput` for an unknown rule, objective or limit, or a value outside its range.
    """
    actor.require(Permission.RULE_EDIT)
    content = {
        "verdicts": _verdicts(verdicts),
        "weights": _numbers(weights, codes.WEIGHTS, dict.fromkeys(codes.WEIGHTS, (0, 100))),
        "limits": _numbers(limits, codes.LIMITS, codes.LIMIT_RANGES),
    }
    draft = _draft_for_update()
    if draft is None:
        # Taking a number waits for whoever makes a draft at the same moment: look again, then theirs is ours.
        number = next_number("dispatch_policy")
        draft = _draft_for_update() or DispatchPolicy(version=number, created_at=at)
    before = _content(draft) if draft.pk else {}
    draft.note = note[:300]
    for name, value in content.items():
        setattr(draft, name, value)
    draft.save()
    changes = {
        name: [before.get(name), value] for name, value in content.items() if before.get(name) != value
    }
    journal.record(actor=actor, verb="drafted", thing=draft, at=at, changes=changes)
    return draft


@transaction.atomic
def publish_policy(*, version: int, actor: Actor, at: datetime) -> DispatchPolicy:
    """Put the draft in force; what was in force is kept as replaced.

    Raises `Conflict` when this version is no draft (any more).
    """
    actor.require(Permission.RULE_EDIT)
    draft = DispatchPolicy.objects.select_for_update().filter(version=version).first()
    if draft is None or draft.status != PolicyStatus.DRAFT:
        raise _not_a_draft(version, draft)
    _retire(actor, at)
    draft.status, draft.published_at = PolicyStatus.PUBLISHED, at
    draft.published_by = actor.label[:200]
    draft.save(update_fields=["status", "published_at", "published_by"])
    journal.record(actor=actor, verb="published", thing=draft, at=at, changes=_content(draft))
    return draft


@transaction.atomic
def retire_policy(*, actor: Actor, at: datetime) -> None:
    """Go back to the product's own policy. Changes nothing when that is in force."""
    actor.require(Permission.RULE_EDIT)
    _retire(actor, at)


@transaction.atomic
def discard_policy_draft(*, actor: Actor, at: datetime) -> None:
    """Throw the draft away. Changes nothing when there is none."""
    actor.require(Permission.RULE_EDIT)
    draft = _draft_for_update()
    if draft is not None:
        journal.record(actor=actor, verb="discarded", thing=draft, at=at, changes=_content(draft))
        draft.delete()


def _draft_for_update() -> DispatchPolicy | None:
    return DispatchPolicy.objects.select_for_update().filter(status=PolicyStatus.DRAFT).first()


def _retire(actor: Actor, at: datetime) -> None:
    old = DispatchPolicy.objects.select_for_update().filter(status=PolicyStatus.PUBLISHED).first()
    if old is not None:
        old.status = PolicyStatus.RETIRED
        old.save(update_fields=["status"])
        journal.record(actor=actor, verb="retired", thing=old, at=at)


def _verdicts(given: Mapping[str, str]) -> dict[str, str]:
    kept = {}
    for code, verdict in given.items():
        if code not in codes.VERDICTS:
            raise BadInput(_("There is no rule “%(code)s”.") % {"code": code})
        if verdict not in codes.CHOICES or (code in codes.NEVER_BROKEN and verdict != codes.BLOCK):
            message = _("The rule “%(code)s” cannot be set to “%(verdict)s”.")
            raise BadInput(message % {"code": code, "verdict": verdict})
        if verdict != codes.VERDICTS[code]:
            kept[code] = verdict
    return kept


def _numbers(
    given: Mapping[str, int], own: Mapping[str, int], ranges: Mapping[str, tuple[int, int]]
) -> dict[str, int]:
    kept = {}
    for code, value in given.items():
        if code not in own:
            raise BadInput(_("There is no setting “%(code)s”.") % {"code": code})
        least, most = ranges[code]
        if not least <= value <= most:
            message = _("“%(code)s” is %(value)s; give a whole number from %(least)s to %(most)s.")
            raise BadInput(message % {"code": code, "value": value, "least": least, "most": most})
        if value != own[code]:
            kept[code] = value
    return kept


def _content(row: DispatchPolicy) -> dict[str, Any]:
    return {"verdicts": row.verdicts, "weights": row.weights, "limits": row.limits}


def _not_a_draft(version: int, found: DispatchPolicy | None) -> Conflict:
    newest = queries.policies().first()
    if found is None:
        message = _("There is no version %(version)s of the policy; the newest is %(newest)s.")
    else:
        message = _("Version %(version)s of the policy is no draft: it is published or replaced already.")
    return Conflict(message % {"version": version, "newest": newest.version if newest else 0})
