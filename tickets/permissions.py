"""Who may do what to tickets: the codes the pages and the API ask for."""

from __future__ import annotations

from accounts.enums import Permission

VIEW = Permission.TICKET_VIEW
OPEN = Permission.TICKET_OPEN
WORK = Permission.TICKET_WORK
RESOLVE = Permission.TICKET_RESOLVE
SETTINGS = Permission.TENANT_MANAGE
