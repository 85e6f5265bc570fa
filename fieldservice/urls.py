"""Every route: `/t/<slug>/` for members, `/c/<slug>/` for customers, `/api/v1/` for programs."""

from __future__ import annotations

from django.urls import include, path

from accounts.views import joining, language
from fieldservice import views

_MEMBER_APPS = [
    "tickets",
    "dispatch",
    "planning",
    "delivery",
    "customers",
    "workforce",
    "knowledge",
    "channels",
    "inventory",
    "billing",
    "feedback",
    "analytics",
    "notices",
    "accounts",
    "journal",
]

urlpatterns = [
    path("", views.home, name="home"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("accounts/email/", views.no_such_page, name="account_email"),
    path("accounts/", include("allauth.urls")),
    path("join/<str:token>/", joining.join, name="join"),
    path("i18n/setlang/", language.set_language, name="set_language"),
    path("look/", include("core.urls")),
    path("api/v1/", include("fieldservice.api")),
    path("c/<slug:slug>/", include(("tickets.customer_urls", "intake"), namespace="intake")),
    path("c/<slug:slug>/", include(("channels.customer_urls", "hooks"), namespace="hooks")),
    path("c/<slug:slug>/", include(("feedback.customer_urls", "customer"), namespace="customer")),
    path("t/<slug:slug>/", views.enter, name="enter"),
    path("t/<slug:slug>/live-pass/", views.live_pass, name="live_pass"),
    *[path("t/<slug:slug>/", include((f"{app}.urls", app), namespace=app)) for app in _MEMBER_APPS],
]

handler400 = "fieldservice.views.bad_request"
handler404 = "fieldservice.views.page_not_found"
handler500 = "fieldservice.views.server_error"
