"""Routes of customers who ask for help: `/c/<slug>/request/`."""

from __future__ import annotations

from django.urls import path

from tickets.views import requests

urlpatterns = [
    path("request/", requests.request_create, name="request"),
    path("request/thanks/", requests.request_thanks, name="request_thanks"),
]
