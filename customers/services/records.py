"""What may be done to customers, contacts, sites and assets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import Permission
from core.errors import BadInput, Conflict
from core.places import check_place
from core.text import fold
from core.validation import check_fields
from customers import queries, rules
from customers.enums import ContactChannel, CustomerTier
from customers.events import ContractChanged
from customers.models import Asset, Contact, ContactAddress, Contract, Customer, Site
from journal import services as journal
from tenants.actors import Actor
from tenants.queries import current_tenant

Thing = TypeVar("Thing", Customer, Contact, Site, Asset, Contract)
CUSTOMER_FIELDS = frozenset(
    {"name", "tier", "language", "email", "phone", "billing_address", "source", "external_id"}
)
CONTACT_FIELDS = frozenset({"name", "reading", "role", "email", "phone", "language", "prefers"})
SITE_FIELDS = frozenset(
    {"name", "address", "postal_code", "city", "area", "latitude", "longitude", "time_zone", "access_notes"}
    | {"source", "external_id"}
)
CONTRACT_FIELDS = frozenset({"number", "name", "starts_on", "ends_on", "time_zone"})
ASSET_FIELDS = frozenset({"name", "model", "serial", "installed_on"})


@transaction.atomic
def create_customer(
    *,
    name: str,
    actor: Actor,
    at: datetime,
    tier: str = CustomerTier.STANDARD,
    language: str = "",
    email: str = "",
    phone: str = "",
    billing_address: str = "",
    source: str = "",
    external_id: str = "",
) -> Customer:
    """Take in a new customer. `external_id` must be new for its `source`: raises Conflict otherwise."""
    actor.require(Permission.CUSTOMER_EDIT)
    customer = Customer(
        name=name.strip(),
        tier=tier,
        language=language,
        email=email,
        phone=phone,
        billing_address=billing_address,
        source=source,
        external_id=external_id,
    )
    _check_customer(customer)
    customer.save(force_insert=True)
    journal.record(actor=actor, verb="created", thing=customer, at=at)
    return customer


@transaction.atomic
def update_customer(*, customer_id: int, actor: Actor, at: datetime, **changes: Any) -> Customer:
    """Change some of CUSTOMER_FIELDS; what is not named stays."""
    customer = queries.customer_for_update(customer_id)
    actor.require(Permission.CUSTOMER_EDIT, customer)
    return _change(customer, changes, CUSTOMER_FIELDS, check=_check_customer, actor=actor, at=at)


@transaction.atomic
def add_contact(
    *,
    customer_id: int,
    name: str,
    actor: Actor,
    at: datetime,
    email: str = "",
    phone: str = "",
    language: str = "",
    reading: str = "",
    role: str = "",
    prefers: str = ContactChannel.EMAIL,
) -> Contact:
    """Add a person at a customer. The phone number is also kept in its comparable form."""
    actor.require(Permission.CUSTOMER_EDIT)
    customer = queries.get_customer(customer_id)
    contact = Contact(
        customer=customer,
        name=name.strip(),
        email=email,
        phone=phone,
        language=language,
        reading=reading,
        role=role,
        prefers=prefers,
    )
    _check_contact(contact)
    contact.save(force_insert=True)
    journal.record(actor=actor, verb="created", thing=contact, at=at, changes={"customer": customer_id})
    return contact


@transaction.atomic
def update_contact(*, contact_id: int, actor: Actor, at: datetime, **changes: Any) -> Contact:
    """Change some of CONTACT_FIELDS."""
    contact = queries.contact_for_update(contact_id)
    actor.require(Permission.CUSTOMER_EDIT, contact)
    return _change(contact, changes, CONTACT_FIELDS, check=_check_contact, actor=actor, at=at)


@transaction.atomic
def note_address(
    *, contact_id: int, channel: str, address: str, actor: Actor, at: datetime
) -> ContactAddress:
    """Remember what a messaging channel calls this contact. Whom it called so before is called so no more."""
    actor.require(Permission.CUSTOMER_EDIT)
    known, is_new = ContactAddress.objects.update_or_create(
        channel=channel, address=address[:254], defaults={"contact_id": contact_id}
    )
    if is_new:
        journal.record(actor=actor, verb="added", thing=known, at=at, changes={"contact": contact_id})
    return known


@transaction.atomic
def add_site(
    *,
    customer_id: int,
    name: str,
    actor: Actor,
    at: datetime,
    address: str = "",
    postal_code: str = "",
    city: str = "",
    area: str = "",
    latitude: float | None = None,
    longitude: float | None = None,
    time_zone: str = "",
    access_notes: str = "",
    source: str = "",
    external_id: str = "",
) -> Site:
    """Add a place where work happens. `time_zone` empty means the tenant's; degrees are WGS-84."""
    actor.require(Permission.CUSTOMER_EDIT)
    customer = queries.get_customer(customer_id)
    site = Site(
        customer=customer,
        name=name.strip(),
        address=address,
        postal_code=postal_code,
        city=city,
        area=area,
        latitude=latitude,
        longitude=longitude,
        time_zone=time_zone,
        access_notes=access_notes,
        source=source,
        external_id=external_id,
    )
    _check_site(site)
    site.save(force_insert=True)
    journal.record(actor=actor, verb="created", thing=site, at=at, changes={"customer": customer_id})
    return site


@transaction.atomic
def update_site(*, site_id: int, actor: Actor, at: datetime, **changes: Any) -> Site:
    """Change some of SITE_FIELDS."""
    site = queries.site_for_update(site_id)
    actor.require(Permission.CUSTOMER_EDIT, site)
    return _change(site, changes, SITE_FIELDS, check=_check_site, actor=actor, at=at)


@transaction.atomic
def add_asset(
    *,
    site_id: int,
    name: str,
    actor: Actor,
    at: datetime,
    model: str = "",
    serial: str = "",
    installed_on: date | None = None,
    parent_id: int | None = None,
) -> Asset:
    """Add a piece of equipment at a site, perhaps as a part of another one there."""
    actor.require(Permission.CUSTOMER_EDIT)
    site = queries.get_site(site_id)
    asset = Asset(site=site, name=name.strip(), model=model, serial=serial, installed_on=installed_on)
    if parent_id is not None:
        asset.parent = _parent_at(site, parent_id)
    check_fields(asset)
    asset.save(force_insert=True)
    journal.record(actor=actor, verb="created", thing=asset, at=at, changes={"site": site_id})
    return asset


@transaction.atomic
def update_asset(*, asset_id: int, actor: Actor, at: datetime, **changes: Any) -> Asset:
    """Change some of ASSET_FIELDS."""
    asset = queries.asset_for_update(asset_id)
    actor.require(Permission.CUSTOMER_EDIT, asset)
    return _change(asset, changes, ASSET_FIELDS, check=check_fields, actor=actor, at=at)


@transaction.atomic
def add_contract(*, customer_id: int, actor: Actor, at: datetime, **facts: Any) -> Contract:
    """Note an agreement with a customer, as CONTRACT_FIELDS. Raises Conflict when its number is taken."""
    actor.require(Permission.CUSTOMER_EDIT)
    customer = queries.get_customer(customer_id)
    contract = Contract(customer=customer, **{name: facts[name] for name in CONTRACT_FIELDS & facts.keys()})
    _check_contract(contract)
    contract.save(force_insert=True)
    journal.record(actor=actor, verb="created", thing=contract, at=at, changes={"customer": customer_id})
    journal.publish(ContractChanged(contract_id=contract.pk, customer_id=customer_id))
    return contract


@transaction.atomic
def update_contract(*, contract_id: int, actor: Actor, at: datetime, **changes: Any) -> Contract:
    """Change some of CONTRACT_FIELDS. Clocks that run for the customer are counted again."""
    contract = queries.contract_for_update(contract_id)
    actor.require(Permission.CUSTOMER_EDIT, contract)
    changed = _change(contract, changes, CONTRACT_FIELDS, check=_check_contract, actor=actor, at=at)
    journal.publish(ContractChanged(contract_id=contract.pk, customer_id=contract.customer_id))
    return changed


def _check_contract(contract: Contract) -> None:
    check_fields(contract)
    if contract.ends_on is not None and contract.ends_on < contract.starts_on:
        why = _("A contract cannot end before it starts.")
        raise BadInput(why, errors={"ends_on": [why]})
    if Contract.objects.filter(number=contract.number).exclude(pk=contract.pk).exists():
        raise Conflict(
            _("There is a contract %(number)s already. Give this one another number.")
            % {"number": contract.number}
        )


def _parent_at(site: Site, parent_id: int) -> Asset:
    parent = queries.get_asset(parent_id)
    if parent.site_id != site.pk:
        raise BadInput(
            _("%(parent)s stands at another site. Choose equipment at %(site)s.")
            % {"parent": parent, "site": site},
            errors={"parent": [_("Stands at another site.")]},
        )
    return parent


def _change(
    thing: Thing,
    changes: Mapping[str, Any],
    allowed: frozenset[str],
    *,
    check: Callable[[Thing], None],
    actor: Actor,
    at: datetime,
) -> Thing:
    """Set the named fields, check the whole, and write and record it when something really changed."""
    if unknown := sorted(set(changes) - allowed):
        raise TypeError(f"{type(thing).__name__} has no changeable {', '.join(unknown)}.")
    changed = {}
    for name, value in changes.items():
        old = getattr(thing, name)
        if old != value:
            setattr(thing, name, value)
            changed[name] = [_plain(old), _plain(value)]
    check(thing)
    if changed:
        thing.save()
        journal.record(actor=actor, verb="changed", thing=thing, at=at, changes=changed)
    return thing


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _check_customer(customer: Customer) -> None:
    customer.name_folded = fold(customer.name)[:200]
    check_fields(customer)
    _check_external_id(Customer, customer, _("customer"))


def _check_contact(contact: Contact) -> None:
    contact.email_folded = rules.email_key(contact.email)
    contact.prefers = rules.preferred(contact.prefers, contact.email, contact.phone)
    contact.phone_digits = ""
    if contact.phone:
        contact.phone_digits = rules.phone_key(contact.phone, rules.region_of(current_tenant().time_zone))
    check_fields(contact)


def _check_site(site: Site) -> None:
    site.address_folded = fold(site.address)[:300]
    check_place(site.latitude, site.longitude)
    check_fields(site)
    _check_external_id(Site, site, _("site"))


def _check_external_id(model: type[Customer] | type[Site], thing: Customer | Site, word: str) -> None:
    """Say which one has the id already; the database's unique rule decides when two come at once."""
    if not thing.external_id:
        return
    same = model.objects.filter(source=thing.source, external_id=thing.external_id).exclude(pk=thing.pk)
    if (other := same.first()) is not None:
        raise Conflict(
            _("The %(kind)s %(name)s has external id %(id)s already. Change that one instead.")
            % {"kind": word, "name": other, "id": thing.external_id},
            existing_id=other.pk,
        )
