"""Routes of customers who ask for help: `/c/<slug>/request/`, and the chat on the company's own site."""

from __future__ import annotations

from django.urls import path

from tickets.views import chat, codes, requests

urlpatterns = [
    path("request/", requests.request_create, name="request"),
    path("a/<str:code>/", codes.asset_request, name="asset_request"),
    path("request/thanks/", requests.request_thanks, name="request_thanks"),
    path("chat/<slug:hook>/", chat.frame, name="chat"),
    path("chat/<slug:hook>/widget.js", chat.widget, name="chat_widget"),
    path("chat/<slug:hook>/open/", chat.chat_open, name="chat_open"),
    path("chat/<slug:hook>/say/", chat.chat_say, name="chat_say"),
    path("chat/<slug:hook>/read/", chat.chat_read, name="chat_read"),
    path("chat/<slug:hook>/file/", chat.chat_file, name="chat_file"),
    path("chat/<slug:hook>/typing/", chat.chat_typing, name="chat_typing"),
    path("chat/<slug:hook>/pass/", chat.chat_pass, name="chat_pass"),
    path("chat/<slug:hook>/close/", chat.chat_close, name="chat_close"),
]
