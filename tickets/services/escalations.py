"""Saying what a policy does when its promises are at risk or broken."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import queries as accounts
from accounts.enums import RoleCode
from core.errors import BadInput, NotFound
from core.validation import check_fields
from journal import services as journal
from tenants.actors import Actor
from tickets import permissions, queries
from tickets.enums import EscalationAct, EscalationMoment, EscalationWhom
from tickets.models import Escalation

LONGEST_MINUTES = 60 * 24 * 31
_NEEDS_WHOM = frozenset({EscalationAct.NOTIFY, EscalationAct.REASSIGN})


@transaction.atomic
def add_escalation(
    *,
    policy_id: int,
    moment: str,
    act: str,
    actor: Actor,
    at: datetime,
    after_minutes: int = 0,
    item_code: str = "",
    whom: str = "",
    role_id: int | None = None,
    member_id: int | None = None,
    word: str = "",
) -> Escalation:
    """Let a policy do something more. What the act has no use for (`whom` of a raise) is left out.

    Raises `BadInput` naming the field that the act needs: minutes for `after`, a role, a person, a word.
    """
    actor.require(permissions.SETTINGS)
    policy = queries.policy_for_update(policy_id)
    whom = whom if act in _NEEDS_WHOM else ""
    escalation = Escalation(
        policy=policy,
        item_code=item_code,
        moment=moment,
        after_minutes=after_minutes if moment == EscalationMoment.AFTER else 0,
        act=act,
        whom=whom,
        role_id=role_id if whom == EscalationWhom.ROLE else None,
        member_id=member_id if whom == EscalationWhom.MEMBER else None,
        word=word.strip() if act == EscalationAct.RULE else "",
    )
    check_fields(escalation)
    _check(escalation)
    escalation.save(force_insert=True)
    changes = {"moment": moment, "act": act, "whom": escalation.whom}
    journal.record(actor=actor, verb="changed", thing=policy, at=at, changes=changes)
    return escalation


@transaction.atomic
def remove_escalation(*, escalation_id: int, policy_id: int, actor: Actor, at: datetime) -> None:
    """Let a policy do something no longer; what waits for its time is dropped with it."""
    escalation = queries.escalation_for_update(escalation_id, policy_id)
    actor.require(permissions.SETTINGS)
    gone = f"{escalation.moment} {escalation.act} {escalation.whom}".strip()
    journal.record(
        actor=actor, verb="changed", thing=escalation.policy, at=at, changes={"escalation": [gone, ""]}
    )
    escalation.delete()


@transaction.atomic
def add_usual_escalations(*, policy_id: int, actor: Actor, at: datetime) -> list[Escalation]:
    """What most companies want: the owner is warned; a breach reaches the owner and whoever is on call; an
    hour later the directors know. Returns what was added; nothing where something is said already."""
    if queries.escalations_of(policy_id).exists():
        return []
    usual: list[tuple[str, int, str, int | None]] = [
        (EscalationMoment.WARN, 0, EscalationWhom.OWNER, None),
        (EscalationMoment.BREACH, 0, EscalationWhom.OWNER, None),
        (EscalationMoment.BREACH, 0, EscalationWhom.ON_CALL, None),
    ]
    director = accounts.roles().filter(code=RoleCode.SERVICE_DIRECTOR).first()
    if director is not None:
        usual.append((EscalationMoment.AFTER, 60, EscalationWhom.ROLE, director.pk))
    return [
        add_escalation(
            policy_id=policy_id,
            moment=moment,
            act=EscalationAct.NOTIFY,
            after_minutes=minutes,
            whom=whom,
            role_id=role_id,
            actor=actor,
            at=at,
        )
        for moment, minutes, whom, role_id in usual
    ]


def _check(escalation: Escalation) -> None:
    """What the act needs is there, and is the tenant's own."""
    if escalation.moment == EscalationMoment.AFTER and not 1 <= escalation.after_minutes <= LONGEST_MINUTES:
        _refuse("after_minutes", _("Say how many minutes later: from 1 to 44640, which are 31 days."))
    if escalation.act in _NEEDS_WHOM and not escalation.whom:
        _refuse("whom", _("Say whom."))
    if escalation.act == EscalationAct.REASSIGN and escalation.whom == EscalationWhom.OWNER:
        _refuse("whom", _("The owner has the ticket already. Name somebody else."))
    if escalation.whom == EscalationWhom.ROLE:
        if escalation.role_id is None:
            _refuse("role_id", _("Choose the role."))
        if escalation.role_id not in accounts.roles().values_list("pk", flat=True):
            raise NotFound(_("There is no such role here. Look at the list of roles."))
    if escalation.whom == EscalationWhom.MEMBER:
        if escalation.member_id is None:
            _refuse("member_id", _("Choose the person."))
        if accounts.find_member(escalation.member_id) is None:
            raise NotFound(_("There is no such person here. Look at the list of people."))
    if escalation.act == EscalationAct.RULE and not escalation.word:
        _refuse("word", _("Give the word that the rules listen to."))
    codes = set(escalation.policy.items.values_list("code", flat=True))
    if escalation.item_code and escalation.item_code not in codes:
        _refuse("item_code", _("This policy has no such promise."))


def _refuse(field: str, text: str) -> None:
    raise BadInput(text, errors={field: [text]})
