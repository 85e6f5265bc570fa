"""What may be done to customers, contacts, sites and assets."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import BadInput, Conflict, NotAllowed, NotFound
from customers import queries, services
from journal.queries import entries_about
from tenants.active import tenant_active
from tests.cast import AT, Company
from tests.factories.customers import FOUNDER, make_asset, make_contact, make_customer, make_site


def test_a_contact_is_found_by_number_and_address_however_written(in_acme: Company) -> None:
    contact = make_contact(email="Mari@Aoki.example", phone="03-5555-0142")
    assert queries.find_contact_by_email("mari@aoki.EXAMPLE") == contact
    assert queries.find_contacts_by_phone("+81355550142") == [contact]
    assert queries.find_contacts_by_phone("0142") == []
    assert queries.find_contact_by_email("") is None


def test_search_finds_names_contacts_addresses_folded(in_acme: Company) -> None:
    customer = make_customer(name="Ａoki ビル")
    make_contact(customer, name="Mari", phone="03-5555-0142", email="m@aoki.example")
    make_site(customer, address="内神田2-4-8")
    make_customer(name="Other")
    for text in ("aoki ビル", "m@aoki", "内神田", "5555-0142", "Mari"):
        assert list(queries.customers_matching(text)) == [customer], text


def test_changes_are_recorded_old_and_new(in_acme: Company) -> None:
    customer = make_customer()
    services.update_customer(customer_id=customer.pk, tier="gold", actor=in_acme.sora.actor, at=AT)
    assert entries_about(customer)[0].changes == {"tier": ["standard", "gold"]}


def test_nothing_changed_is_nothing_recorded(in_acme: Company) -> None:
    customer = make_customer()
    services.update_customer(customer_id=customer.pk, name=customer.name, actor=FOUNDER, at=AT)
    assert entries_about(customer).count() == 1


def test_an_external_id_names_one_customer(in_acme: Company) -> None:
    first = make_customer(source="crm", external_id="7")
    with pytest.raises(Conflict, match="Aoki Building"):
        make_customer(name="Again", source="crm", external_id="7")
    services.update_customer(customer_id=first.pk, name="Renamed", actor=FOUNDER, at=AT)
    make_customer(name="Elsewhere", source="erp", external_id="7")


@pytest.mark.parametrize(
    "facts", [{"name": ""}, {"name": "x" * 201}, {"tier": "platinum"}, {"email": "nobody"}]
)
def test_values_that_cannot_be_are_refused_with_the_field(in_acme: Company, facts: dict[str, str]) -> None:
    with pytest.raises(BadInput) as refused:
        make_customer(**facts)
    assert set(refused.value.errors) == set(facts)


@pytest.mark.parametrize(
    "place", [{"latitude": 35.0}, {"latitude": 95.0, "longitude": 0.0}, {"time_zone": "Mars/Base"}]
)
def test_places_that_cannot_be_are_refused(in_acme: Company, place: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        make_site(**place)


def test_a_part_stands_at_the_site_of_its_whole(in_acme: Company) -> None:
    whole, elsewhere = make_asset(), make_site(name="Elsewhere")
    assert make_asset(whole.site, parent_id=whole.pk).parent == whole
    with pytest.raises(BadInput, match="another site"):
        make_asset(elsewhere, parent_id=whole.pk)


def test_only_those_who_may_change_customers_do(in_acme: Company) -> None:
    with pytest.raises(NotAllowed):
        make_customer(actor=in_acme.tom.actor)
    with pytest.raises(NotAllowed):
        make_customer(actor=in_acme.dirk.actor)


def test_a_rivals_customer_does_not_exist(acme: Company, globex: Company) -> None:
    with tenant_active(globex.tenant.pk):
        customer = make_customer()
    with tenant_active(acme.tenant.pk), pytest.raises(NotFound):
        services.add_site(customer_id=customer.pk, name="Planted", actor=acme.sora.actor, at=AT)
