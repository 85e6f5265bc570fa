"""Who may read and write articles: those who see tickets, and those who answer them."""

from __future__ import annotations

from accounts.enums import Permission

VIEW = Permission.TICKET_VIEW
EDIT = Permission.TICKET_WORK
