"""Routes of analytics."""

from __future__ import annotations

from django.urls import path

from analytics import views

urlpatterns = [
    path("today/", views.director, name="director"),
    path("today/inquiries/", views.inquiry_figures, name="inquiries"),
    path("today.csv", views.director_csv, name="director_csv"),
]
