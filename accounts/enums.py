"""Permissions as data, and the roles every tenant starts with."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Permission(models.TextChoices):
    """What a role or a token may do. Stored as codes, so that a tenant may shape its own roles."""

    TICKET_VIEW = "ticket_view", _("See tickets")
    TICKET_OPEN = "ticket_open", _("Open tickets")
    TICKET_WORK = "ticket_work", _("Answer and triage tickets")
    TICKET_RESOLVE = "ticket_resolve", _("Resolve and close tickets")
    CUSTOMER_VIEW = "customer_view", _("See customers, sites and assets")
    CUSTOMER_EDIT = "customer_edit", _("Change customers, sites and assets")
    WORKFORCE_VIEW = "workforce_view", _("See engineers and skills")
    WORKFORCE_EDIT = "workforce_edit", _("Change engineers and skills")
    WORK_VIEW = "work_view", _("See work orders and the board")
    WORK_CREATE = "work_create", _("Make work orders")
    VISIT_PLAN = "visit_plan", _("Plan, move and send visits")
    VISIT_PERFORM = "visit_perform", _("Carry out one's own visits")
    RULE_EDIT = "rule_edit", _("Change auto-dispatch rules")
    STOCK_VIEW = "stock_view", _("See parts and stock")
    STOCK_EDIT = "stock_edit", _("Receive, move and count stock")
    SETTLEMENT_VIEW = "settlement_view", _("See charges and invoices")
    CHARGE_EDIT = "charge_edit", _("Change charges")
    INVOICE_ISSUE = "invoice_issue", _("Issue invoices")
    PAYMENT_RECORD = "payment_record", _("Record payments")
    RESPONSE_VIEW = "response_view", _("See ratings")
    RESPONSE_RECORD = "response_record", _("Record ratings for a customer")
    RECOVERY_WORK = "recovery_work", _("Follow up bad ratings")
    DIRECTOR_VIEW = "director_view", _("See the figures")
    AUDIT_VIEW = "audit_view", _("See who did what")
    MEMBER_MANAGE = "member_manage", _("Invite people and give roles")
    TOKEN_MANAGE = "token_manage", _("Make and revoke API tokens")
    TENANT_MANAGE = "tenant_manage", _("Change the company's settings")


class RoleCode(models.TextChoices):
    """The roles every tenant starts with; a tenant may change what they may do and add its own."""

    TENANT_ADMIN = "tenant_admin", _("Tenant admin")
    SERVICE_DIRECTOR = "service_director", _("Service director")
    SERVICE_DESK = "service_desk", _("Service desk")
    DISPATCHER = "dispatcher", _("Dispatcher")
    ENGINEER = "engineer", _("Engineer")
    STOREKEEPER = "storekeeper", _("Storekeeper")
    SETTLEMENT_CLERK = "settlement_clerk", _("Settlement clerk")
    PROVIDER_MANAGER = "provider_manager", _("Provider manager")


P = Permission

_SEES = [P.TICKET_VIEW, P.CUSTOMER_VIEW, P.WORKFORCE_VIEW, P.WORK_VIEW, P.STOCK_VIEW]

ROLE_PERMISSIONS: dict[RoleCode, list[Permission]] = {
    RoleCode.TENANT_ADMIN: [p for p in P if p != P.VISIT_PERFORM],
    RoleCode.SERVICE_DIRECTOR: [
        *_SEES,
        P.SETTLEMENT_VIEW,
        P.RESPONSE_VIEW,
        P.RECOVERY_WORK,
        P.DIRECTOR_VIEW,
        P.AUDIT_VIEW,
        P.TICKET_RESOLVE,
    ],
    RoleCode.SERVICE_DESK: [
        *_SEES,
        P.TICKET_OPEN,
        P.TICKET_WORK,
        P.TICKET_RESOLVE,
        P.CUSTOMER_EDIT,
        P.WORK_CREATE,
        P.RESPONSE_VIEW,
        P.RESPONSE_RECORD,
        P.RECOVERY_WORK,
    ],
    RoleCode.DISPATCHER: [
        *_SEES,
        P.TICKET_OPEN,
        P.WORK_CREATE,
        P.VISIT_PLAN,
        P.RULE_EDIT,
        P.WORKFORCE_EDIT,
        P.RESPONSE_VIEW,
    ],
    RoleCode.ENGINEER: [P.VISIT_PERFORM],
    RoleCode.STOREKEEPER: [P.STOCK_VIEW, P.STOCK_EDIT, P.WORKFORCE_VIEW],
    RoleCode.SETTLEMENT_CLERK: [
        P.CUSTOMER_VIEW,
        P.WORK_VIEW,
        P.SETTLEMENT_VIEW,
        P.CHARGE_EDIT,
        P.INVOICE_ISSUE,
        P.PAYMENT_RECORD,
    ],
    RoleCode.PROVIDER_MANAGER: [P.WORK_VIEW],
}
