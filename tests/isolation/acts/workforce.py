"""Valid bodies for the routes of workforce."""

from __future__ import annotations

from datetime import timedelta

from accounts.models import Membership
from tests.isolation.routes import Act, Own
from tests.isolation.world import NOW, TODAY
from workforce.models import Engineer, Provider, Skill, Territory

CREW = {"name": "Lift", "members": [Own(Engineer), Own(Engineer, 1)], "lead": Own(Engineer)}
TERMS = {"name": "Partner", "accept_minutes": 30, "skills": [Own(Skill)], "territories": [Own(Territory)]}
COSTS = {"hour_cost_minor": "40", "km_cost_minor": "1", "overtime_minutes": 30, "overtime_percent": 125}
AWAY = {
    "start_at": (NOW + timedelta(hours=500)).isoformat(),
    "end_at": (NOW + timedelta(hours=510)).isoformat(),
    "reason": "leave",
}
KEPT = {"territory": Own(Territory), "skill": Own(Skill, 1), "weekday": 6, "reserve_percent": 20}

PAGES: dict[str, Act] = {
    "workforce:engineer_create": Act({"name": "Uta", "membership": Own(Membership, 1), "is_active": "on"}),
    "workforce:engineer_edit": Act({"name": "Tomas", "membership": Own(Membership, 1), "is_active": "on"}),
    "workforce:engineer_skills": Act(lambda s: {f"level_{skill.pk}": 1 for skill in s.rows[Skill]}),
    "workforce:engineer_week": Act({"day_0": "9-17"}),
    "workforce:engineer_territories": Act({"territories": Own(Territory, 1)}),
    "workforce:engineer_costs": Act(COSTS),
    "workforce:absence_remove": Act(),
    "workforce:extra_shift_create": Act(
        {"day": f"{TODAY + timedelta(days=40)}", "starts": "09:00", "ends": "12:00"}
    ),
    "workforce:extra_shift_remove": Act(),
    "workforce:pair_create": Act({"colleague": Own(Engineer, 2), "liking": "preferred"}),
    "workforce:pair_remove": Act(),
    "workforce:provider_create": Act({"code": "new-partner", **TERMS}),
    "workforce:provider_edit": Act({**TERMS, "is_active": "on"}),
    "workforce:crew_create": Act({"code": "new-lift", **CREW}),
    "workforce:crew_edit": Act({**CREW, "is_active": "on"}),
    "workforce:skill_list": Act({"code": "lasers", "name": "Lasers"}),
    "workforce:territory_edit": Act({"name": "Far north", "areas": "north, far north"}),
    "workforce:territory_list": Act({"code": "south", "name": "South", "areas": "south"}),
}


API: dict[str, Act] = {
    "engineer-list post": Act(
        {
            "name": "Uta",
            "provider": Own(Provider),
            "skills": [{"skill": Own(Skill), "level": 2}],
            "territories": [Own(Territory)],
        }
    ),
    "engineer-detail patch": Act(
        {
            "provider": Own(Provider),
            "skills": [{"skill": Own(Skill), "level": 2}],
            "territories": [Own(Territory)],
        }
    ),
    "skill-list post": Act({"code": "lasers", "name": "Lasers"}),
    "skill-detail patch": Act({"name": "Lasers"}),
    "territory-list post": Act({"code": "south", "name": "South", "areas": ["south"]}),
    "territory-detail patch": Act({"areas": ["far north"]}),
    "absence-list post": Act({"engineer": Own(Engineer), **AWAY}),
    "absence-detail patch": Act({"engineer": Own(Engineer), **AWAY}),
    "absence-detail delete": Act(),
    "extra-shift-list post": Act({"engineer": Own(Engineer), **AWAY}),
    "extra-shift-detail delete": Act(),
    "engineer-pair-list post": Act(
        {"engineer": Own(Engineer), "colleague": Own(Engineer, 2), "liking": "preferred"}
    ),
    "engineer-pair-detail delete": Act(),
    "provider-list post": Act({"code": "new-partner", **TERMS}),
    "provider-detail patch": Act(TERMS),
    "crew-list post": Act({"code": "new-lift", **CREW}),
    "crew-detail patch": Act(CREW),
    "capacity-rule-list post": Act(KEPT),
    "capacity-rule-detail patch": Act(KEPT),
    "capacity-rule-detail delete": Act(),
}
