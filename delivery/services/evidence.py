"""Answers, photos and the customer's signature."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import BadInput, Conflict
from core.text import clean
from delivery import queries, rules
from delivery.enums import ItemKind, PhotoKind, SignatureOutcome
from delivery.models import Answer, ChecklistItem, Photo, Signature
from delivery.photos import NotAPicture, clean_drawing, small_jpeg
from delivery.services.collecting import tell, visit_collecting
from tenants.actors import Actor


@transaction.atomic
def answer_item(
    *, visit_id: int, item_id: int, value: str, actor: Actor, at: datetime, comment: str = ""
) -> Answer:
    """Answer one step: pass / fail / na, a number, or words. A new answer is added; the old one is kept.

    A reading outside its limits is accepted and marked. The same answer again changes nothing.
    """
    visit = visit_collecting(visit_id, actor)
    submission = queries.get_submission(visit)
    item = queries.get_item(submission, item_id)
    said, is_within = _read(item, clean(value).strip())
    comment = clean(comment).strip()[:500]
    before = Answer.objects.filter(submission=submission, item=item).last()
    if before is not None and (before.value, before.comment) == (said, comment):
        return before
    answer = Answer.objects.create(
        submission=submission,
        item=item,
        value=said,
        comment=comment,
        is_within_limits=is_within,
        actor_label=actor.label[:200],
        at=at,
    )
    changes = {"step": item.label, "value": [before.value if before else "", said]}
    tell(visit, answer, kind="answer", verb="answered", actor=actor, at=at, changes=changes)
    return answer


@transaction.atomic
def add_photo(
    *, visit_id: int, kind: str, data: bytes, actor: Actor, at: datetime, item_id: int | None = None
) -> Photo:
    """Keep a photo, made small and without its metadata. The same file again is the same photo; it counts for the
    step that is named, unless it is another step's already."""
    visit = visit_collecting(visit_id, actor)
    item = queries.get_item(queries.get_submission(visit), item_id) if item_id is not None else None
    if kind not in PhotoKind.values:
        raise _bad("kind", _("A photo is one of: %(kinds)s.") % {"kinds": ", ".join(PhotoKind.values)})
    digest = hashlib.sha256(data).hexdigest()
    known = queries.photos_of(visit).filter(sha256=digest).first()
    if known is not None:
        return _known_photo(known, item)
    try:
        jpeg, width, height = small_jpeg(data)
    except NotAPicture as problem:
        raise _bad("photo", _picture_problem(str(problem))) from problem
    photo = Photo(visit=visit, item=item, kind=kind, sha256=digest, width=width, height=height, taken_at=at)
    photo.file.save(f"{digest[:32]}.jpg", ContentFile(jpeg), save=False)
    photo.save()
    changes = {"taken": kind, "step": item.label if item else ""}
    tell(visit, photo, kind="photo", verb="photographed", actor=actor, at=at, changes=changes)
    return photo


def _known_photo(known: Photo, item: ChecklistItem | None) -> Photo:
    """The photo that is here already, for the step that asks for it now."""
    if item is None or known.item_id == item.pk:
        return known
    if known.item is not None:
        message = _("This photo is already at the step “%(step)s”. Take another one for this step.")
        raise _bad("photo", message % {"step": known.item.label})
    known.item = item
    known.save(update_fields=["item"])
    return known


@transaction.atomic
def sign(
    *,
    visit_id: int,
    outcome: str,
    signer_name: str,
    drawing: str,
    reason: str,
    actor: Actor,
    at: datetime,
) -> Signature:
    """The customer's word: a name with a drawing (PNG data URL) or the reason why nothing is drawn; or why nobody
    signs.

    It covers what was recorded until then, by `document_hash`, and cannot be changed.
    """
    visit = visit_collecting(visit_id, actor)
    name, reason = clean(signer_name).strip()[:120], clean(reason).strip()[:300]
    drawn = _check_signature(outcome, name, drawing, reason)
    known = queries.signature_of(visit)
    if known is not None:
        if (known.outcome, known.signer_name) == (outcome, name):
            return known
        raise Conflict(
            _("%(visit)s was already signed off by %(name)s. A signature cannot be changed.")
            % {"visit": visit, "name": known.signer_name or known.get_outcome_display()}
        )
    signature = Signature.objects.create(
        visit=visit,
        outcome=outcome,
        signer_name=name,
        drawing=drawn,
        reason=reason,
        document_hash=queries.evidence_of(visit).document_hash,
        at=at,
    )
    changes = {"outcome": outcome, "signer": name, "reason": reason}
    tell(visit, signature, kind="signature", verb="signed", actor=actor, at=at, changes=changes)
    return signature


def _check_signature(outcome: str, name: str, drawing: str, reason: str) -> str:
    """The drawing to keep, or a refusal naming the field."""
    if outcome not in SignatureOutcome.values:
        raise _bad("outcome", _("Choose: signed, refused, or nobody there."))
    if outcome != SignatureOutcome.SIGNED:
        if not reason:
            raise _bad("reason", _("Say in a few words why there is no signature."))
        return ""
    if not name:
        raise _bad("signer_name", _("Write the name of the person who signs."))
    try:
        drawn = clean_drawing(drawing) if drawing else ""
    except NotAPicture as problem:
        raise _bad("drawing", _drawing_problem(str(problem))) from problem
    if not drawn and not reason:
        raise _bad(
            "drawing",
            _("Nothing is drawn. Sign with a finger in the box, or say why there is only the name."),
        )
    return drawn


def _read(item: ChecklistItem, value: str) -> tuple[str, bool]:
    """(the answer as kept, whether it is within limits). Raises `BadInput`."""
    if item.kind == ItemKind.PHOTO:
        raise _bad("value", _("“%(step)s” wants a photo. Take one instead.") % {"step": item.label})
    if item.kind == ItemKind.CHECK:
        if value not in rules.CHECK_VALUES:
            raise _bad("value", _("“%(step)s” wants pass, fail or na.") % {"step": item.label})
        return value, value != "fail"
    if item.kind == ItemKind.READING:
        number = rules.read_number(value)
        if number is None:
            message = _("“%(step)s” wants a number such as 1.8; “%(value)s” is none.")
            raise _bad("value", message % {"step": item.label, "value": value[:40]})
        return f"{number.normalize():f}", rules.is_within(number, item.minimum, item.maximum)
    if not value or len(value) > 500:
        raise _bad("value", _("“%(step)s” wants 1 to 500 characters.") % {"step": item.label})
    return value, True


def _picture_problem(which: str) -> str:
    return {
        "empty": _("The photo is empty. Take it again."),
        "heavy": _("The photo is larger than 20 MB. Choose a smaller size in the camera."),
        "large": _("The photo has more than 60 million pixels. Choose a smaller size in the camera."),
    }.get(which, _("This file is no photo that can be read. Send a JPEG, PNG or WebP picture."))


def _drawing_problem(which: str) -> str:
    if which in ("heavy", "large"):
        return _("The drawn signature is too large: at most 200 KB. Clear it and sign again.")
    return _("The drawn signature cannot be read: it must be a PNG picture. Sign again.")


def _bad(field: str, message: str) -> BadInput:
    return BadInput(message, errors={field: [message]})
