"""Who can be sent: skills, territories, providers, engineers, their hours, crews and capacity."""

from workforce.models.capacity import CapacityRule
from workforce.models.catalogue import Skill, Territory
from workforce.models.crews import Crew, CrewMember
from workforce.models.engineers import Engineer, EngineerPair, EngineerSkill, EngineerTerritory
from workforce.models.hours import Absence, ExtraShift, Shift, ShiftBreak
from workforce.models.providers import Provider, ProviderSkill, ProviderTerritory

__all__ = [
    "Absence",
    "CapacityRule",
    "Crew",
    "CrewMember",
    "Engineer",
    "EngineerPair",
    "EngineerSkill",
    "EngineerTerritory",
    "ExtraShift",
    "Provider",
    "ProviderSkill",
    "ProviderTerritory",
    "Shift",
    "ShiftBreak",
    "Skill",
    "Territory",
]
