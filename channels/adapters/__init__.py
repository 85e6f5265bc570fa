"""The providers that we can speak with. A new one is entered here: see docs/channels.md."""

from __future__ import annotations

from channels.adapters.base import Adapter
from channels.adapters.esp import EspAdapter
from channels.adapters.gateway import GatewayAdapter
from channels.adapters.line import LineAdapter
from channels.adapters.mailbox import MailboxAdapter
from channels.adapters.twilio import TwilioAdapter
from channels.adapters.wechat import WeChatAdapter
from channels.adapters.widget import WidgetAdapter

ADAPTERS: dict[str, Adapter] = {
    adapter.code: adapter
    for adapter in (
        MailboxAdapter(),
        EspAdapter(),
        LineAdapter(),
        WeChatAdapter(),
        TwilioAdapter(),
        GatewayAdapter(),
        WidgetAdapter(),
    )
}
"""By the code that an account keeps, in the order in which they are offered."""

POLLED = tuple(code for code, adapter in ADAPTERS.items() if adapter.polls)
SENDING = tuple(code for code, adapter in ADAPTERS.items() if adapter.sends)


def find_adapter(code: str) -> Adapter | None:
    """The adapter of this code, or None when this installation does not have it."""
    return ADAPTERS.get(code)
