"""Routes of notices."""

from __future__ import annotations

from django.urls import path

from notices import views

urlpatterns = [
    path("notices/", views.notice_list, name="notice_list"),
    path("notices/bell/", views.notice_bell, name="notice_bell"),
    path("notices/read/", views.notices_read, name="notices_read"),
    path("notices/<int:notice_id>/open/", views.notice_open, name="notice_open"),
    path("notices/<int:notice_id>/read/", views.notice_read, name="notice_read"),
    path("settings/own-hours/", views.own_hours, name="own_hours"),
    path("settings/on-call/", views.on_call, name="on_call"),
    path("settings/on-call/<int:duty_id>/remove/", views.duty_remove, name="duty_remove"),
]
