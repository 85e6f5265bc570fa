"""Routes that customers reach without signing in."""

from __future__ import annotations

from django.urls import path

from feedback import views

urlpatterns = [
    path("v/<str:code>/", views.track, name="track"),
    path("m/<str:code>/", views.choose, name="choose"),
    path("r/<str:code>/", views.rate, name="rate"),
    path("request/follow/", views.followed, name="followed"),
]
