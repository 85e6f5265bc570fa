"""How somebody who has an account already comes to join: asked by mail, by their own act, as nobody else.

The reasons are in docs/adr/0005.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from accounts import letters, queries
from accounts.enums import Permission
from accounts.events import PersonInvited
from accounts.letters import Letter
from accounts.models import Membership, User
from accounts.services.grants import check_grant
from core.errors import BadInput, Conflict, NotAllowed, NotFound
from journal import services as journal
from tenants.actors import Actor

PAUSE = timedelta(minutes=10)
"""Between two letters to the same person."""


@transaction.atomic
def write_invitation(*, membership_id: int, actor: Actor, at: datetime) -> Letter | None:
    """The letter with the link, for the system that mails it and for nobody else.

    None when the person has accepted meanwhile, or the invitation was withdrawn.
    """
    membership = queries.find_member(membership_id)
    if actor.kind != "system":
        raise NotAllowed(_("Only the person who is invited may see the link: it is mailed to them."))
    if membership is None or not membership.is_waiting:
        return None
    return letters.invitation(membership)


@transaction.atomic
def send_invitation_again(*, membership_id: int, actor: Actor, at: datetime) -> Membership:
    """Mail a new link; the earlier one ends. Not more often than every ten minutes."""
    membership = _waiting(membership_id, actor)
    if membership.invited_at is not None and at < membership.invited_at + PAUSE:
        raise Conflict(
            _("%(name)s was sent a letter just now. Wait ten minutes before sending it again.")
            % {"name": membership}
        )
    membership.invited_at, membership.invited_by = at, actor.label
    membership.save(update_fields=["invited_at", "invited_by"])
    journal.record(actor=actor, verb="invited", thing=membership, at=at)
    journal.publish(PersonInvited(membership_id=membership.pk))
    return membership


@transaction.atomic
def withdraw_invitation(*, membership_id: int, actor: Actor, at: datetime) -> Membership:
    """Take the invitation back: the place is gone, and every link to it with it."""
    membership = _waiting(membership_id, actor)
    journal.record(actor=actor, verb="withdrawn", thing=membership, at=at)
    try:
        with transaction.atomic():
            Membership.objects.filter(pk=membership.pk).delete()
    except ProtectedError as problem:
        raise Conflict(
            _("An engineer signs in as %(name)s. Take that away first.") % {"name": membership}
        ) from problem
    return membership


@transaction.atomic
def join_tenant(
    *, token: str, signed_in_as: User | None, actor: Actor, at: datetime, password: str = ""
) -> Membership:
    """Accept the invitation that this link is for; the person is in from now on.

    An account whose address was proven before must be the one that is signed in. Any other is proven now:
    the link came to the address, so whoever has it chooses `password`, and all that the account had before
    (password, sessions, passkeys, authenticator apps, recovery codes) ends: others may hold it.
    """
    invitation = queries.find_invitation(token, at)
    if invitation is None or actor.membership_id != invitation.pk:
        raise NotFound(_("This invitation is over. Ask the company that invited you to send it again."))
    # The account first, as everybody who changes it does; then once more whether the link still holds.
    user = User.objects.select_for_update().get(pk=invitation.user_id)
    membership = queries.member_for_update(invitation.pk)
    if not membership.is_waiting or membership.invited_at != invitation.invited_at:
        raise NotFound(_("This invitation is over. Ask the company that invited you to send it again."))
    if signed_in_as is not None and signed_in_as.pk != user.pk:
        raise NotAllowed(_("This invitation is for another account. Sign out, then open the link again."))
    if user.proven_at is None:
        _prove(user, password, at)
    elif signed_in_as is None:
        raise NotAllowed(_("Sign in first, then open the link again."))
    membership.joined_at, membership.is_active = at, True
    membership.save(update_fields=["joined_at", "is_active"])
    membership.user = user
    journal.record(actor=actor, verb="joined", thing=membership, at=at)
    return membership


def _prove(user: User, password: str, at: datetime) -> None:
    """The account is of the address's owner from now on, and of nobody who had it before."""
    try:
        validate_password(password, user)
    except ValidationError as problem:
        raise BadInput(
            _("This password cannot be used."), errors={"password1": problem.messages}
        ) from problem
    user.set_password(password)
    user.proven_at = at
    user.save(update_fields=["password", "proven_at"])
    Authenticator.objects.filter(user=user).delete()
    for session in UserSession.objects.filter(user=user):
        session.end()


def _waiting(membership_id: int, actor: Actor) -> Membership:
    """The waiting membership, locked, of which this actor may decide."""
    membership = queries.member_for_update(membership_id)
    actor.require(Permission.MEMBER_MANAGE, membership)
    check_grant(actor, membership.role.permissions)
    if not membership.is_waiting:
        raise Conflict(_("%(name)s has joined already. Look at the list of people.") % {"name": membership})
    return membership
