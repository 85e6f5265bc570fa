"""Rows of a proposal that have too few parts, or too little overtime of a week, among them: which of them gives way to
the others."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from dispatch import policy as codes
from dispatch.evaluator import Person
from dispatch.evaluator.weeks import week_reasons
from dispatch.queries.planning import seconds
from planning.models import PlanChange

Against = dict[int, list[dict[str, Any]]]
"""{row: what the evaluator has against it, as `Reason.as_json`}"""


def giving_way(rows: Sequence[PlanChange], against: Against, people: Mapping[int, Person]) -> Against:
    """Which of the rows that the evaluator is against are put aside before it is asked again; `rows` are those not
    put aside yet. Where none would be refused without the others, the least urgent of each engineer gives way."""
    mine = {row.work_order_id for row in rows}
    short = [
        row
        for row in rows
        if row.pk in against
        and (person := people.get(row.to_engineer_id or 0))
        and all(_is_short_by(reason, person, row, mine) for reason in against[row.pk])
    ]
    if len(short) < len(against):
        spared = {row.pk for row in short}
        return {pk: why for pk, why in against.items() if pk not in spared}
    found: Against = {}
    seen: set[int | None] = set()
    for row in sorted(short, key=lambda one: (one.work_order.priority, one.pk), reverse=True):
        crew = {one.to_engineer_id for one in rows if row.crew_key and one.crew_key == row.crew_key}
        if seen.isdisjoint(crew | {row.to_engineer_id}):
            found[row.pk] = against[row.pk]
            seen |= crew | {row.to_engineer_id}
    return found


def _is_short_by(reason: Mapping[str, Any], person: Person, row: PlanChange, mine: Collection[int]) -> bool:
    """Whether a reason is too few parts of a van, or too little overtime of a week, which would be enough without the
    other rows."""
    if reason["code"] == codes.OVERTIME_WEEK:
        return _has_overtime_without_rows(person, row)
    if reason["code"] != codes.PARTS:
        return False
    claims = person.others_claims(reason["part_id"], row.work_order_id)
    kept = sum(claim.quantity for claim in claims if claim.work_id not in mine)
    return round(float(reason["has"]) - kept, 3) >= float(reason["needed"])


def _has_overtime_without_rows(person: Person, row: PlanChange) -> bool:
    """Stops of rows carry the number of the row below zero; those of visits that stay are above."""
    if row.to_start_at is None or row.to_end_at is None:
        return False
    staying = [stop for stop in person.stops if stop.visit_id > 0]
    return not list(week_reasons(person, (seconds(row.to_start_at), seconds(row.to_end_at)), staying))
