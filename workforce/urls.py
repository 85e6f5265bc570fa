"""Routes of workforce."""

from __future__ import annotations

from django.urls import path

from workforce.views import catalogue, engineers, together

ONE = "engineers/<int:engineer_id>/"

urlpatterns = [
    path("engineers/", engineers.engineer_list, name="engineer_list"),
    path("engineers/new/", engineers.engineer_create, name="engineer_create"),
    path(ONE, engineers.engineer_detail, name="engineer_detail"),
    path(f"{ONE}edit/", engineers.engineer_edit, name="engineer_edit"),
    path(f"{ONE}costs/", engineers.engineer_costs, name="engineer_costs"),
    path(f"{ONE}skills/", engineers.engineer_skills, name="engineer_skills"),
    path(f"{ONE}week/", engineers.engineer_week, name="engineer_week"),
    path(f"{ONE}territories/", engineers.engineer_territories, name="engineer_territories"),
    path(
        f"{ONE}absences/<int:absence_id>/remove/",
        engineers.absence_remove,
        name="absence_remove",
    ),
    path(f"{ONE}extra-shifts/", engineers.extra_shift_create, name="extra_shift_create"),
    path(
        f"{ONE}extra-shifts/<int:extra_shift_id>/remove/",
        engineers.extra_shift_remove,
        name="extra_shift_remove",
    ),
    path(f"{ONE}pairs/", engineers.pair_create, name="pair_create"),
    path(f"{ONE}pairs/<int:pair_id>/remove/", engineers.pair_remove, name="pair_remove"),
    path("skills/", catalogue.skill_list, name="skill_list"),
    path("certificates/", catalogue.certificate_list, name="certificate_list"),
    path("territories/", catalogue.territory_list, name="territory_list"),
    path("territories/<int:territory_id>/", catalogue.territory_edit, name="territory_edit"),
    path("providers/", together.provider_list, name="provider_list"),
    path("providers/new/", together.provider_create, name="provider_create"),
    path("providers/<int:provider_id>/", together.provider_edit, name="provider_edit"),
    path("crews/", together.crew_list, name="crew_list"),
    path("crews/new/", together.crew_create, name="crew_create"),
    path("crews/<int:crew_id>/", together.crew_edit, name="crew_edit"),
]
