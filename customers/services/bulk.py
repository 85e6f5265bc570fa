"""Many sites at once, for imports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.enums import Permission
from core.text import fold
from customers.models import Customer, Site
from journal import services as journal
from tenants.actors import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSite:
    """One site of an import. `customer` is the name in the source; `external_id` makes two rows the same."""

    customer: str
    name: str
    external_id: str
    address: str = ""
    postal_code: str = ""
    city: str = ""
    area: str = ""
    latitude: float | None = None
    longitude: float | None = None
    time_zone: str = ""


@transaction.atomic
def add_sites_in_bulk(*, rows: Sequence[NewSite], source: str, actor: Actor, at: datetime) -> dict[str, Site]:
    """Sites by external id: those known from `source` are found, the others made, with customers by name.

    A customer of this source is known by its name. A fixed number of statements per 500 rows.
    """
    actor.require(Permission.CUSTOMER_EDIT)
    wanted = {row.external_id: row for row in rows}
    known = Site.objects.filter(source=source, external_id__in=wanted)
    found = {site.external_id: site for site in known}
    fresh = [row for key, row in wanted.items() if key not in found]
    customers = _customers_by_name({row.customer for row in fresh}, source, actor, at)
    made = Site.objects.bulk_create(
        [
            Site(
                customer=customers[row.customer],
                name=row.name[:200],
                address=row.address[:300],
                address_folded=fold(row.address)[:300],
                postal_code=row.postal_code[:20],
                city=row.city[:120],
                area=row.area[:80],
                latitude=row.latitude,
                longitude=row.longitude,
                time_zone=row.time_zone,
                source=source,
                external_id=row.external_id[:300],
            )
            for row in fresh
        ],
        batch_size=500,
    )
    journal.record_many(actor=actor, verb="created", things=made, at=at, source=source)
    return found | {site.external_id: site for site in made}


def _customers_by_name(names: set[str], source: str, actor: Actor, at: datetime) -> dict[str, Customer]:
    known = Customer.objects.filter(source=source, external_id__in=names)
    found = {customer.external_id: customer for customer in known}
    made = Customer.objects.bulk_create(
        [
            Customer(name=name[:200], name_folded=fold(name)[:200], source=source, external_id=name)
            for name in sorted(names - set(found))
        ],
        batch_size=500,
    )
    journal.record_many(actor=actor, verb="created", things=made, at=at, source=source)
    return found | {customer.external_id: customer for customer in made}
