"""Which asset a code on a label belongs to, and which ticket the code of a letter."""

from __future__ import annotations

from django.core import signing
from django.db.models import QuerySet

from customers.models import Asset
from tickets import links
from tickets.models import AssetCode, Ticket
from tickets.queries.tickets import tickets
from tickets.rules import ACTIVE

MOST_LABELS = 240


def find_asset_by_code(code: str) -> Asset | None:
    """The asset with its site; None for a code that is wrong or revoked, which look alike."""
    found = (
        AssetCode.objects.select_related("asset__site__customer")
        .filter(code_hash=links.hash_of(code), revoked_at=None)
        .first()
    )
    return found.asset if found else None


def find_followed(code: str) -> Ticket | None:
    """The ticket that a code of `links.follow_path` names; None for a code that is wrong or too old."""
    try:
        return tickets().filter(pk=links.followed(code)).first()
    except signing.BadSignature:
        return None


def codes_of(assets: list[Asset]) -> dict[int, AssetCode]:
    """The living code of each of these assets that has one, by asset."""
    found = AssetCode.objects.filter(asset__in=assets, revoked_at=None)
    return {code.asset_id: code for code in found}


def open_tickets_of_asset(asset_id: int) -> QuerySet[Ticket]:
    """What is being done about this asset, newest first."""
    return tickets().filter(asset_id=asset_id, status__in=sorted(ACTIVE)).order_by("-id")
