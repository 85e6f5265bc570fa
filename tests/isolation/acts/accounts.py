"""Valid bodies for the routes of accounts, notices and the journal."""

from __future__ import annotations

from datetime import timedelta

from accounts.models import Membership
from journal.models import OutboxEvent
from tests.isolation.acts.common import local
from tests.isolation.routes import Act, Own, put
from tests.isolation.world import NOW

INVITED = put(Membership, 3, is_active=False, joined_at=None, invited_at=NOW - timedelta(days=1))

PAGES: dict[str, Act] = {
    "notices:notice_open": Act(who="tom"),
    "notices:notice_read": Act(who="tom"),
    "notices:notices_read": Act(who="tom"),
    "notices:own_hours": Act({"mail": "all", "mon": "9:00-17:00"}),
    "notices:on_call": Act(
        {"membership_id": Own(Membership), "from_at": local(1), "until_at": local(5), "every_weeks": "0"}
    ),
    "notices:duty_remove": Act(),
    "journal:parked_retry": Act(before=put(OutboxEvent, delivered_at=None, parked_at=NOW)),
    "accounts:company": Act(
        {
            "name": "Acme",
            "language": "en",
            "time_zone": "UTC",
            "currency": "JPY",
            "tax_rate_percent": 10,
        }
    ),
    "accounts:member_create": Act({"name": "Uta", "email": "uta@acme.example", "role": "dispatcher"}),
    "accounts:member_role": Act({"role": "dispatcher"}),
    "accounts:member_switch": Act({"active": "no"}),
    "accounts:member_link": Act(),
    "accounts:member_invite": Act(n=3, before=INVITED),
    "accounts:member_withdraw": Act(n=3, before=INVITED),
    "accounts:role_create": Act({"name": "Reader", "permissions": ["ticket_view"]}),
    "accounts:role_edit": Act({"name": "Reader", "permissions": ["ticket_view"]}, n=4),
    "accounts:token_create": Act({"name": "shop", "scopes": ["ticket_view"]}),
    "accounts:token_revoke": Act(),
    "accounts:profile": Act({"name": "Ada"}),
}
