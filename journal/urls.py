"""Routes of journal."""

from __future__ import annotations

from django.urls import path

from journal import views

urlpatterns = [
    path("audit/", views.audit, name="audit"),
    path("audit/<str:object_type>/<int:object_id>/", views.audit_of, name="audit_of"),
    path("settings/undelivered/", views.parked_list, name="parked_list"),
    path("settings/undelivered/<int:outbox_id>/retry/", views.parked_retry, name="parked_retry"),
]
