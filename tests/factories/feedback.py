"""Links and ratings for tests, inside the active tenant."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dispatch.models import Visit
from feedback import links, services
from feedback.enums import LinkPurpose
from feedback.models import CustomerLink, Response
from tenants.actors import Actor
from tests.cast import AT
from tests.factories.billing import make_visit

SYSTEM = Actor.system("factory")


def make_link(
    visit: Visit | None = None, purpose: LinkPurpose = LinkPurpose.RATE, *, at: datetime = AT
) -> CustomerLink:
    visit = visit or make_visit(work=60)
    return services.issue_link(visit_id=visit.pk, purpose=purpose, actor=SYSTEM, at=at)


def make_response(visit: Visit | None = None, **facts: Any) -> Response:
    """Said by the customer through the link."""
    code = links.code_of(make_link(visit))
    return services.record_response(**{"code": code, "score": 5, "at": AT, **facts})
