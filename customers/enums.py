"""Choices of customers."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class CustomerTier(models.TextChoices):
    """How much a customer was promised."""

    STANDARD = "standard", _("Standard")
    GOLD = "gold", _("Gold")
    KEY = "key", _("Key account")


class ContactChannel(models.TextChoices):
    """How a contact likes to be reached."""

    EMAIL = "email", pgettext_lazy("channel", "E-mail")
    PHONE = "phone", _("Phone")
    SMS = "sms", _("SMS")
    LINE = "line", "LINE"
    WECHAT = "wechat", _("WeChat")
    CHAT = "chat", _("Chat")
