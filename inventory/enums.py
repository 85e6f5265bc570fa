"""Choices of inventory."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class LocationKind(models.TextChoices):
    """Where parts lie."""

    STORE = "store", _("Central store")
    BRANCH = "branch", _("Branch")
    VAN = "van", _("Van")


class MovementKind(models.TextChoices):
    """Why stock changed."""

    RECEIVED = "received", _("Received")
    TRANSFERRED = "transferred", _("Transferred")
    USED = "used", _("Used")
    RETURNED = "returned", _("Returned")
    COUNTED = "counted", _("Counted")


class PartUnit(models.TextChoices):
    """What one of a part is."""

    PIECE = "piece", _("piece")
    METRE = "metre", _("metre")
    LITRE = "litre", _("litre")
    KILOGRAM = "kilogram", _("kilogram")
