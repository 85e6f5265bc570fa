"""One after the other at the parts of a company's vans, and at overtime that is limited by the week: who found it free
plans before the next one looks."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from dispatch.evaluator import Person, Verdict
from dispatch.evaluator.weeks import takes_of_a_week
from dispatch.policy import ALLOW, OVERTIME, Policy
from tenants.active import active_tenant_id
from tenants.kept import Statement
from workforce.models import Engineer

PARTS_LOCK = 7_907
"""The class of the advisory locks, one for each company. One for each van would be taken in any order by crews, stints
and batches, and end in a circle; so would another one for overtime."""
_TAKE = Statement("SELECT pg_advisory_xact_lock(%s, %s)")


def take_turn_at_parts(part_ids: Collection[int]) -> None:
    """Wait until nobody else of the company is between looking into vans and the end of a transaction that may plan
    work by what lies there; nothing for work without parts. Twice in a transaction is once.

    Called right before the vans are read: after work orders and visits are locked, before tickets are, and outside of
    a savepoint that may be taken back, which would end the turn.
    """
    if part_ids:
        _TAKE.rows(PARTS_LOCK, active_tenant_id())


def take_turn_at_weeks(verdicts: Iterable[Verdict]) -> bool:
    """The same turn, where any of these visits takes overtime that is limited by the week: True when it was taken, and
    engineers must be read and judged anew."""
    needed = any(takes_of_a_week(verdict) for verdict in verdicts)
    if needed:
        _TAKE.rows(PARTS_LOCK, active_tenant_id())
    return needed


def take_turn_at_weeks_of(engineer_ids: Collection[int]) -> None:
    """The same turn before several visits are judged and saved one after the other, where the overtime of any of these
    engineers is limited: taken after the first is saved, it would end in a circle with who wants that time."""
    limited = Engineer.objects.filter(pk__in=engineer_ids, overtime_week_minutes__isnull=False)
    if limited.exists():
        _TAKE.rows(PARTS_LOCK, active_tenant_id())


def take_turn_at_overtime(policy: Policy, people: Iterable[Person]) -> bool:
    """The same before many visits are chosen or judged: where the policy allows overtime and anybody's is limited."""
    needed = policy.verdict(OVERTIME) == ALLOW and any(person.weeks for person in people)
    if needed:
        _TAKE.rows(PARTS_LOCK, active_tenant_id())
    return needed
