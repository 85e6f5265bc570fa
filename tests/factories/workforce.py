"""Engineers and what they can do, inside the active tenant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import time
from itertools import count
from typing import Any

from workforce.models import (
    Engineer,
    EngineerSkill,
    EngineerTerritory,
    Shift,
    Skill,
    Territory,
)

_numbers = count(1)
EVERY_DAY = range(7)


def make_skill(code: str = "", **facts: Any) -> Skill:
    """A skill; the same code gives the same one."""
    code = code or f"skill-{next(_numbers)}"
    return Skill.objects.get_or_create(code=code, defaults={"name": code.title(), **facts})[0]


def make_territory(*areas: str, **facts: Any) -> Territory:
    """A territory of these areas."""
    number = next(_numbers)
    return Territory.objects.create(
        **{"code": f"territory-{number}", "name": f"Territory {number}", "areas": list(areas), **facts}
    )


def make_engineer(
    name: str = "",
    *,
    skills: Mapping[str, int] | None = None,
    territories: Iterable[Territory] = (),
    hours: tuple[str, str] | None = ("08:00", "17:00"),
    days: Iterable[int] = EVERY_DAY,
    **facts: Any,
) -> Engineer:
    """An engineer who works these local hours; `skills` maps codes to levels. Home is in Tokyo."""
    home = {"home_latitude": 35.68, "home_longitude": 139.76}
    engineer = Engineer.objects.create(name=name or f"Engineer {next(_numbers)}", **{**home, **facts})
    for code, level in (skills or {}).items():
        EngineerSkill.objects.create(engineer=engineer, skill=make_skill(code), level=level)
    for territory in territories:
        EngineerTerritory.objects.create(engineer=engineer, territory=territory)
    if hours is not None:
        starts, ends = (time.fromisoformat(text) for text in hours)
        Shift.objects.bulk_create(
            Shift(engineer=engineer, weekday=day, starts=starts, ends=ends) for day in days
        )
    return engineer
