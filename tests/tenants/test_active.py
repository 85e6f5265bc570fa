"""The active tenant, in Python and in PostgreSQL."""

from __future__ import annotations

import pytest
from django.db import ProgrammingError, connection, transaction

from customers.models import Customer
from tenants.active import NoTenant, tenant_active
from tests.cast import Company


def test_without_a_tenant_every_read_raises(acme: Company) -> None:
    for ask in (
        lambda: list(Customer.objects.all()),
        Customer.objects.exists,
        Customer.objects.count,
        lambda: Customer.objects.update(name="x"),
        lambda: Customer.objects.all().explain(),
        lambda: Customer.objects.raw("SELECT 1 AS id"),
        lambda: Customer.objects.create(name="x"),
    ):
        with pytest.raises(NoTenant):
            ask()


def test_a_rivals_rows_are_invisible_even_to_the_plain_manager(acme: Company, globex: Company) -> None:
    with tenant_active(globex.tenant.pk):
        secret = Customer.objects.create(name="Globex's customer")
    with tenant_active(acme.tenant.pk):
        assert not Customer._base_manager.filter(pk=secret.pk).exists()
        assert not Customer.objects.filter(pk=secret.pk).exists()


def test_a_row_cannot_be_written_for_a_rival(acme: Company, globex: Company) -> None:
    with (
        tenant_active(acme.tenant.pk),
        pytest.raises(ProgrammingError, match="row-level security"),
        transaction.atomic(),
    ):
        Customer.objects.create(tenant_id=globex.tenant.pk, name="planted")


def test_the_outer_tenant_returns_after_an_inner_one(acme: Company, globex: Company) -> None:
    with tenant_active(acme.tenant.pk):
        with tenant_active(globex.tenant.pk):
            pass
        Customer.objects.create(name="Acme's")
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('app.tenant_id')")
            assert cursor.fetchone()[0] == str(acme.tenant.pk)
