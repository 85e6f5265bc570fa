"""E-mail addresses as people really have them.

Django's own check refuses addresses that mail reaches every day: `a..b@docomo.ne.jp`, `root@intranet`,
`用户@例子.公司`. Whoever wrote to us from one is a customer, so these fields ask only for what mail needs.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.text import is_address


def check_address(text: str) -> None:
    """Raise `ValidationError` when nothing could be sent there."""
    if not is_address(text):
        raise ValidationError(
            _("“%(text)s” is not an e-mail address. Write it like name@example.com."),
            code="invalid",
            params={"text": text},
        )


class AddressInput(forms.EmailField):
    """Where a form asks for somebody's e-mail address."""

    default_validators = [check_address]


class AddressField(models.EmailField):  # type: ignore[type-arg]
    """Where we keep a customer's e-mail address."""

    default_validators = [check_address]

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": AddressInput, **kwargs})
