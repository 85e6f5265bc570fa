"""Part, StockLocation, StockLevel, Movement."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from inventory import rules
from inventory.enums import LocationKind, MovementKind, PartUnit
from tenants.models import TenantModel
from workforce.models import Engineer


class Part(TenantModel):
    """A catalogue item. `price_minor` is its list price in the tenant's currency."""

    code = models.CharField(_("Code"), max_length=60)
    name = models.CharField(_("Name"), max_length=200)
    unit = models.CharField(_("Unit"), max_length=10, choices=PartUnit.choices, default=PartUnit.PIECE)
    price_minor = models.BigIntegerField(_("List price"), default=0)
    is_active = models.BooleanField(_("Active"), default=True)
    updated_at = models.DateTimeField(auto_now=True)

    refusals = {
        "part_code_uniq": _("This code is in use already. Use the one that exists, or choose another code."),
        "part_price_positive": _("A price cannot be below 0."),
    }

    class Meta:
        ordering = ["code", "id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "code"], name="part_code_uniq"),
            models.CheckConstraint(condition=models.Q(price_minor__gte=0), name="part_price_positive"),
        ]
        indexes = [models.Index(fields=["tenant", "updated_at", "id"], name="part_updated_idx")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class StockLocation(TenantModel):
    """A store, a branch's shelf or an engineer's van."""

    code = models.SlugField(_("Code"), max_length=40)
    name = models.CharField(_("Name"), max_length=120)
    kind = models.CharField(_("Kind"), max_length=10, choices=LocationKind.choices)
    engineer = models.ForeignKey(
        Engineer, on_delete=models.PROTECT, null=True, blank=True, related_name="vans"
    )

    refusals = {
        "location_code_uniq": _(
            "This code is in use already. Use the one that exists, or choose another code."
        ),
        "location_van_uniq": _("This engineer has a van already. Choose another engineer."),
        "location_van_has_engineer": _("Choose the engineer of a van; other places have none."),
    }

    class Meta:
        ordering = ["kind", "name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "code"], name="location_code_uniq"),
            models.UniqueConstraint(
                fields=["tenant", "engineer"],
                condition=models.Q(engineer__isnull=False),
                name="location_van_uniq",
            ),
            models.CheckConstraint(
                condition=models.Q(kind="van", engineer__isnull=False)
                | ~models.Q(kind="van") & models.Q(engineer__isnull=True),
                name="location_van_has_engineer",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class StockLevel(TenantModel):
    """How many of a part lie at a location: the sum of its movements, never negative."""

    part = models.ForeignKey(Part, on_delete=models.PROTECT, related_name="levels")
    location = models.ForeignKey(StockLocation, on_delete=models.PROTECT, related_name="levels")
    on_hand = models.DecimalField(max_digits=12, decimal_places=3, default=0)
    minimum = models.DecimalField(max_digits=12, decimal_places=3, default=0)
    updated_at = models.DateTimeField(auto_now=True)

    refusals = {
        "stock_never_negative": _("There are not as many in stock. Take fewer, or count what is there."),
    }

    class Meta:
        ordering = ["part__code", "location__name"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "part", "location"], name="stock_level_uniq"),
            models.CheckConstraint(condition=models.Q(on_hand__gte=0), name="stock_never_negative"),
        ]
        indexes = [models.Index(fields=["tenant", "updated_at", "id"], name="stock_level_updated_idx")]

    def __str__(self) -> str:
        return f"{self.part} @ {self.location}: {self.on_hand}"

    @property
    def is_low(self) -> bool:
        return self.on_hand < self.minimum

    @property
    def state(self) -> str:
        """ok, low or out: the stock vocabulary of the look."""
        return rules.level_state(self.on_hand, self.minimum)


class Movement(TenantModel):
    """One change of stock: append-only. `quantity` is signed; a repeated `key` is the same movement."""

    part = models.ForeignKey(Part, on_delete=models.PROTECT, related_name="movements")
    location = models.ForeignKey(StockLocation, on_delete=models.PROTECT, related_name="movements")
    kind = models.CharField(max_length=12, choices=MovementKind.choices)
    quantity = models.DecimalField(max_digits=12, decimal_places=3)
    key = models.CharField(max_length=120)
    reason = models.CharField(max_length=200, blank=True)
    actor_label = models.CharField(max_length=200)
    at = models.DateTimeField()

    refusals = {
        "movement_moves": _("Say how many: more than nothing."),
    }

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "key"], name="movement_once"),
            models.CheckConstraint(condition=~models.Q(quantity=0), name="movement_moves"),
        ]
        indexes = [models.Index(fields=["tenant", "part", "location", "-id"], name="movement_level_idx")]

    def __str__(self) -> str:
        return f"{self.kind} {self.quantity}"
