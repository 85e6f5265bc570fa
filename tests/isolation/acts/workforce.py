"""Valid bodies for the routes of workforce."""

from __future__ import annotations

from accounts.models import Membership
from tests.isolation.acts.common import local
from tests.isolation.routes import Act, Own
from workforce.models import Skill, Territory

PAGES: dict[str, Act] = {
    "workforce:engineer_create": Act({"name": "Uta", "membership": Own(Membership, 1), "is_active": "on"}),
    "workforce:engineer_edit": Act({"name": "Tomas", "membership": Own(Membership, 1), "is_active": "on"}),
    "workforce:engineer_skills": Act(lambda s: {f"level_{skill.pk}": 1 for skill in s.rows[Skill]}),
    "workforce:engineer_week": Act({"day_0": "9-17"}),
    "workforce:engineer_territories": Act({"territories": Own(Territory, 1)}),
    "workforce:absence_create": Act({"start_at": local(100), "end_at": local(110), "reason": "leave"}),
    "workforce:absence_remove": Act(),
    "workforce:skill_list": Act({"code": "lasers", "name": "Lasers"}),
    "workforce:territory_edit": Act({"name": "Far north", "areas": "north, far north"}),
    "workforce:territory_list": Act({"code": "south", "name": "South", "areas": "south"}),
}


API: dict[str, Act] = {
    "engineer-list post": Act(
        {
            "name": "Uta",
            "skills": [{"skill": Own(Skill), "level": 2}],
            "territories": [Own(Territory)],
        }
    ),
    "engineer-detail patch": Act(
        {"skills": [{"skill": Own(Skill), "level": 2}], "territories": [Own(Territory)]}
    ),
    "skill-list post": Act({"code": "lasers", "name": "Lasers"}),
    "skill-detail patch": Act({"name": "Lasers"}),
}
