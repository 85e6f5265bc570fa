"""Routes of the look."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
