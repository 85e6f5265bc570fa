"""Choices of the tenant."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Language(models.TextChoices):
    """Languages the product speaks, each named in itself."""

    ENGLISH = "en", "English"
    JAPANESE = "ja", "日本語"
    CHINESE = "zh-hans", "简体中文"


class Currency(models.TextChoices):
    """Currencies a tenant may settle in (ISO 4217)."""

    USD = "USD", _("US dollar")
    JPY = "JPY", _("Japanese yen")
    CNY = "CNY", _("Chinese yuan")
    EUR = "EUR", _("Euro")
