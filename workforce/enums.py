"""Choices of the workforce."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Liking(models.TextChoices):
    """Whether two belong together: engineer and customer, or two engineers of a crew."""

    PREFERRED = "preferred", _("Preferred")
    EXCLUDED = "excluded", _("Never")
