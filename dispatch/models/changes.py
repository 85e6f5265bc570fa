"""What was written of that which kept worlds are made of: see `queries.live`."""

from __future__ import annotations

from django.db import models

from tenants.models import TenantModel


class WorldChange(TenantModel):
    """An engineer, or an engineer's visits, were written; 0 is every engineer. Only triggers write these rows.

    `xact` is the number of the transaction, `at` the time of its statement. Of rows that are deleted for their age
    the newest stays as the edge: who knows less than the edge does cannot tell what is missing.
    """

    engineer_id = models.BigIntegerField()
    is_plan = models.BooleanField(default=False)
    xact = models.BigIntegerField()
    at = models.DateTimeField()
    is_edge = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["tenant", "xact"], name="world_change_xact_idx")]

    def __str__(self) -> str:
        return f"{'visits' if self.is_plan else 'engineer'} {self.engineer_id}"
