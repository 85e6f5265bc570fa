"""The code on a piece of equipment."""

from __future__ import annotations

from django.db import models

from customers.models import Asset
from tenants.models import TenantModel


class AssetCode(TenantModel):
    """A revocable key to the request form of one asset: what its label's QR code opens. Only a hash is kept.

    The code is made from `nonce` with the installation's secret, so that a label can be printed again, while
    the database alone gives nobody a way in. An asset has at most one code that is not revoked.
    """

    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="codes")
    nonce = models.CharField(max_length=64)
    code_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "code_hash"], name="asset_code_uniq"),
            models.UniqueConstraint(
                fields=["tenant", "asset"],
                condition=models.Q(revoked_at__isnull=True),
                name="asset_one_living_code",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asset} {self.created_at:%Y-%m-%d}"
