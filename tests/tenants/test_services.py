"""Numbers without gaps, and the tenant's own facts."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from core.errors import BadInput, NotAllowed
from tenants.active import NoTenant, tenant_active
from tenants.models import Tenant
from tenants.services import next_number, next_numbers, update_tenant
from tests.cast import Company
from tests.journal.facts import in_threads


def test_each_tenant_and_kind_counts_alone(acme: Company, globex: Company) -> None:
    for company in (acme, globex):
        with tenant_active(company.tenant.pk):
            assert [next_number("x") for _ in range(3)] == [1, 2, 3]
            assert next_number("y") == 1
            assert list(next_numbers("x", 3)) == [4, 5, 6]
            assert next_number("x") == 7


def test_what_is_rolled_back_gives_its_number_back(in_acme: Company) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        assert next_number("x") == 1
        raise RuntimeError
    assert next_number("x") == 1


@pytest.mark.django_db(transaction=True)
def test_many_at_once_get_numbers_without_gap_or_repetition(acme: Company) -> None:
    def take() -> list[int]:
        taken = []
        for _ in range(10):
            with tenant_active(acme.tenant.pk):
                taken.append(next_number("x"))
        return taken

    found = [number for numbers in in_threads(4, take) for number in numbers]
    assert sorted(found) == list(range(1, 41))


@pytest.mark.django_db(transaction=True)
def test_a_number_is_on_the_disk_before_its_caller_goes_on(acme: Company) -> None:
    """The transaction itself does not wait for the disk: the next number would wait with it."""
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = on")
        try:
            with tenant_active(acme.tenant.pk):
                next_number("x")
                cursor.execute("SELECT current_setting('synchronous_commit'), pg_current_wal_insert_lsn()")
                setting, written = cursor.fetchone()
            cursor.execute("SELECT pg_current_wal_flush_lsn() >= %s::pg_lsn", [written])
            assert (setting, *cursor.fetchone()) == ("off", True)
        finally:
            cursor.execute("RESET synchronous_commit")


def test_without_a_tenant_there_are_no_numbers(db: None) -> None:
    with pytest.raises(NoTenant):
        next_number("x")


def test_facts_change_and_the_caller_hears_what(in_acme: Company) -> None:
    told = update_tenant(tenant_id=in_acme.tenant.pk, actor=in_acme.ada.actor, name="New", currency="JPY")
    assert told == {"name": ["Acme Service", "New"]}
    assert Tenant.objects.get(pk=in_acme.tenant.pk).name == "New"


def test_facts_that_make_no_sense_change_nothing(in_acme: Company) -> None:
    with pytest.raises(BadInput) as refused:
        update_tenant(tenant_id=in_acme.tenant.pk, actor=in_acme.ada.actor, name="New", currency="GIL")
    assert set(refused.value.errors) == {"currency"}
    assert Tenant.objects.get(pk=in_acme.tenant.pk).name == "Acme Service"
    with pytest.raises(NotAllowed):
        update_tenant(tenant_id=in_acme.tenant.pk, actor=in_acme.dora.actor, name="New")
