"""Routes of channels."""

from __future__ import annotations

from django.urls import path

from channels.views import accounts, messages

urlpatterns = [
    path("settings/channels/", accounts.account_list, name="account_list"),
    path("settings/channels/new/", accounts.account_create, name="account_create"),
    path("settings/channels/<int:pk>/", accounts.account_edit, name="account_edit"),
    path("settings/channels/<int:pk>/try/", accounts.account_try, name="account_try"),
    path("settings/channels/<int:pk>/switch/", accounts.account_switch, name="account_switch"),
    path("sent-messages/<int:pk>/resend/", messages.message_resend, name="message_resend"),
]
