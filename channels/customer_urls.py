"""Routes that providers call: `/c/<slug>/hooks/<hook>/`."""

from __future__ import annotations

from django.urls import path

from channels.views import hooks

urlpatterns = [path("hooks/<str:hook>/", hooks.take, name="hook")]
