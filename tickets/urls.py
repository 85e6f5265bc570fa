"""Routes of tickets."""

from __future__ import annotations

from django.urls import path

from tickets.views import (
    acts,
    calls,
    chat_desk,
    codes,
    creation,
    desk_settings,
    escalations,
    files,
    inbox,
    quarantine,
    queue,
    saved,
    triage,
    writing,
)

urlpatterns = [
    path("tickets/", inbox.ticket_list, name="ticket_list"),
    path("tickets/filter/", queue.queue_filter, name="queue_filter"),
    path("tickets/views/", saved.view_save, name="view_save"),
    path("tickets/views/<int:pk>/name/", saved.view_rename, name="view_rename"),
    path("tickets/views/<int:pk>/move/", saved.view_move, name="view_move"),
    path("tickets/views/<int:pk>/remove/", saved.view_remove, name="view_remove"),
    path("tickets/new/", creation.ticket_create, name="ticket_create"),
    path("tickets/call/", calls.call, name="call"),
    path("tickets/callers/", creation.caller_list, name="caller_list"),
    path("tickets/quarantine/", quarantine.quarantine_list, name="quarantine_list"),
    path("tickets/quarantine/<int:pk>/open/", quarantine.quarantine_open, name="quarantine_open"),
    path("tickets/quarantine/<int:pk>/discard/", quarantine.quarantine_discard, name="quarantine_discard"),
    path("tickets/<int:pk>/", inbox.ticket_detail, name="ticket_detail"),
    path("tickets/<int:pk>/reply/", acts.ticket_reply, name="ticket_reply"),
    path("tickets/<int:pk>/files/<int:file_id>/", files.ticket_file, name="ticket_file"),
    path("tickets/<int:pk>/files/<int:file_id>/picture/", files.ticket_picture, name="ticket_picture"),
    path(
        "tickets/<int:pk>/messages/<int:message_id>/html/",
        files.ticket_message_html,
        name="ticket_message_html",
    ),
    path(
        "tickets/<int:pk>/messages/<int:message_id>/raw/", files.ticket_message_raw, name="ticket_message_raw"
    ),
    path("tickets/<int:pk>/reply/files/", files.reply_file_add, name="reply_file_add"),
    path(
        "tickets/<int:pk>/reply/files/<int:file_id>/remove/",
        files.reply_file_remove,
        name="reply_file_remove",
    ),
    path("tickets/<int:pk>/chat/", chat_desk.ticket_chat, name="ticket_chat"),
    path("tickets/<int:pk>/chat/typing/", chat_desk.ticket_chat_typing, name="ticket_chat_typing"),
    path("tickets/<int:pk>/take/", acts.ticket_take, name="ticket_take"),
    path("tickets/<int:pk>/triage/", acts.ticket_triage, name="ticket_triage"),
    path("tickets/<int:pk>/wait/", acts.ticket_wait, name="ticket_wait"),
    path("tickets/<int:pk>/continue/", acts.ticket_continue, name="ticket_continue"),
    path("tickets/<int:pk>/resolve/", acts.ticket_resolve, name="ticket_resolve"),
    path("tickets/<int:pk>/close/", acts.ticket_close, name="ticket_close"),
    path("tickets/<int:pk>/reopen/", acts.ticket_reopen, name="ticket_reopen"),
    path("tickets/<int:pk>/spam/", acts.ticket_spam, name="ticket_spam"),
    path("tickets/<int:pk>/merge/", triage.ticket_merge, name="ticket_merge"),
    path("tickets/<int:pk>/unmerge/", triage.ticket_unmerge, name="ticket_unmerge"),
    path("tickets/<int:pk>/split/", triage.ticket_split, name="ticket_split"),
    path("tickets/<int:pk>/not-same/", triage.ticket_not_same, name="ticket_not_same"),
    path("tickets/<int:pk>/suggestion/", triage.ticket_suggestion, name="ticket_suggestion"),
    path("tickets/<int:pk>/label/", triage.ticket_label, name="ticket_label"),
    path("tickets/<int:pk>/draft/", writing.ticket_draft, name="ticket_draft"),
    path("tickets/<int:pk>/presence/", writing.ticket_presence, name="ticket_presence"),
    path("settings/policies/<int:pk>/escalations/", escalations.escalation_list, name="escalation_list"),
    path(
        "settings/policies/<int:pk>/escalations/usual/", escalations.escalation_usual, name="escalation_usual"
    ),
    path(
        "settings/policies/<int:pk>/escalations/<int:escalation_id>/remove/",
        escalations.escalation_remove,
        name="escalation_remove",
    ),
    path("settings/canned-replies/", desk_settings.canned_reply_list, name="canned_reply_list"),
    path("settings/canned-replies/<int:pk>/", desk_settings.canned_reply_edit, name="canned_reply_edit"),
    path("settings/sub-states/", desk_settings.sub_state_list, name="sub_state_list"),
    path("settings/sub-states/<int:pk>/", desk_settings.sub_state_edit, name="sub_state_edit"),
    path("customers/<int:pk>/labels/", codes.label_list, name="label_list"),
    path("assets/<int:pk>/code/", codes.code_reissue, name="code_reissue"),
    path("assets/<int:pk>/code/revoke/", codes.code_revoke, name="code_revoke"),
    path("customers/<int:pk>/tickets/", creation.customer_ticket_list, name="customer_ticket_list"),
]
