"""Routes of tickets."""

from __future__ import annotations

from django.urls import path

from tickets.views import acts, creation, inbox, quarantine

urlpatterns = [
    path("tickets/", inbox.ticket_list, name="ticket_list"),
    path("tickets/new/", creation.ticket_create, name="ticket_create"),
    path("tickets/callers/", creation.caller_list, name="caller_list"),
    path("tickets/quarantine/", quarantine.quarantine_list, name="quarantine_list"),
    path("tickets/quarantine/<int:pk>/open/", quarantine.quarantine_open, name="quarantine_open"),
    path("tickets/quarantine/<int:pk>/discard/", quarantine.quarantine_discard, name="quarantine_discard"),
    path("tickets/<int:pk>/", inbox.ticket_detail, name="ticket_detail"),
    path("tickets/<int:pk>/reply/", acts.ticket_reply, name="ticket_reply"),
    path("tickets/<int:pk>/take/", acts.ticket_take, name="ticket_take"),
    path("tickets/<int:pk>/triage/", acts.ticket_triage, name="ticket_triage"),
    path("tickets/<int:pk>/wait/", acts.ticket_wait, name="ticket_wait"),
    path("tickets/<int:pk>/continue/", acts.ticket_continue, name="ticket_continue"),
    path("tickets/<int:pk>/resolve/", acts.ticket_resolve, name="ticket_resolve"),
    path("tickets/<int:pk>/close/", acts.ticket_close, name="ticket_close"),
    path("tickets/<int:pk>/reopen/", acts.ticket_reopen, name="ticket_reopen"),
    path("tickets/<int:pk>/spam/", acts.ticket_spam, name="ticket_spam"),
    path("customers/<int:pk>/tickets/", creation.customer_ticket_list, name="customer_ticket_list"),
]
