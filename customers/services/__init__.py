"""What may be done to customers, contacts, sites and assets."""

from customers.services.bulk import NewSite, add_sites_in_bulk
from customers.services.records import (
    add_asset,
    add_contact,
    add_contract,
    add_site,
    create_customer,
    note_address,
    update_asset,
    update_contact,
    update_contract,
    update_customer,
    update_site,
)
from customers.services.visiting import set_site_hours

__all__ = [
    "NewSite",
    "add_asset",
    "add_contact",
    "add_contract",
    "add_site",
    "add_sites_in_bulk",
    "create_customer",
    "note_address",
    "set_site_hours",
    "update_asset",
    "update_contact",
    "update_contract",
    "update_customer",
    "update_site",
]
