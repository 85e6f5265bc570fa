"""How sign-in behaves here: nobody signs up alone; a tenant admin lets people in."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.models import User
from core.errors import Conflict


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """No open sign-up; a password is changed only by whoever saw the one before it."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def set_password(self, user: User, password: str) -> None:
        """Refuse when the account was taken over by its owner (`join_tenant`) since this request read it."""
        held = User.objects.select_for_update().get(pk=user.pk)
        if held.password != user.password:
            raise Conflict(_("The password was changed meanwhile. Sign in with the new one."))
        user.set_password(password)
        user.save(update_fields=["password"])
