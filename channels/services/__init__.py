"""Taking in what reaches us, and sending what we say."""

from __future__ import annotations

from channels.http import Unreachable, call
from channels.services.accounts import (
    add_account,
    change_account,
    hook_url,
    switch_account,
    try_account,
    values_of,
)
from channels.services.attachments import (
    ACCEPTED_FILES,
    add_waiting,
    attach_received,
    attach_uploads,
    check_upload,
    remove_waiting,
    send_waiting,
)
from channels.services.calls import read_call, take_call
from channels.services.chat import (
    close_chat,
    hand_over,
    open_chat,
    receive_chat,
    send_in_chat,
    take_delivery,
)
from channels.services.inbound import receive, receive_web_form
from channels.services.mail import ingest_email, set_aside_email
from channels.services.media import fetch_due
from channels.services.message_ids import find_ours, message_id_of, thread_after
from channels.services.outbound import (
    NOW,
    ToSend,
    recall_messages,
    send_message,
    send_messages,
)
from channels.services.polling import poll_due
from channels.services.quarantine import discard, quarantine, release
from channels.services.sending import resend, send_due, send_queued

__all__ = [
    "ACCEPTED_FILES",
    "NOW",
    "ToSend",
    "Unreachable",
    "add_account",
    "add_waiting",
    "attach_received",
    "attach_uploads",
    "call",
    "change_account",
    "check_upload",
    "close_chat",
    "discard",
    "fetch_due",
    "find_ours",
    "hand_over",
    "hook_url",
    "ingest_email",
    "message_id_of",
    "open_chat",
    "poll_due",
    "quarantine",
    "read_call",
    "recall_messages",
    "receive",
    "receive_chat",
    "receive_web_form",
    "release",
    "remove_waiting",
    "resend",
    "send_due",
    "send_in_chat",
    "send_message",
    "send_messages",
    "send_queued",
    "send_waiting",
    "set_aside_email",
    "switch_account",
    "take_call",
    "take_delivery",
    "thread_after",
    "try_account",
    "values_of",
]
