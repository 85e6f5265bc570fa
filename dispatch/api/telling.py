"""What the evaluator answers, as JSON with words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dispatch import reasons
from dispatch.crews import Team
from dispatch.evaluator import Person, Reason
from dispatch.queries.planning import instant
from dispatch.ranking import Candidate
from dispatch.ways_out import way_out

Names = Mapping[int, str]
"""Names of skills by their ids."""


def told_way_out(change: Mapping[str, Any], names: Names) -> dict[str, Any]:
    """A change after which somebody could go (`relaxing.Relaxation.as_json`)."""
    told = {key: value for key, value in change.items() if key not in ("start", "end")}
    times = {"start_at": instant(change["start"]), "end_at": instant(change["end"])}
    return {**told, **times, "text": way_out(change, names)}


def told_candidate(candidate: Candidate, names: Names) -> dict[str, Any]:
    """Somebody who can go, with what is for and against it."""
    told = candidate.as_json()
    start, end = candidate.verdict.span
    told["start_at"], told["end_at"] = instant(start), instant(end)
    del told["start"], told["end"]
    for stint in told.get("stints", ()):
        stint["start_at"], stint["end_at"] = instant(stint.pop("start")), instant(stint.pop("end"))
    for side in ("pluses", "minuses"):
        told[side] = [{**reason, "text": reasons.words(reason, names)} for reason in told[side]]
    return told


def told_crew(team: Team, names: Names) -> list[dict[str, Any]]:
    """Those who go together, each as a candidate; the first one leads."""
    return [told_candidate(Candidate(one, (), one.allowed), names) for one in team.verdicts]


def told_excluded(groups: Iterable[tuple[Reason, Iterable[Person]]], names: Names) -> list[dict[str, Any]]:
    """Why not the others: each rule with whom it keeps out."""
    return [
        {
            **reason.as_json(),
            "text": reasons.words(reason, names),
            "engineers": [{"id": person.id, "name": person.name} for person in people],
        }
        for reason, people in groups
    ]
