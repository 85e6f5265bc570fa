"""The cast: Acme's people, the provider's Pia, and Mallory of Globex, who must see nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from accounts import services as accounts
from accounts.enums import RoleCode
from accounts.models import Membership, User
from accounts.queries import actor_of
from tenants.active import tenant_active
from tenants.actors import Actor
from tenants.models import Tenant
from tenants.services import create_tenant

PASSWORD = "correct-horse-battery"
AT = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
"""A Monday, 09:00 in Tokyo."""


@dataclass(frozen=True)
class Person:
    """Somebody with a place in a tenant."""

    user: User
    membership: Membership
    actor: Actor


@dataclass(frozen=True)
class Company:
    """A tenant and its people, by first name."""

    tenant: Tenant
    people: dict[str, Person]

    def __getattr__(self, name: str) -> Person:
        try:
            return self.people[name]
        except KeyError:
            raise AttributeError(name) from None


ACME = {
    "ada": ("Ada Admin", RoleCode.TENANT_ADMIN),
    "dirk": ("Dirk Director", RoleCode.SERVICE_DIRECTOR),
    "sora": ("Sora Desk", RoleCode.SERVICE_DESK),
    "dora": ("Dora Dispatcher", RoleCode.DISPATCHER),
    "tom": ("Tom Engineer", RoleCode.ENGINEER),
    "stan": ("Stan Storekeeper", RoleCode.STOREKEEPER),
    "cora": ("Cora Clerk", RoleCode.SETTLEMENT_CLERK),
    "pia": ("Pia Partner", RoleCode.PROVIDER_MANAGER),
}
GLOBEX = {
    "mallory": ("Mallory Rival", RoleCode.TENANT_ADMIN),
    "greg": ("Greg Engineer", RoleCode.ENGINEER),
}


def found_company(slug: str, name: str, people: dict[str, tuple[str, RoleCode]], **facts: object) -> Company:
    """A tenant with its default roles and these people; leaves no tenant active."""
    tenant = create_tenant(slug=slug, name=name, **facts)
    founder = Actor.system("tests")
    members: dict[str, Person] = {}
    with tenant_active(tenant.pk):
        accounts.create_default_roles(actor=founder)
        for key, (full_name, role) in people.items():
            membership = accounts.add_member(
                email=f"{key}@{slug}.example",
                name=full_name,
                role_code=role,
                actor=founder,
                at=AT,
                password=PASSWORD,
                provider_code="partnerworks" if role == RoleCode.PROVIDER_MANAGER else "",
            )
            members[key] = Person(membership.user, membership, actor_of(membership))
    return Company(tenant, members)
