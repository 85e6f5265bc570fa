"""Who may do what to channels."""

from __future__ import annotations

from accounts.enums import Permission

ACCOUNT_MANAGE = Permission.TENANT_MANAGE
SEND_AGAIN = Permission.TICKET_WORK
