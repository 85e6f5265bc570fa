"""What valid bodies of several apps share."""

from __future__ import annotations

from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.factories.delivery import picture
from tests.isolation.world import NOW


def local(hours: int) -> str:
    return f"{NOW + timedelta(hours=hours):%Y-%m-%dT%H:%M}"


def photo() -> SimpleUploadedFile:
    return SimpleUploadedFile("photo.jpg", picture(color="red"), "image/jpeg")
