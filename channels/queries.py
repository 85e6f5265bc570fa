"""Reads of raw input and of outgoing messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from channels import adapters, chats, html, rules
from channels.enums import AttachmentState, Channel, InboundStatus
from channels.models import Attachment, ChannelAccount, ChatSession, InboundMessage, OutboundMessage
from core.errors import NotFound
from tenants.queries import current_tenant


def get_inbound(message_id: int) -> InboundMessage:
    """The raw message; raises NotFound."""
    found = InboundMessage.objects.defer("raw").filter(pk=message_id).first()
    if found is None:
        raise NotFound(_("Message %(id)s is not here.") % {"id": message_id})
    return found


def last_messages_from(channel: str, sender: str) -> QuerySet[InboundMessage]:
    """What a sender last wrote on a messaging channel, newest first, at most twenty."""
    return InboundMessage.objects.filter(channel=channel, sender_address=sender).order_by("-id")[:20]


def answers_to(message_id: str, sender: str) -> list[int]:
    """The ids of e-mails by this sender that answer this Message-ID, first come first, at most five."""
    answers = InboundMessage.objects.filter(channel=Channel.EMAIL, reference=message_id)
    # Sorted here: asked for in order, the database may walk all messages in that order instead.
    return sorted(answers.filter(sender_address=sender).order_by().values_list("pk", flat=True)[:5])


def own_email_addresses() -> frozenset[str]:
    """The addresses that mail of ours comes from, in lower case: the installation's, the company's own, and
    those of its active accounts."""
    accounts = ChannelAccount.objects.filter(channel=Channel.EMAIL, is_active=True)
    found = {address.lower() for address in accounts.order_by().values_list("address", flat=True)}
    found |= {parseaddr(settings.DEFAULT_FROM_EMAIL)[1].lower(), current_tenant().email.lower()}
    return frozenset(found - {""})


def quarantined() -> QuerySet[InboundMessage]:
    """What could not be read and waits for a person, newest first, without the raw bytes."""
    return InboundMessage.objects.defer("raw").filter(status=InboundStatus.QUARANTINED).order_by("-id")


def outbound_by_keys(keys: list[str]) -> dict[str, OutboundMessage]:
    """Messages of ours by the key they were ordered with."""
    return {message.key: message for message in OutboundMessage.objects.filter(key__in=keys)}


MOST_LINES = 200


@dataclass(frozen=True, slots=True)
class ChatLine:
    """One message of a chat as its visitor sees it. `key` is what the visitor's page called its own one."""

    id: int
    is_ours: bool
    key: str
    body: str
    at: datetime
    files: tuple[Attachment, ...] = ()


def find_chat_account(hook: str) -> ChannelAccount | None:
    """The active chat account at this address, or None."""
    return ChannelAccount.objects.filter(channel=Channel.CHAT, hook=hook, is_active=True).first()


def find_own_chat() -> ChannelAccount | None:
    """The chat that our own public pages show: the oldest active one, or None."""
    return ChannelAccount.objects.filter(channel=Channel.CHAT, is_active=True).order_by("pk").first()


def chat_options(account: ChannelAccount) -> chats.ChatOptions:
    """How the tenant wants this widget."""
    return chats.ChatOptions.read(account.address, account.options)


def find_chat(code: str, account_id: int, at: datetime) -> ChatSession | None:
    """The open session whose secret this is, on this account; None when it is unknown, ended or too old."""
    return ChatSession.objects.filter(
        code_hash=chats.hash_of(code),
        account=account_id,
        closed_at__isnull=True,
        seen_at__gt=at - chats.LIFETIME,
    ).first()


def find_chat_named(name: str) -> ChatSession | None:
    """The session that messages name like this ("chat-7"), or None."""
    prefix, _dash, number = name.rpartition("-")
    if prefix != "chat" or not number.isdecimal():
        return None
    return ChatSession.objects.filter(pk=int(number)).first()


def chat_lines(session: ChatSession, *, heard: int = 0, told: int = 0) -> list[ChatLine]:
    """What was said in a chat, oldest first: theirs after the id `heard`, ours after the id `told`."""
    name = session.room
    theirs = InboundMessage.objects.defer("raw").filter(channel=Channel.CHAT, reference=name, pk__gt=heard)
    ours = OutboundMessage.objects.filter(channel=Channel.CHAT, recipient=name, pk__gt=told)
    prefix = len(name) + 1
    received, sent = list(theirs.order_by("id")[:MOST_LINES]), list(ours.order_by("id")[:MOST_LINES])
    files = _files_of(received, sent) if received or sent else {}
    lines = [
        ChatLine(
            m.pk, False, m.external_id[prefix:], m.body, m.received_at, tuple(files.get((m.pk, None), ()))
        )
        for m in received
    ]
    lines += [
        ChatLine(m.pk, True, "", m.body, m.created_at, tuple(files.get((None, m.pk), ()))) for m in sent
    ]
    return sorted(lines, key=lambda line: (line.at, line.is_ours, line.id))


def _files_of(
    received: list[InboundMessage], sent: list[OutboundMessage]
) -> dict[tuple[int | None, int | None], list[Attachment]]:
    """Kept files by the ids of the message that they came or went with."""
    found: dict[tuple[int | None, int | None], list[Attachment]] = {}
    for file in _kept().filter(Q(inbound__in=received) | Q(outbound__in=sent)).order_by("id"):
        found.setdefault((file.inbound_id, file.outbound_id), []).append(file)
    return found


def find_chat_file(session: ChatSession, attachment_id: int) -> Attachment | None:
    """A kept file that was sent in this session, by either side; None for every other."""
    theirs = Q(inbound__channel=Channel.CHAT, inbound__reference=session.room)
    ours = Q(outbound__channel=Channel.CHAT, outbound__recipient=session.room)
    return _kept().filter(theirs | ours, pk=attachment_id).first()


def _kept() -> QuerySet[Attachment]:
    return Attachment.objects.filter(state=AttachmentState.KEPT).exclude(file="")


def accounts() -> QuerySet[ChannelAccount]:
    """The tenant's accounts, by channel and name."""
    return ChannelAccount.objects.order_by("channel", "name", "id")


def get_account(account_id: int) -> ChannelAccount:
    """The account; raises NotFound."""
    return _account(ChannelAccount.objects.filter(pk=account_id).first(), account_id)


def account_for_update(account_id: int) -> ChannelAccount:
    """The account, locked; raises NotFound."""
    return _account(ChannelAccount.objects.select_for_update().filter(pk=account_id).first(), account_id)


def _account(found: ChannelAccount | None, account_id: int) -> ChannelAccount:
    if found is None:
        raise NotFound(_("Account %(id)s is not here.") % {"id": account_id})
    return found


def find_account_by_hook(hook: str) -> ChannelAccount | None:
    """The active account whose webhook this is, or None."""
    return ChannelAccount.objects.filter(hook=hook, is_active=True).first() if hook else None


def find_sending_account(channel: str, wanted_id: int | None = None) -> ChannelAccount | None:
    """The account that messages of a channel go out by: the wanted one if it is active, else the newest."""
    able = ChannelAccount.objects.filter(channel=channel, is_active=True, adapter__in=adapters.SENDING)
    wanted = able.filter(pk=wanted_id).first() if wanted_id else None
    return wanted or able.order_by("-pk").first()


def sending_channels() -> set[str]:
    """Channels on which words can be sent now. E-mail always can: the installation itself sends it."""
    able = ChannelAccount.objects.filter(is_active=True, adapter__in=adapters.SENDING)
    return {Channel.EMAIL.value, *able.order_by().values_list("channel", flat=True).distinct()}


def outbound_for_update(message_id: int) -> OutboundMessage:
    """The message of ours, locked; raises NotFound."""
    found = OutboundMessage.objects.select_for_update().filter(pk=message_id).first()
    if found is None:
        raise NotFound(_("Message %(id)s is not here.") % {"id": message_id})
    return found


def html_of(message: InboundMessage, addresses: Mapping[str, str]) -> str:
    """The message as it was laid out, safe to show; its own pictures are at these addresses by content id."""
    return html.with_pictures(message.html, addresses)


def waiting_attachments(place: str) -> QuerySet[Attachment]:
    """Files on no message that rest at this place: in a draft, or at words that went out by no message."""
    return Attachment.objects.filter(inbound__isnull=True, outbound__isnull=True, content_id=place)


def attachments_received(inbound_ids: list[int]) -> dict[int, list[Attachment]]:
    """Files by the raw message they came with, in their order."""
    found: dict[int, list[Attachment]] = {}
    for attachment in Attachment.objects.filter(inbound__in=inbound_ids).order_by("id"):
        found.setdefault(attachment.inbound_id or 0, []).append(attachment)
    return found


def attachments_sent(keys: list[str]) -> dict[str, list[Attachment]]:
    """Files by the key of the message of ours that carries them, in their order."""
    found: dict[str, list[Attachment]] = {}
    sent = Attachment.objects.filter(outbound__key__in=keys).select_related("outbound").order_by("id")
    for attachment in sent:
        if attachment.outbound is not None:
            found.setdefault(attachment.outbound.key, []).append(attachment)
    return found


def attachments_at(places: list[str]) -> dict[str, list[Attachment]]:
    """Files on no message by the place where they rest."""
    found: dict[str, list[Attachment]] = {}
    for one in Attachment.objects.filter(
        inbound__isnull=True, outbound__isnull=True, content_id__in=places
    ).order_by("id"):
        found.setdefault(one.content_id, []).append(one)
    return found


def find_way_to(*, prefers: str, came_by: str, addresses: Mapping[str, str]) -> rules.Choice | None:
    """How to answer a customer with the accounts that are active now; None when there is no way."""
    return rules.choose_channel(
        prefers=prefers, came_by=came_by, addresses=addresses, can_send=sending_channels()
    )
