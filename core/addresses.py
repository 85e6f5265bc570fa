"""E-mail addresses as people really have them.

Django's own check refuses addresses that mail reaches every day: `a..b@docomo.ne.jp`, `root@intranet`,
`用户@例子.公司`. Whoever wrote to us from one is a customer, so what we keep asks only for what mail needs. What
somebody types for us to reach them by must also look like an address, or a number, of a person.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.text import is_address, is_typed_address, is_typed_phone


def check_address(text: str) -> None:
    """Raise `ValidationError` when nothing could be sent there."""
    if not is_address(text):
        raise ValidationError(
            _("“%(text)s” is not an e-mail address. Write it like name@example.com."),
            code="invalid",
            params={"text": text},
        )


def check_typed_address(text: str) -> None:
    """Raise `ValidationError` when what somebody typed is no address that a person has."""
    if not is_typed_address(text):
        raise ValidationError(
            _("“%(text)s” is not an e-mail address. Write it like name@example.com."),
            code="invalid",
            params={"text": text},
        )


def check_typed_phone(text: str) -> None:
    """Raise `ValidationError` when what somebody typed is no number that can be called."""
    if not is_typed_phone(text):
        raise ValidationError(
            _("“%(text)s” is not a phone number. Write at least 5 digits, such as +1 212 555 0142."),
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


class TypedAddressInput(AddressInput):
    """Where somebody types an e-mail address by which they want to be reached."""

    default_validators = [check_typed_address]


class TypedPhoneInput(forms.CharField):
    """Where somebody types a phone number by which they want to be reached."""

    default_validators = [check_typed_phone]
