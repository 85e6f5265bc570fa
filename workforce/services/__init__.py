"""What may be done to engineers, their skills, their time, providers, crews and capacity."""

from workforce.rules import ShiftPause
from workforce.services.absences import add_absence, remove_absence, update_absence
from workforce.services.capacity import create_capacity_rule, remove_capacity_rule, update_capacity_rule
from workforce.services.catalogue import create_skill, create_territory, update_skill, update_territory
from workforce.services.certificates import TOLD_DAYS, tell_of_certificates, tell_of_certificates_here
from workforce.services.crews import create_crew, remove_pair, set_pair, update_crew
from workforce.services.hours import add_extra_shift, remove_extra_shift, set_shifts
from workforce.services.people import (
    Held,
    assign_territories,
    create_engineer,
    set_engineer_skills,
    update_engineer,
)
from workforce.services.providers import create_provider, update_provider

__all__ = [
    "TOLD_DAYS",
    "Held",
    "ShiftPause",
    "add_absence",
    "add_extra_shift",
    "assign_territories",
    "create_capacity_rule",
    "create_crew",
    "create_engineer",
    "create_provider",
    "create_skill",
    "create_territory",
    "remove_absence",
    "remove_capacity_rule",
    "remove_extra_shift",
    "remove_pair",
    "set_engineer_skills",
    "set_pair",
    "set_shifts",
    "tell_of_certificates",
    "tell_of_certificates_here",
    "update_absence",
    "update_capacity_rule",
    "update_crew",
    "update_engineer",
    "update_provider",
    "update_skill",
    "update_territory",
]
