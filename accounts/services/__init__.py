"""What may be done to people, roles, tokens and the company's own facts."""

from __future__ import annotations

from accounts.services.company import update_company
from accounts.services.joining import (
    join_tenant,
    send_invitation_again,
    withdraw_invitation,
    write_invitation,
)
from accounts.services.people import (
    activate_member,
    add_member,
    change_role,
    choose_language,
    deactivate_member,
    invite_member,
    make_password_link,
    update_profile,
)
from accounts.services.roles import create_default_roles, create_role, update_role
from accounts.services.tokens import create_token, revoke_token

__all__ = [
    "activate_member",
    "add_member",
    "change_role",
    "choose_language",
    "create_default_roles",
    "create_role",
    "create_token",
    "deactivate_member",
    "invite_member",
    "join_tenant",
    "make_password_link",
    "revoke_token",
    "send_invitation_again",
    "update_company",
    "update_profile",
    "update_role",
    "withdraw_invitation",
    "write_invitation",
]
