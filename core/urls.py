"""Routes of the look: the style page, on development servers only."""

from __future__ import annotations

from django.urls import path

from core import views

urlpatterns = [
    path("", views.styleguide, name="styleguide"),
    path("<slug:page>/", views.styleguide, name="styleguide_page"),
]
