"""Choices of notices."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class MailWish(models.TextChoices):
    """Which notices a person also wants by e-mail. In the product they see all of them."""

    ALL = "all", _("Every notice")
    WARNINGS = "warnings", _("Only when a promise is at risk or broken")
    NONE = "none", _("None")
