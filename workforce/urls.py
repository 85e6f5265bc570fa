"""Routes of workforce."""

from __future__ import annotations

from django.urls import path

from workforce import views

urlpatterns = [
    path("engineers/", views.engineer_list, name="engineer_list"),
    path("engineers/new/", views.engineer_create, name="engineer_create"),
    path("engineers/<int:engineer_id>/", views.engineer_detail, name="engineer_detail"),
    path("engineers/<int:engineer_id>/edit/", views.engineer_edit, name="engineer_edit"),
    path("engineers/<int:engineer_id>/skills/", views.engineer_skills, name="engineer_skills"),
    path("engineers/<int:engineer_id>/week/", views.engineer_week, name="engineer_week"),
    path("engineers/<int:engineer_id>/territories/", views.engineer_territories, name="engineer_territories"),
    path("engineers/<int:engineer_id>/absences/", views.absence_create, name="absence_create"),
    path(
        "engineers/<int:engineer_id>/absences/<int:absence_id>/remove/",
        views.absence_remove,
        name="absence_remove",
    ),
    path("skills/", views.skill_list, name="skill_list"),
    path("territories/", views.territory_list, name="territory_list"),
    path("territories/<int:territory_id>/", views.territory_edit, name="territory_edit"),
]
