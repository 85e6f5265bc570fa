"""The rules one by one: which are broken by this engineer, this work, this time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from dispatch import policy as codes
from dispatch.evaluator.gaps import lost_breaks, shift_around
from dispatch.evaluator.model import FOREVER, Person, Reason, Span, Stop, Work
from dispatch.evaluator.weeks import week_reasons
from dispatch.policy import ALLOW, PRODUCT, Policy
from dispatch.rules import is_among
from dispatch.travel import ESTIMATE, Roads

ANY = "any"
EXCLUDED_LIKING, PREFERRED_LIKING = "excluded", "preferred"


def fixed_reasons(person: Person, work: Work, at: int, policy: Policy = PRODUCT) -> list[Reason]:
    """Rules that do not depend on the day's plan, unless the policy allows what they forbid: activity,
    skills, certificates, territory, the provider's scope, the customer's word, parts, the same engineer."""
    return [r for r in _fixed(person, work, at) if policy.verdict(r.code) != ALLOW]


def _fixed(person: Person, work: Work, at: int) -> Iterable[Reason]:
    if not person.is_active:
        yield Reason(codes.INACTIVE)
    if not (work.crew_size > 1 and work.crew_cover == ANY):
        yield from skill_reasons(person, work)
        yield from certificate_reasons(person, work, at)
    if work.area and person.areas and not is_among(work.area, person.areas):
        yield Reason(codes.TERRITORY, {"area": work.area})
    yield from scope_reasons(person, work)
    if work.customer_id and person.likings.get(work.customer_id) == EXCLUDED_LIKING:
        yield Reason(codes.EXCLUDED, {"customer_id": work.customer_id})
    for part_id, needed in work.parts.items():
        if person.spare(part_id, work.id) < needed:
            yield parts_reason(person, work, part_id)
    if work.same_engineer and person.id != work.same_engineer:
        facts = {"engineer_id": work.same_engineer, "work_order": work.waits_for}
        yield Reason(codes.DEPENDENCY, facts)


def parts_reason(person: Person, work: Work, part_id: int) -> Reason:
    """Too few of a part in the van; where it is other work that counts on them, which."""
    has, needed = float(person.parts.get(part_id, 0)), float(work.parts[part_id])
    facts: dict[str, Any] = {"part_id": part_id, "needed": needed, "has": has}
    if part_id in work.part_names:
        facts["part"] = work.part_names[part_id]
    if has >= needed:
        facts["promised"] = [claim.work_order for claim in person.others_claims(part_id, work.id)]
    return Reason(codes.PARTS, facts)


def skill_reasons(person: Person, work: Work) -> Iterable[Reason]:
    """Skills that are missing, or held at too low a level."""
    for skill_id, level in work.skills.items():
        has = person.skills.get(skill_id, (0, 0))[0]
        if has < level:
            yield Reason(codes.SKILL, {"skill_id": skill_id, "level": level, "has": has})


def certificate_reasons(person: Person, work: Work, at: int) -> Iterable[Reason]:
    """Skills that are held, with a certificate that has ended by an instant."""
    for skill_id, level in work.skills.items():
        has, held_until = person.skills.get(skill_id, (0, 0))
        if has >= level and skill_id in person.skills and held_until < at:
            yield Reason(codes.CERTIFICATE, {"skill_id": skill_id, "held_until": held_until})


def scope_reasons(person: Person, work: Work) -> Iterable[Reason]:
    """Work that the engineer's provider may not be given."""
    if person.scope_skills:
        for skill_id in work.skills:
            if skill_id not in person.scope_skills:
                yield Reason(codes.PROVIDER_SCOPE, {"skill_id": skill_id})
                return
    if work.area and person.scope_areas and not is_among(work.area, person.scope_areas):
        yield Reason(codes.PROVIDER_SCOPE, {"area": work.area})


def time_reasons(person: Person, start: int, end: int, stops: Sequence[Stop]) -> Iterable[Reason]:
    """Working time, overtime up to the engineer's limits beside these visits, absences."""
    if not any(a <= start and end <= b for a, b in person.shifts):
        over = next((end - b for a, b in person.shifts if a <= start < b < end), 0)
        if 0 < over <= person.overtime:
            yield Reason(codes.OVERTIME, {"minutes": -(-over // 60)})
        else:
            yield Reason(codes.SHIFT, {"over_minutes": over // 60} if over else {})
        yield from week_reasons(person, (start, end), stops)
    for a, b in person.absences:
        if a < end and b > start:
            yield Reason(codes.ABSENCE, {"from": a, "to": b})


def break_reasons(
    person: Person, stops: Sequence[Stop], work: Work, span: Span, roads: Roads = ESTIMATE
) -> Iterable[Reason]:
    """Breaks that the visit leaves no room for."""
    shift = shift_around(person, span[0])
    if shift is None or not person.breaks:
        return
    new = Stop(0, "", span[0], span[1], work.place)
    for earliest, latest, length in lost_breaks(person, shift, stops, new, person.absences, roads=roads):
        yield Reason(codes.BREAK, {"from": earliest, "to": latest + length, "minutes": length // 60})


def overlap_reason(stop: Stop) -> Reason:
    """Another visit at the same time."""
    facts = {"visit_id": stop.visit_id, "work_order": stop.work_order, "from": stop.start, "to": stop.end}
    return Reason(codes.OVERLAP, facts)


def travel_reasons(
    stops: Sequence[Stop],
    before: Stop | None,
    work: Work,
    span: Span,
    arrival: int,
    *,
    roads: Roads = ESTIMATE,
) -> Iterable[Reason]:
    """Trips from the visit before and to the one after that take longer than there is time."""
    start, end = span
    if before is not None and not before.is_over and arrival > start:
        late = -(-(arrival - start) // 60)
        yield Reason(codes.TRAVEL, {"work_order": before.work_order, "minutes": late, "side": "before"})
    after = next((s for s in stops if s.start >= end and not s.is_over), None)
    if after is None:
        return
    if (short := end + roads.trip(work.place, after.place)[0] * 60 - after.start) > 0:
        late = -(-short // 60)
        yield Reason(codes.TRAVEL, {"work_order": after.work_order, "minutes": late, "side": "after"})


def most_minutes(person: Person, policy: Policy) -> int:
    """The longest trip to one visit, in minutes; 0 is no limit."""
    own = person.max_travel_minutes
    return policy.limit("max_travel_minutes") if own is None else own


def max_travel_reasons(person: Person, minutes: int, policy: Policy) -> Iterable[Reason]:
    """A trip beyond the engineer's limit, or the policy's."""
    most = most_minutes(person, policy)
    if most and minutes > most:
        yield Reason(codes.MAX_TRAVEL, {"minutes": minutes, "most": most})


def capacity_reasons(work: Work, start: int) -> Iterable[Reason]:
    """A day whose time is kept for more urgent work, or planned as far as it may be."""
    for begin, end, reserved in work.full:
        if begin <= start < end:
            yield Reason(codes.CAPACITY, {"reserved": reserved})


def hours_facts(work: Work, start: int, seconds: int) -> dict[str, int]:
    """When a site is open next for so long, and `business` where that is because it keeps business hours."""
    following = next((a for a, b in work.hours or () if a >= start and b - a >= seconds), None)
    known = {} if following is None else {"opens": following}
    return known | ({"business": 1} if work.business_hours else {})


def window_reasons(work: Work, start: int, end: int) -> Iterable[Reason]:
    """The date window, the promised window, the site's visiting hours, and what must be done before."""
    checks = (
        (start < work.window[0], "window_start", work.window[0], start),
        (end > work.window[1], "window_end", work.window[1], end),
        (start < work.promised[0], "promised_start", work.promised[0], start),
        (start > work.promised[1], "promised_end", work.promised[1], start),
    )
    for is_broken, bound, at, here in checks:
        if is_broken:
            yield Reason(codes.WINDOW, {"bound": bound, "at": at, "minutes": abs(at - here) // 60})
    if work.hours is not None and not any(a <= start and end <= b for a, b in work.hours):
        yield Reason(codes.VISITING_HOURS, hours_facts(work, start, end - start))
    if start < work.after:
        since = {} if work.after >= FOREVER else {"after": work.after}
        yield Reason(codes.DEPENDENCY, {"work_order": work.waits_for, **since})
    if start > work.start_by:
        yield Reason(codes.DEPENDENCY, {"work_order": work.waits_for, "by": work.start_by})
