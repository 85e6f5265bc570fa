"""What is planned once gives what the ORM gives, of the tenant that asks; what travels keeps its place."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from customers.models import Customer, Site
from tenants.active import NoTenant, tenant_active
from tenants.kept import Given, Question, Statement
from tenants.models import Tenant
from tenants.rows import insert_row, update_row
from tenants.services import next_number
from tests.cast import Company

pytestmark = pytest.mark.django_db
KEPT: Any = connection

_SITES = Question(lambda: Site.objects.select_related("customer").filter(name=Given("name")).order_by("id"))
_NAMED = Statement("SELECT name FROM customers_customer WHERE tenant_id = %s AND name LIKE 'A%%' ORDER BY id")
_NOWHERE = Statement("SELECT nothing_of_that_name FROM customers_customer")
_RENAME = Statement("UPDATE customers_customer SET name = %s WHERE tenant_id = %s AND id = %s")


def _count() -> object:
    return Customer.objects.count()


def _told() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('app.tenant_id', true)")
        return str(cursor.fetchone()[0])


def test_a_question_gives_what_its_queryset_gives_to_each_tenant(acme: Company, globex: Company) -> None:
    for company in (acme, globex):
        with tenant_active(company.tenant.pk):
            Site.objects.create(customer=Customer.objects.create(name=company.tenant.slug), name="Here")
    for company in (acme, globex, acme):
        with tenant_active(company.tenant.pk):
            (site,) = _SITES.rows(name="Here")
            expected = Site.objects.select_related("customer").get(name="Here")
            with CaptureQueriesContext(connection) as asked:
                assert site.customer.name == company.tenant.slug
            assert not asked.captured_queries
            for field in Site._meta.concrete_fields:
                assert getattr(site, field.attname) == getattr(expected, field.attname)
            assert _SITES.first(name="There") is None
    with pytest.raises(NoTenant):
        _SITES.rows(name="Here")


def test_row_security_holds_whoever_asks_by_a_plan_that_is_there(acme: Company, globex: Company) -> None:
    for company in (acme, globex):
        with tenant_active(company.tenant.pk):
            Customer.objects.create(name=f"A {company.tenant.slug}")
            for _again in range(7):
                assert (f"A {company.tenant.slug}",) in _NAMED.rows(company.tenant.pk)
    with tenant_active(globex.tenant.pk):
        assert _NAMED.rows(acme.tenant.pk) == []


def test_query_logs_tell_the_statement_and_its_values(acme: Company) -> None:
    with tenant_active(acme.tenant.pk), CaptureQueriesContext(connection) as asked:
        _NAMED.rows(acme.tenant.pk)
    (told,) = [query["sql"] for query in asked]
    assert told.endswith(f"tenant_id = {acme.tenant.pk} AND name LIKE 'A%' ORDER BY id")


def test_a_statement_that_the_server_lost_is_prepared_anew(acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        _NAMED.rows(acme.tenant.pk)
        with connection.cursor() as cursor:
            cursor.execute("DEALLOCATE ALL")
        with pytest.raises(DatabaseError), transaction.atomic():
            _NAMED.rows(acme.tenant.pk)
        assert _NAMED.rows(acme.tenant.pk) == []


def test_rows_are_written_as_the_orm_writes_them(acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        site = Site(customer=Customer.objects.create(name="A"), name="New", latitude=1.5)
        insert_row(site)
        assert Site.objects.get(name="New").pk == site.pk and not site._state.adding
        site.name = "100 % SAVEPOINT; --'"
        update_row(site, ["name"])
        assert Site.objects.get(pk=site.pk).name == site.name


def test_a_write_that_travels_comes_before_what_is_asked_next_and_goes_with_its_savepoint(
    acme: Company,
) -> None:
    with tenant_active(acme.tenant.pk):
        us = Customer.objects.create(name="A")
        with transaction.atomic():
            _RENAME.later("RELEASE 5 %", acme.tenant.pk, us.pk)
        assert Customer.objects.get(pk=us.pk).name == "RELEASE 5 %"
        for look in (lambda: None, _count):
            with pytest.raises(ValueError, match="no"), transaction.atomic():
                _RENAME.later("Never", acme.tenant.pk, us.pk)
                look()
                raise ValueError("no")
            assert Customer.objects.get(pk=us.pk).name == "RELEASE 5 %"


@pytest.mark.django_db(transaction=True)
def test_a_write_that_travels_is_there_after_the_commit() -> None:
    tenant = Tenant.objects.create(slug="kept", name="Kept")
    with tenant_active(tenant.pk):
        us = Customer.objects.create(name="A")
    with tenant_active(tenant.pk):
        _RENAME.later("B", tenant.pk, us.pk)
    with tenant_active(tenant.pk):
        assert Customer.objects.get(pk=us.pk).name == "B"
        with pytest.raises(ValueError, match="no"), tenant_active(tenant.pk):
            _RENAME.later("C", tenant.pk, us.pk)
            raise ValueError("no")
        assert Customer.objects.get(pk=us.pk).name == "B"


@pytest.mark.parametrize("before", [lambda: None, _count])
def test_savepoints_hold_wherever_they_travel(acme: Company, before: Callable[[], object]) -> None:
    with tenant_active(acme.tenant.pk):
        us = Customer.objects.create(name="A")
        with pytest.raises(IntegrityError), transaction.atomic():
            before()
            with transaction.atomic():
                Customer.objects.filter(pk=us.pk).update(name="B")
            with transaction.atomic():
                Customer.objects.create(pk=us.pk, name="Twice")
        assert Customer.objects.get(pk=us.pk).name == "A"
        with transaction.atomic(), transaction.atomic():
            before()
        assert Customer.objects.get(pk=us.pk).name == "A"


def test_what_the_server_did_before_an_interruption_goes_with_its_savepoint(acme: Company) -> None:
    """A task's time limit is a signal: it is heard once the server has answered."""

    def ring(*_heard: object) -> None:
        raise TimeoutError("over")

    slow = (
        "WITH done AS (UPDATE customers_customer SET name = 'B' RETURNING 1) SELECT pg_sleep(0.4) FROM done"
    )
    before = signal.signal(signal.SIGALRM, ring)
    try:
        with tenant_active(acme.tenant.pk):
            us = Customer.objects.create(name="A")
            with pytest.raises(TimeoutError), transaction.atomic(), connection.cursor() as cursor:
                signal.setitimer(signal.ITIMER_REAL, 0.1)
                cursor.execute(slow)
            assert Customer.objects.get(pk=us.pk).name == "A"
    finally:
        signal.signal(signal.SIGALRM, before)


def test_a_statement_that_cannot_be_prepared_ends_its_savepoint_only(acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        us = Customer.objects.create(name="A")
        for ask in (_NOWHERE.rows, _NOWHERE.later):
            with pytest.raises(DatabaseError), transaction.atomic():
                ask()
            assert Customer.objects.get(pk=us.pk).name == "A"


def test_one_transaction_waits_for_the_disk_once_whatever_it_numbers(acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        waiting = len(connection.run_on_commit)
        next_number("tests")
        next_number("tests")
        assert len(connection.run_on_commit) == waiting + 1


def test_the_outer_tenant_returns_however_the_inner_one_ends(acme: Company, globex: Company) -> None:
    with tenant_active(acme.tenant.pk):
        for act in (lambda: None, _told):
            with tenant_active(globex.tenant.pk):
                act()
            assert _told() == str(acme.tenant.pk)
            with pytest.raises(ValueError, match="no"), tenant_active(globex.tenant.pk):
                act()
                raise ValueError("no")
            assert _told() == str(acme.tenant.pk)


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_was_ended_is_seen_without_a_question() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    assert KEPT.is_usable()
    other = KEPT.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    other.close()
    assert not KEPT.is_usable()
    connection.close()
