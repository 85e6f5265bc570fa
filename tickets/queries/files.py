"""What a message of the conversation holds beside its new words: quoted text, HTML and files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from channels import queries as channels
from channels.enums import AttachmentState
from channels.models import Attachment, InboundMessage
from core.errors import NotFound
from tenants.actors import Actor
from tickets.models import Ticket, TicketMessage
from tickets.queries.families import conversation_of

SENT_PREFIX = "ticket-message:"


@dataclass(slots=True)
class Content:
    """The rest of a message. `blocked` counts remote pictures left out of its HTML; `seal` hides it."""

    quoted: str = ""
    has_html: bool = False
    has_raw: bool = False
    blocked: int = 0
    seal: str = ""
    files: list[Attachment] = field(default_factory=list)


def place_of_draft(ticket_id: int, actor: Actor) -> str:
    """Where the files of the actor's draft wait."""
    return f"draft:{ticket_id}:{actor.membership_id or 0}"


def place_of_message(message_id: int) -> str:
    """Where files rest whose message did not leave the house."""
    return f"message:{message_id}"


def draft_files(ticket_id: int, actor: Actor) -> list[Attachment]:
    """Files that wait to go with the actor's next answer."""
    return list(channels.waiting_attachments(place_of_draft(ticket_id, actor)).order_by("id"))


def contents_of(messages: Sequence[TicketMessage]) -> dict[int, Content]:
    """What each of these messages holds beside its words, by message id, in four queries."""
    return _contents(messages, draft="")[0]


def contents_and_draft(
    messages: Sequence[TicketMessage], ticket_id: int, actor: Actor
) -> tuple[dict[int, Content], list[Attachment]]:
    """`contents_of` and `draft_files`, in no more queries than the first."""
    return _contents(messages, draft=place_of_draft(ticket_id, actor))


def _contents(
    messages: Sequence[TicketMessage], *, draft: str
) -> tuple[dict[int, Content], list[Attachment]]:
    found = {message.pk: Content() for message in messages}
    _add_received(found, messages)
    sent = [message.pk for message in messages if message.direction == "out"]
    keys = {f"{SENT_PREFIX}{pk}": pk for pk in sent}
    for key, files in channels.attachments_sent(list(keys)).items() if keys else ():
        found[keys[key]].files += files
    places = {place_of_message(pk): pk for pk in sent}
    wanted = [*filter(None, [draft]), *places]
    resting = channels.attachments_at(wanted) if wanted else {}
    waiting = resting.pop(draft, [])
    for place, files in resting.items():
        found[places[place]].files += files
    return found, waiting


def _add_received(found: dict[int, Content], messages: Iterable[TicketMessage]) -> None:
    by_inbound = {m.inbound_id: m.pk for m in messages if m.inbound_id is not None}
    if not by_inbound:
        return
    received = InboundMessage.objects.filter(pk__in=by_inbound).defer("raw", "body")
    for inbound in received:
        content = found[by_inbound[inbound.pk]]
        content.quoted, content.has_html = inbound.quoted, bool(inbound.html)
        content.has_raw = inbound.channel == "email"
        content.blocked = int(inbound.facts.get("blocked") or 0)
        content.seal = str(inbound.facts.get("seal") or "")
    for inbound_id, files in channels.attachments_received(list(by_inbound)).items():
        found[by_inbound[inbound_id]].files += files


def received_files(ticket: Ticket) -> list[Attachment]:
    """Every kept file the customer sent in this conversation, oldest first."""
    inbound = conversation_of(ticket).filter(inbound__isnull=False).values("inbound")
    return list(Attachment.objects.filter(inbound__in=inbound, state=AttachmentState.KEPT).order_by("id"))


def get_received_file(ticket: Ticket, file_id: int) -> Attachment:
    """A kept file the customer sent in this conversation; raises NotFound."""
    found = next((file for file in received_files(ticket) if file.pk == file_id), None)
    if found is None:
        raise NotFound(_("File %(id)s is not here.") % {"id": file_id})
    return found


def get_file(ticket: Ticket, file_id: int, actor: Actor) -> Attachment:
    """A kept file of this ticket's conversation, or of the actor's own draft to it; raises NotFound."""
    found = (
        Attachment.objects.select_related("outbound").filter(pk=file_id, state=AttachmentState.KEPT).first()
    )
    if found is None or not found.file or not _belongs(found, ticket, actor):
        raise NotFound(_("File %(id)s is not here.") % {"id": file_id})
    return found


def get_received(ticket: Ticket, message_id: int) -> InboundMessage:
    """The raw message behind one of the conversation; raises NotFound."""
    message = TicketMessage.objects.select_related("inbound").filter(pk=message_id, ticket=ticket).first()
    if message is None or message.inbound is None:
        raise NotFound(_("Message %(id)s is not here.") % {"id": message_id})
    return message.inbound


def _belongs(file: Attachment, ticket: Ticket, actor: Actor) -> bool:
    messages = TicketMessage.objects.filter(ticket=ticket)
    if file.inbound_id is not None:
        return messages.filter(inbound_id=file.inbound_id).exists()
    if file.outbound is not None:
        number = file.outbound.key.removeprefix(SENT_PREFIX).partition(":")[0]
        is_ours = file.outbound.key.startswith(SENT_PREFIX) and number.isdecimal()
        return is_ours and messages.filter(pk=int(number)).exists()
    if file.content_id == place_of_draft(ticket.pk, actor):
        return True
    number = file.content_id.removeprefix("message:")
    return number.isdecimal() and messages.filter(pk=int(number)).exists()
