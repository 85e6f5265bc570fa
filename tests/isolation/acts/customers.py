"""Valid bodies for the routes of customers and of articles."""

from __future__ import annotations

from customers.models import Asset, Customer, Site
from tests.isolation.routes import Act, Own

HOURS = [{"weekday": 0, "opens": "09:00", "closes": "17:00"}]
NEW_SITE = {"name": "Annex", "address": "1-2-3", "area": "north"}
NEW_CONTRACT = {"number": "C-2026", "name": "Full care", "starts_on": "2026-04-01"}

PAGES: dict[str, Act] = {
    "customers:contract_create": Act(NEW_CONTRACT),
    "customers:contract_edit": Act(NEW_CONTRACT),
    "customers:customer_create": Act({"name": "Sato Ltd", "tier": "standard"}),
    "customers:customer_edit": Act({"name": "Sato Ltd", "tier": "gold"}),
    "customers:contact_create": Act({"name": "Mr. Sato", "prefers": "email"}),
    "customers:contact_edit": Act({"name": "Mr. Sato", "prefers": "email"}),
    "customers:site_create": Act(NEW_SITE),
    "customers:site_edit": Act(NEW_SITE),
    "customers:site_hours": Act({"day_0": "9-17"}),
    "customers:asset_create": Act({"name": "Press"}),
    "customers:asset_edit": Act({"name": "Press"}),
    "knowledge:article_create": Act({"title": "How to", "body": "Turn it off", "language": "en"}),
    "knowledge:article_edit": Act({"title": "How to", "body": "Turn it off", "language": "en"}),
}


API: dict[str, Act] = {
    "customer-list post": Act({"name": "Sato Ltd"}),
    "customer-detail patch": Act({"name": "Sato Ltd"}),
    "contact-list post": Act({"customer": Own(Customer), "name": "Mr. Sato"}),
    "contact-detail patch": Act({"customer": Own(Customer), "name": "Mr. Sato"}),
    "contract-list post": Act({"customer": Own(Customer), **NEW_CONTRACT}),
    "contract-detail patch": Act({"customer": Own(Customer), **NEW_CONTRACT}),
    "site-list post": Act({"customer": Own(Customer), "visiting_hours": HOURS, **NEW_SITE}),
    "site-detail patch": Act({"customer": Own(Customer), "visiting_hours": HOURS, **NEW_SITE}),
    "asset-list post": Act({"site": Own(Site), "parent": Own(Asset), "name": "Press"}),
    "asset-detail patch": Act({"site": Own(Site, 1), "parent": Own(Asset), "name": "Press"}, n=1),
}
