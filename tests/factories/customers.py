"""Customers, contacts, sites and assets for tests, made through the services inside the active tenant."""

from __future__ import annotations

from typing import Any

from customers import services
from customers.models import Asset, Contact, Customer, Site
from tenants.actors import Actor
from tests.cast import AT

FOUNDER = Actor.system("tests")


def make_customer(**facts: Any) -> Customer:
    return services.create_customer(**{"name": "Aoki Building", "actor": FOUNDER, "at": AT, **facts})


def make_contact(customer: Customer | None = None, **facts: Any) -> Contact:
    customer = customer or make_customer()
    values = {"name": "Mari Aoki", "email": "mari@aoki.example", "phone": "03-5555-0142", **facts}
    return services.add_contact(customer_id=customer.pk, **{"actor": FOUNDER, "at": AT, **values})


def make_site(customer: Customer | None = None, **facts: Any) -> Site:
    customer = customer or make_customer()
    values = {"name": "Head office", "address": "Uchikanda 2-4-8", "area": "chiyoda", **facts}
    return services.add_site(customer_id=customer.pk, **{"actor": FOUNDER, "at": AT, **values})


def make_asset(site: Site | None = None, **facts: Any) -> Asset:
    site = site or make_site()
    return services.add_asset(site_id=site.pk, **{"name": "Copier 3F", "actor": FOUNDER, "at": AT, **facts})
