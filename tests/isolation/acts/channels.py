"""Valid bodies for the routes of channels, hooks, and of the public doors."""

from __future__ import annotations

from channels.models import Attachment, ChannelAccount, ChatSession, InboundMessage, OutboundMessage
from tests.isolation.routes import Act, Own, put
from tests.isolation.world import CHAT, Side, chat_code_of
from tickets.models import Ticket


def _in_the_chat(side: Side) -> None:
    """The file came with a message of the session."""
    room = side.row(ChatSession, CHAT).room
    came = side.row(Attachment).inbound_id
    InboundMessage.objects.filter(pk=came or 0).update(channel="chat", reference=room)


def _in_chat(**facts: str) -> Act:
    """A call of the chat's frame, with the secret of its session."""
    return Act(lambda side: {"code": chat_code_of(side), **facts}, who="")


PAGES: dict[str, Act] = {
    "channels:account_create": Act(
        {"provider": "line", "name": "LINE", "address": "@acme", "channel_secret": "a", "access_token": "b"}
    ),
    "channels:account_edit": Act(
        {"name": "WeChat", "address": "acme", "app_id": "wx1", "app_secret": "a", "token": "b"}
    ),
    "channels:account_try": Act(before=put(ChannelAccount, adapter="mailbox", options={})),
    "channels:account_switch": Act({"is_active": "0"}),
    "channels:message_resend": Act(before=put(OutboundMessage, status="failed")),
    "hooks:hook": Act({"MsgId": "1"}, who=""),
    "intake:asset_request": Act({"body": "It smokes", "ticket": Own(Ticket)}, who="", n=0),
    "intake:request": Act(
        {"name": "Mari", "email": "mari@aoki.example", "subject": "No heat", "body": "Since today"}, who=""
    ),
    "intake:chat_open": Act({"name": "Mari", "email": "mari@aoki.example"}, who=""),
    "intake:chat_say": _in_chat(key="k", body="It smokes"),
    "intake:chat_read": _in_chat(),
    "intake:chat_file": Act(
        lambda side: {"code": chat_code_of(side), "id": side.row(Attachment).pk}, who="", before=_in_the_chat
    ),
    "intake:chat_typing": _in_chat(),
    "intake:chat_pass": _in_chat(),
    "intake:chat_close": _in_chat(),
}
