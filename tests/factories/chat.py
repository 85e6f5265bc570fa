"""Chat accounts and sessions for tests."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from channels import services as channels
from channels.models import ChannelAccount, ChatSession
from tenants.actors import Actor
from tests.cast import AT
from tickets import services as tickets
from tickets.models import Ticket

VISITOR = Actor.customer("customer")
FOUNDER = Actor.system("tests")
SITE = "https://shop.example"


def make_chat_account(*, address: str = SITE, **options: Any) -> ChannelAccount:
    """An active chat for this site; keyword arguments are its options."""
    facts = {
        "origins": "",
        "greeting": "Hello!",
        "hours": "",
        "colour": "#0b5cad",
        "languages": "",
        **options,
    }
    return channels.add_account(
        adapter="widget",
        name="Website",
        address=address,
        options=facts,
        secrets={},
        actor=FOUNDER,
        at=AT,
    )


def make_chat(
    account: ChannelAccount | None = None, *, at: datetime = AT, name: str = "Mari", email: str = ""
) -> tuple[ChatSession, str]:
    """An open session and its code."""
    return channels.open_chat(
        account_id=(account or make_chat_account()).pk,
        name=name,
        email=email,
        language="en",
        page="https://shop.example/help",
        actor=VISITOR,
        at=at,
    )


def say(session: ChatSession, body: str, *, key: str = "", at: datetime = AT) -> Ticket:
    """What the visitor said, as a ticket."""
    _message, ticket = tickets.say_in_chat(session=session, key=key or body, body=body, actor=VISITOR, at=at)
    assert ticket is not None
    return ticket
