"""Choices of channels."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Channel(models.TextChoices):
    """How words reach us or leave us."""

    EMAIL = "email", pgettext_lazy("channel", "E-mail")
    WEB = "web", _("Web form")
    PHONE = "phone", _("Phone")
    API = "api", _("API")
    QR = "qr", _("QR code")
    MOBILE = "mobile", _("Mobile app")
    SMS = "sms", _("SMS")
    CHAT = "chat", _("Chat")
    LINE = "line", "LINE"
    WECHAT = "wechat", _("WeChat")
    OTHER = "other", _("Other")


class InboundStatus(models.TextChoices):
    """What became of raw input."""

    RECEIVED = "received", _("Received")
    READ = "read", _("Read")
    QUARANTINED = "quarantined", _("Quarantined")


class OutboundStatus(models.TextChoices):
    """What became of words we sent."""

    QUEUED = "queued", _("Queued")
    SENT = "sent", _("Sent")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Failed")


class InboundProblem(models.TextChoices):
    """Why raw input was set aside for a person."""

    EMPTY = "empty", _("It is empty.")
    UNREADABLE = "unreadable", _("It could not be read.")
    NO_SENDER = "no_sender", _("It names no sender, so nobody could be answered.")
    NO_HEADERS = "no_headers", _("It has no headers, so it names no sender.")
    NOTHING = "nothing", _("It has neither subject nor text nor attachment.")
    FLOOD = "flood", _("Its sender writes the same again and again, as machines answering each other do.")
    HANDLING = "handling", _("It was read, but no ticket could be made of it.")


class AttachmentState(models.TextChoices):
    """What became of an attached file."""

    KEPT = "kept", _("Kept")
    REFUSED = "refused", _("Refused")


class ChoiceReason(models.TextChoices):
    """Why an answer goes out by this channel."""

    PREFERRED = "preferred", _("They like to be reached this way.")
    NOT_WRITTEN = "not_written", _("They prefer calls, so this is how the words go out.")
    NO_ADDRESS = "no_address", _("We do not know where to reach them the way they prefer.")
    NO_ACCOUNT = "no_account", _("We have no active account for the channel they prefer.")


class FileProblem(models.TextChoices):
    """Why an attached file is not kept."""

    EMPTY = "empty", _("it is empty.")
    HEAVY = "heavy", _("it is larger than 25 MB.")
    EXECUTABLE = "executable", _("it is a program, or holds one.")
    MACRO = "macro", _("it is a document with macros.")
    BOMB = "bomb", _("it would unpack to far more than it is.")
    DISGUISED = "disguised", _("it is not what it says it is.")
    PICTURE = "picture", _("it is no picture that can be read.")
    KIND = "kind", _("only pictures, videos, PDF, text and office files can be sent here.")
    MISSING = "missing", _("its provider did not give it to us.")
