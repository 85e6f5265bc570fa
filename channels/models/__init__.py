"""Raw input, outgoing messages, their files, and the accounts they pass through."""

from __future__ import annotations

from channels.models.accounts import ChannelAccount
from channels.models.attachments import Attachment
from channels.models.chat import ChatSession
from channels.models.messages import InboundMessage, OutboundMessage

__all__ = ["Attachment", "ChannelAccount", "ChatSession", "InboundMessage", "OutboundMessage"]
