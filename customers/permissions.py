"""Who may do what to customers: the codes the pages and the API ask for."""

from __future__ import annotations

from accounts.enums import Permission

VIEW = Permission.CUSTOMER_VIEW
EDIT = Permission.CUSTOMER_EDIT
