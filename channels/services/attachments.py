"""Files of messages: judged, pictures written anew, kept by digest; and those that wait in a draft."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from django.core.files import File
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from channels import queries
from channels.email import ReadFile
from channels.enums import AttachmentState, FileProblem
from channels.files import ACCEPTED, PICTURES, Verdict, clean_name, judge, judge_upload
from channels.models import Attachment, InboundMessage, OutboundMessage
from core.errors import BadInput, NotFound
from core.pictures import NotAPicture, small_jpeg, small_png
from journal import services as journal
from tenants.actors import Actor

MOST_WAITING = 20
MOST_WAITING_BYTES = 20 * 1024 * 1024
WHOLE = "message.eml"
ACCEPTED_FILES = ACCEPTED
"""What strangers may send with a form, as a browser's file dialog wants it."""


@dataclass(frozen=True, slots=True)
class _Judged:
    """A file as it is to be kept: what it is, its bytes ("" when refused) and its size in pixels."""

    verdict: Verdict
    content: bytes
    width: int | None = None
    height: int | None = None


@transaction.atomic
def attach_received(
    *, message: InboundMessage, files: Sequence[ReadFile], actor: Actor, at: datetime
) -> list[Attachment]:
    """Keep what came with a message. A refused file keeps its name, size and reason; the raw one holds it."""
    kept = [_keep(file, at, inbound=message) for file in files]
    if kept:
        journal.record(actor=actor, verb="received", thing=message, at=at, changes={"files": len(kept)})
    return kept


@transaction.atomic
def note_missing(
    *, message: InboundMessage, files: Sequence[ReadFile], actor: Actor, at: datetime
) -> list[Attachment]:
    """Say of files that came with a message that their provider never gave them."""
    missing = [_keep(file, at, inbound=message, judged=_missing(file)) for file in files]
    journal.record(actor=actor, verb="received", thing=message, at=at, changes={"missing": len(missing)})
    return missing


@transaction.atomic
def attach_uploads(
    *, message: InboundMessage, files: Sequence[tuple[str, bytes]], actor: Actor, at: datetime
) -> list[Attachment]:
    """Keep (name, bytes) of files that came with a form."""
    read = [ReadFile(name, "", content) for name, content in files]
    return attach_received(message=message, files=read, actor=actor, at=at)


@transaction.atomic
def attach_whole(
    *, message: InboundMessage, original: BinaryIO, digest: str, size: int, actor: Actor, at: datetime
) -> Attachment:
    """Keep a message that is too large for the database as a file of its own, written in pieces."""
    whole = Attachment(
        inbound=message,
        name=WHOLE,
        content_type="message/rfc822",
        size=size,
        sha256=digest,
        created_at=at,
    )
    original.seek(0)
    whole.file.save(f"{digest[:32]}.eml", File(original), save=False)
    whole.save()
    journal.record(actor=actor, verb="received", thing=message, at=at, changes={"bytes": size})
    return whole


@transaction.atomic
def add_waiting(*, place: str, name: str, content: bytes, actor: Actor, at: datetime) -> Attachment:
    """Keep a file in a draft, named by `place`, until it is sent. Raises BadInput when it may not go."""
    read = ReadFile(name, "", content)
    judged = _judged(read)
    if judged.verdict.problem:
        raise BadInput(_refusal(judged.verdict.name, judged.verdict.problem))
    held = queries.waiting_attachments(place)
    total = (held.aggregate(total=Sum("size"))["total"] or 0) + len(judged.content)
    if held.count() >= MOST_WAITING or total > MOST_WAITING_BYTES:
        raise BadInput(
            _("“%(name)s” does not fit: an answer carries at most %(count)s files and %(size)s MB in all.")
            % {"name": judged.verdict.name, "count": MOST_WAITING, "size": MOST_WAITING_BYTES // 1024**2}
        )
    kept = _keep(read, at, judged=judged, place=place)
    journal.record(actor=actor, verb="attached", thing=kept, at=at, changes={"name": kept.name})
    return kept


@transaction.atomic
def remove_waiting(*, place: str, attachment_id: int, actor: Actor, at: datetime) -> None:
    """Take a file out of a draft again; it goes when nothing else holds it. Raises NotFound."""
    kept = queries.waiting_attachments(place).select_for_update().filter(pk=attachment_id).first()
    if kept is None:
        raise NotFound(_("File %(id)s is not here.") % {"id": attachment_id})
    journal.record(actor=actor, verb="removed", thing=kept, at=at, changes={"name": kept.name})
    storage, path = kept.file.storage, str(kept.file.name)
    kept.delete()
    if not Attachment.objects.filter(file=path).exists():
        transaction.on_commit(lambda: storage.delete(path))


@transaction.atomic
def send_waiting(
    *, place: str, outbound: OutboundMessage | None, instead: str, actor: Actor, at: datetime
) -> int:
    """Let a draft's files go with the message it became, or rest at the place `instead`: how many."""
    held = queries.waiting_attachments(place)
    if outbound is not None:
        return held.update(outbound=outbound, content_id="")
    return held.update(content_id=instead)


def lend_files(*, source: OutboundMessage, target: OutboundMessage) -> None:
    """Let another message of ours carry the same files."""
    for kept in list(source.attachments.all()):
        kept.pk, kept.outbound, kept._state.adding = None, target, True
        kept.save()


def _refusal(name: str, problem: str) -> str:
    """Why a file is not taken, as a sentence that names it."""
    reason = dict(FileProblem.choices).get(problem, problem)
    return _("“%(name)s” was not taken: %(reason)s") % {"name": name, "reason": reason}


def check_upload(*, name: str, content: bytes, actor: Actor) -> None:
    """Raise BadInput when a stranger may not send this file with a form, or it could not be kept. Changes nothing."""
    verdict = judge_upload(_judged(ReadFile(name, "", content)).verdict)
    if verdict.problem:
        raise BadInput(_refusal(verdict.name, verdict.problem))


def _keep(
    file: ReadFile,
    at: datetime,
    *,
    inbound: InboundMessage | None = None,
    place: str = "",
    judged: _Judged | None = None,
) -> Attachment:
    judged = judged or _judged(file)
    digest = hashlib.sha256(file.content).hexdigest() if file.content else ""
    kept = Attachment(
        inbound=inbound,
        name=judged.verdict.name,
        content_type=judged.verdict.content_type,
        size=file.cut or len(judged.content) or len(file.content),
        sha256=digest,
        content_id=place or file.content_id,
        width=judged.width,
        height=judged.height,
        created_at=at,
    )
    if judged.verdict.problem:
        kept.state, kept.reason = AttachmentState.REFUSED, judged.verdict.problem
    else:
        _write(kept, judged.content)
    kept.save()
    return kept


def _write(kept: Attachment, content: bytes) -> None:
    """Put the bytes into the store, unless the same file is there: a logo comes with every mail."""
    known = (
        Attachment.objects.filter(sha256=kept.sha256, state=AttachmentState.KEPT)
        .filter(content_type=kept.content_type, width__isnull=kept.width is None)
        .exclude(file="")
        .first()
    )
    if known is not None and known.file.storage.exists(str(known.file.name)):
        kept.file.name = known.file.name
        return
    kept.file.save(kept.sha256[:32], ContentFile(content), save=False)


def _missing(file: ReadFile) -> _Judged:
    return _Judged(Verdict(clean_name(file.name), file.content_type[:100], "missing"), b"")


def _judged(file: ReadFile) -> _Judged:
    if file.cut:
        return _Judged(Verdict(clean_name(file.name), file.content_type[:100], "heavy"), b"")
    verdict = judge(file.name, file.content, file.content_type)
    if verdict.problem or verdict.content_type not in PICTURES:
        return _Judged(verdict, b"" if verdict.problem else file.content)
    is_drawn = verdict.content_type in ("image/png", "image/gif")
    try:
        content, width, height = (small_png if is_drawn else small_jpeg)(file.content)
    except NotAPicture:
        return _Judged(Verdict(verdict.name, verdict.content_type, "picture"), b"")
    kind, extension = ("image/png", "png") if is_drawn else ("image/jpeg", "jpg")
    return _Judged(Verdict(_renamed(verdict.name, extension), kind), content, width, height)


def _renamed(name: str, extension: str) -> str:
    stem, dot, given = name.rpartition(".")
    if given.lower() in (extension, "jpeg" if extension == "jpg" else extension):
        return name
    return f"{stem if dot else name}.{extension}"
