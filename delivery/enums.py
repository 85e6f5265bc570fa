"""Choices of delivery."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ItemKind(models.TextChoices):
    """What a checklist item asks for."""

    CHECK = "check", _("Pass, fail or not applicable")
    READING = "reading", pgettext_lazy("measurement", "Reading")
    TEXT = "text", pgettext_lazy("answer", "Text")
    PHOTO = "photo", _("Photo")


class PhotoKind(models.TextChoices):
    """When a photo was taken."""

    BEFORE = "before", _("Before")
    AFTER = "after", _("After")
    OTHER = "other", _("Other")


class SignatureOutcome(models.TextChoices):
    """How the customer confirmed, or why not."""

    SIGNED = "signed", _("Signed")
    REFUSED = "refused", _("Refused")
    ABSENT = "absent", _("Nobody there")


class TimeKind(models.TextChoices):
    """What an engineer's time went to."""

    TRAVEL = "travel", _("Travel")
    WORK = "work", _("Work")
    BREAK = "break", _("Break")
