"""Reads of customers, contacts, sites and assets."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from math import cos, radians
from typing import TypeVar

from django.db.models import Count, Exists, Model, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from core.errors import NotFound
from core.intervals import Interval
from core.spans import week_between
from core.text import digits, fold
from customers import rules
from customers.models import Asset, Contact, ContactAddress, Contract, Customer, Site
from tenants.queries import current_tenant
from tenants.rows import find_row

Thing = TypeVar("Thing", bound=Model)
FAR_KM, KM_A_DEGREE = 1_000.0, 111.0
FEW_SITES = 3


def customers() -> QuerySet[Customer]:
    """Every customer by name, with how many sites and contacts it has (`site_count`, `contact_count`)."""
    counts = {"site_count": Count("sites", distinct=True), "contact_count": Count("contacts", distinct=True)}
    # An aggregate drops the model's own order.
    return Customer.objects.annotate(**counts).order_by("name", "id")


def customers_matching(text: str) -> QuerySet[Customer]:
    """Customers whose name holds `text`, or who have a contact or site that does; all for an empty text."""
    needle = fold(text)
    if not needle:
        return Customer.objects.all()
    number = digits(text)
    contact = Q(email_folded__contains=needle) | Q(name__icontains=text.strip())
    if len(number) >= 4:
        contact |= Q(phone_digits__contains=number.lstrip("0"))
    return Customer.objects.filter(
        Q(name_folded__contains=needle)
        | Q(external_id=text.strip())
        | Exists(Contact.objects.filter(contact, customer=OuterRef("pk")))
        | Exists(Site.objects.filter(address_folded__contains=needle, customer=OuterRef("pk")))
    )


def find_customer(customer_id: int) -> Customer | None:
    """The customer, or None."""
    return find_row(Customer, customer_id)


def get_customer(customer_id: int) -> Customer:
    """The customer; raises NotFound."""
    return _found(find_customer(customer_id), _("Customer %(id)s is not here."), customer_id)


def customer_for_update(customer_id: int) -> Customer:
    """The customer, locked; raises NotFound."""
    found = Customer.objects.select_for_update().filter(pk=customer_id).first()
    return _found(found, _("Customer %(id)s is not here."), customer_id)


def find_contact(contact_id: int) -> Contact | None:
    """The contact with its customer, or None."""
    return Contact.objects.select_related("customer").filter(pk=contact_id).first()


def get_contact(contact_id: int) -> Contact:
    """The contact with its customer; raises NotFound."""
    found = find_contact(contact_id)
    return _found(found, _("Contact %(id)s is not here."), contact_id)


def contact_for_update(contact_id: int) -> Contact:
    """The contact, locked; raises NotFound."""
    found = Contact.objects.select_for_update().filter(pk=contact_id).first()
    return _found(found, _("Contact %(id)s is not here."), contact_id)


def get_site(site_id: int) -> Site:
    """The site with its customer; raises NotFound."""
    found = _found(find_row(Site, site_id), _("Site %(id)s is not here."), site_id)
    found.customer = get_customer(found.customer_id)
    return found


def site_for_update(site_id: int) -> Site:
    """The site, locked; raises NotFound."""
    found = Site.objects.select_for_update().filter(pk=site_id).first()
    return _found(found, _("Site %(id)s is not here."), site_id)


def oddness(site: Site) -> str:
    """What is odd about where a site is: "swapped" when its degrees would lie near the others the other way round
    and do not now, "far" when it lies more than `FAR_KM` from every other site, else nothing.

    Nothing is odd while fewer than `FEW_SITES` others have coordinates.
    """
    if site.latitude is None or site.longitude is None:
        return ""
    others = Site.objects.filter(latitude__isnull=False).exclude(pk=site.pk)
    if others.filter(_around(site.latitude, site.longitude)).exists():
        return ""
    if others.order_by()[:FEW_SITES].count() < FEW_SITES:
        return ""
    is_turnable = -90 <= site.longitude <= 90
    if is_turnable and others.filter(_around(site.longitude, site.latitude)).exists():
        return "swapped"
    return "far"


def _around(latitude: float, longitude: float) -> Q:
    """Sites within about `FAR_KM`, across the date line too."""
    height = FAR_KM / KM_A_DEGREE
    width = min(180.0, height / max(0.02, cos(radians(min(90.0, abs(latitude) + height)))))
    west, east = longitude - width, longitude + width
    inside = Q(longitude__range=(west, east))
    if west < -180:
        inside |= Q(longitude__gte=west + 360)
    if east > 180:
        inside |= Q(longitude__lte=east - 360)
    return inside & Q(latitude__range=(latitude - height, latitude + height))


def visiting_intervals(site: Site, from_at: datetime, to_at: datetime) -> list[Interval] | None:
    """When the site may be visited between two instants: UTC, half-open, in order; None means always.

    Prefetch `visiting_hours` for many sites.
    """
    week = [(row.weekday, (row.opens, row.closes)) for row in site.visiting_hours.all()]
    return week_between(week, site.zone or current_tenant().zone, from_at, to_at) if week else None


def contracts_of(customer_id: int) -> QuerySet[Contract]:
    """A customer's contracts, newest first."""
    return Contract.objects.filter(customer_id=customer_id)


def get_contract(contract_id: int) -> Contract:
    """The contract with its customer; raises NotFound."""
    found = Contract.objects.select_related("customer").filter(pk=contract_id).first()
    return _found(found, _("Contract %(id)s is not here."), contract_id)


def contract_for_update(contract_id: int) -> Contract:
    """The contract, locked; raises NotFound."""
    found = Contract.objects.select_for_update().filter(pk=contract_id).first()
    return _found(found, _("Contract %(id)s is not here."), contract_id)


def contracts_in_force(customer_ids: Iterable[int], on: date) -> dict[int, list[Contract]]:
    """Customers' contracts that hold on this day, newest first, by the customer's id."""
    holding = Contract.objects.filter(customer_id__in=set(customer_ids), starts_on__lte=on)
    holding = holding.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=on))
    found: dict[int, list[Contract]] = {}
    for contract in holding.order_by("-starts_on", "-pk"):
        found.setdefault(contract.customer_id, []).append(contract)
    return found


def get_asset(asset_id: int) -> Asset:
    """The asset with its site; raises NotFound."""
    found = Asset.objects.select_related("site").filter(pk=asset_id).first()
    return _found(found, _("Asset %(id)s is not here."), asset_id)


def asset_for_update(asset_id: int) -> Asset:
    """The asset, locked; raises NotFound."""
    found = Asset.objects.select_for_update().filter(pk=asset_id).first()
    return _found(found, _("Asset %(id)s is not here."), asset_id)


def find_contact_by_email(email: str) -> Contact | None:
    """The contact who was last changed among those with this address, or None."""
    key = rules.email_key(email)
    if not key:
        return None
    contacts = Contact.objects.select_related("customer").filter(email_folded=key)
    return contacts.order_by("-updated_at", "-id").first()


def find_contacts_by_phone(phone: str) -> list[Contact]:
    """Contacts with this number however it is written, latest change first, at most 20."""
    key = rules.phone_key(phone, rules.region_of(current_tenant().time_zone))
    if len(key) < 4:
        return []
    contacts = Contact.objects.select_related("customer").filter(phone_digits__in={key, digits(phone)[:20]})
    return list(contacts.order_by("-updated_at", "-id")[:20])


def find_contact_known_as(channel: str, address: str) -> Contact | None:
    """The contact whom a messaging channel calls so, or None."""
    known = ContactAddress.objects.select_related("contact__customer")
    found = known.filter(channel=channel, address=address).first()
    return found.contact if found else None


def addresses_of(contact: Contact) -> dict[str, str]:
    """Where words reach the contact, by channel: e-mail, a callable number for SMS, ids of messaging channels."""
    number = rules.callable_number(contact.phone, rules.region_of(current_tenant().time_zone))
    found = {"email": contact.email, "sms": number}
    found |= {known.channel: known.address for known in contact.addresses.order_by("id")}
    return {channel: address for channel, address in found.items() if address}


def contacts_of(customer_id: int) -> QuerySet[Contact]:
    """The customer's people, by name."""
    return Contact.objects.filter(customer_id=customer_id).order_by("name", "id")


def sites_of(customer_id: int) -> QuerySet[Site]:
    """The customer's places with `asset_count`, by name."""
    return (
        Site.objects.filter(customer_id=customer_id)
        .annotate(asset_count=Count("assets"))
        .order_by("name", "id")
    )


def assets_of(customer_id: int) -> QuerySet[Asset]:
    """The customer's equipment with its site, by site and name."""
    return (
        Asset.objects.filter(site__customer_id=customer_id)
        .select_related("site", "parent")
        .order_by("site__name", "name", "id")
    )


def _found(thing: Thing | None, text: str, key: int) -> Thing:
    if thing is None:
        raise NotFound(text % {"id": key})
    return thing
