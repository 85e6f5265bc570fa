"""`manage.py reconcile` finds what no guard of the database should let happen."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from billing.enums import Account
from billing.models import LedgerEntry, LedgerLine
from inventory.models import StockLevel
from tenants.active import tenant_active
from tests.cast import AT, Company
from tests.factories.billing import make_invoice
from tests.factories.inventory import make_part, make_stock, make_store
from tests.triggers import trigger_off

pytestmark = pytest.mark.django_db(transaction=True)


def _reconcile(*arguments: str) -> tuple[int, dict[str, Any], str]:
    """Its exit code, the JSON of its last line, and what it said to people."""
    out, said, code = StringIO(), StringIO(), 0
    try:
        call_command("reconcile", *arguments, stdout=out, stderr=said)
    except SystemExit as end:
        code = int(str(end.code))
    return code, json.loads(out.getvalue().splitlines()[-1]), said.getvalue()


def test_all_is_in_step(acme: Company, globex: Company) -> None:
    for company in (acme, globex):
        with tenant_active(company.tenant.pk):
            make_stock(make_part(), make_store(), 3)
    assert _reconcile() == (0, {"tenants": 2, "stock": [], "money": []}, "")


@pytest.mark.usefixtures("as_owner")
def test_a_broken_level_is_named_with_its_company(acme: Company, globex: Company) -> None:
    with tenant_active(acme.tenant.pk):
        part, store = make_part(), make_store()
        make_stock(part, store, 3)
        with trigger_off("inventory_stocklevel", "guard_level"):
            StockLevel.objects.update(on_hand=7)
    place = {"tenant": "acme", "part_id": part.pk, "location_id": store.pk}
    code, told, said = _reconcile()
    assert code == 1
    assert told["stock"] == [{**place, "on_hand": "7.000", "ledger": "3.000"}]
    assert "stock is out of step: tenant acme" in said
    assert _reconcile("--tenant", "globex")[0] == 0


@pytest.mark.usefixtures("as_owner")
def test_a_lopsided_booking_is_named(acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        invoice = make_invoice()
        connection.check_constraints()
    with tenant_active(acme.tenant.pk), trigger_off("billing_ledgerline", "ledger_entry_balances"):
        entry = LedgerEntry.objects.create(invoice=invoice, memo="lopsided", at=AT)
        LedgerLine.objects.create(entry=entry, account=Account.CASH, amount_minor=5, currency="JPY")
    code, told, _said = _reconcile("--tenant", "acme")
    assert code == 1
    assert told["money"] == [
        {"tenant": "acme", "entry_id": entry.pk, "currency": "JPY", "rest_minor": 5},
    ]


def test_an_unknown_company_is_named(db: None) -> None:
    with pytest.raises(CommandError, match="no company with the slug nowhere"):
        call_command("reconcile", "--tenant", "nowhere")
