"""Tenant, the base of every tenant table, and the numbers people read."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.validation import field_of, in_plain_words
from tenants.active import read_again
from tenants.enums import Currency, Language
from tenants.fields import TenantKey
from tenants.managers import TenantManager


def check_zone(name: str) -> None:
    """Refuse a name that is not an IANA time zone."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValidationError(
            _("%(zone)s is not a time zone. Use an IANA name such as Asia/Tokyo."), params={"zone": name}
        ) from error


class Tenant(models.Model):
    """One service company using the system. Global: read before any tenant is active."""

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    language = models.CharField(max_length=10, choices=Language.choices, default=Language.ENGLISH)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[check_zone])
    currency = models.CharField(max_length=3, choices=Currency.choices, default=Currency.USD)
    tax_rate_percent = models.DecimalField(max_digits=6, decimal_places=3, default=0)
    tax_registration = models.CharField(max_length=40, blank=True)
    address = models.CharField(max_length=300, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **options: Any) -> None:
        super().save(*args, **options)
        read_again()

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class TenantModel(models.Model):
    """Base of every table whose rows belong to one tenant."""

    refusals: ClassVar[dict[str, Promise]] = {}
    """What people are told when a constraint of the table refuses, by its name: what is wrong and the way out.
    Left out is what only a fault of ours could break."""

    id = models.BigAutoField(primary_key=True)
    tenant = TenantKey()

    objects = TenantManager()

    class Meta:
        abstract = True

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        """Raise `ValidationError` in the product's words."""
        try:
            super().clean_fields(exclude=exclude)
        except ValidationError as problem:
            raise in_plain_words(self, problem) from problem

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """Raise `ValidationError` in the words of `refusals`, at the field where only one is meant."""
        # The tenant is no form field, so Django would skip every tenant-led constraint.
        unknown = set(exclude or ()) - {"tenant"}
        found: dict[str, list[ValidationError]] = {}
        for constraint in self._meta.constraints:
            try:
                constraint.validate(type(self), self, exclude=unknown)
            except ValidationError:
                field = field_of(constraint, leave_out=unknown | {"tenant"})
                found.setdefault(field or NON_FIELD_ERRORS, []).append(self._refusal(constraint))
        if found:
            raise ValidationError(found)

    def _refusal(self, constraint: models.BaseConstraint) -> ValidationError:
        is_unique = isinstance(constraint, models.UniqueConstraint)
        if is_unique:
            plain = _("Another one like it exists already. Use that one, or change the values.")
        else:
            plain = _("These values do not go together. Check them and change what is wrong.")
        words = self.refusals.get(constraint.name, plain)
        return ValidationError(str(words), code="unique" if is_unique else "impossible")


class Counter(TenantModel):
    """The last number given out, per kind (T-1, WO-1, INV-1). It commits with its user: no gaps."""

    kind = models.CharField(max_length=30)
    value = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "kind"], name="counter_kind_uniq"),
            models.CheckConstraint(condition=models.Q(value__gte=0), name="counter_value_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"
