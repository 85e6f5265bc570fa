"""Routes of planning."""

from __future__ import annotations

from django.urls import path

from planning.views import runs

urlpatterns = [
    path("planning/", runs.run_list, name="run_list"),
    path("planning/<int:run_id>/", runs.run_detail, name="run_detail"),
    path("planning/<int:run_id>/decide/", runs.run_decide, name="run_decide"),
    path("planning/<int:run_id>/rows/<int:change_id>/help/", runs.row_help, name="row_help"),
    path("planning/<int:run_id>/cancel/", runs.run_cancel, name="run_cancel"),
]
