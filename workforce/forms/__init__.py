"""Input of the workforce's pages: shaped and checked, never saved."""

from workforce.forms.catalogue import CrewForm, ProviderForm, SkillForm, TerritoryEditForm, TerritoryForm
from workforce.forms.engineers import CostsForm, EngineerForm, PairForm, SkillsForm, TerritoriesForm
from workforce.forms.hours import ExtraShiftForm, WeekForm

__all__ = [
    "CostsForm",
    "CrewForm",
    "EngineerForm",
    "ExtraShiftForm",
    "PairForm",
    "ProviderForm",
    "SkillForm",
    "SkillsForm",
    "TerritoriesForm",
    "TerritoryEditForm",
    "TerritoryForm",
    "WeekForm",
]
