"""Notices that were read long ago go; the others stay."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from core.clock import now
from notices import services
from notices.models import Notice
from notices.services.pruning import KEPT_DAYS
from notices.tasks import prune
from tenants.active import tenant_active
from tests.cast import Company
from tests.notices.kinds import LATE

pytestmark = pytest.mark.django_db(transaction=True)
OLD, YOUNG = KEPT_DAYS + 1, KEPT_DAYS - 1


def live_through(company: Company) -> None:
    """Notices of long ago: one read then, one read lately, one never read, one never delivered."""
    made = now() - timedelta(days=2 * KEPT_DAYS)
    read = {"read": OLD, "read lately": YOUNG, "unread": None, "held": None}
    with tenant_active(company.tenant.pk):
        for key, days in read.items():
            Notice.objects.create(
                membership=next(iter(company.people.values())).membership,
                kind=LATE,
                path="/",
                key=key,
                made_at=made,
                due_at=made,
                delivered_at=None if key == "held" else made,
                read_at=now() - timedelta(days=days) if days else None,
            )


def left(company: Company) -> set[str]:
    with tenant_active(company.tenant.pk):
        return set(Notice.objects.values_list("key", flat=True))


def test_only_what_was_read_long_ago_goes_and_of_every_tenant(acme: Company, globex: Company) -> None:
    for company in (acme, globex):
        live_through(company)
    assert prune() == 2
    for company in (acme, globex):
        assert left(company) == {"read lately", "unread", "held"}
    assert services.prune() == 0


def test_batches_end_with_everything_gone(acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        at = now() - timedelta(days=OLD)
        for key in ("a", "b", "c"):
            Notice.objects.create(
                membership=acme.sora.membership,
                kind=LATE,
                path="/",
                key=key,
                made_at=at,
                due_at=at,
                read_at=at,
            )
    assert services.prune(limit=2) == 3


def test_a_full_table_is_not_read_to_prune_it(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off; SET enable_sort = off")
        cursor.execute(
            "EXPLAIN SELECT id FROM notices_notice WHERE read_at IS NOT NULL AND read_at < now()"
            " ORDER BY read_at LIMIT 10"
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("RESET enable_seqscan; RESET enable_sort")
    assert "notice_read_idx" in plan
