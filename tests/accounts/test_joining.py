"""An account proves nothing about its address: whoever has one joins by the link that is mailed there.

The attack: Mallory of Globex makes an account for newhire@acme.example and holds its password; then Acme lets
that address in.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pyotp
import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from allauth.usersessions.models import UserSession
from django.contrib.auth.hashers import check_password
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from playwright.sync_api import Page, expect

from accounts import links, queries, services
from accounts.models import Membership, User
from channels import services as channels
from channels.models import OutboundMessage
from core.clock import now
from core.errors import Conflict, NotAllowed
from journal import services as journal
from journal.models import AuditEntry
from tenants.active import tenant_active
from tenants.actors import Actor
from tests.cast import Company, Person

SignIn = Callable[[Person], Client]
ADDRESS = "newhire@acme.example"
RIVALS = "known-to-mallory-1"
OWN = "chosen-by-nadia-22"
PEOPLE = "/t/acme/settings/people/"


@pytest.fixture
def planted(globex: Company) -> Client:
    """Mallory's browser, signed in as the account she made for the address of Acme's new colleague."""
    with tenant_active(globex.tenant.pk):
        services.add_member(
            email=ADDRESS,
            name="Dumb Nadia",
            role_code="engineer",
            actor=globex.mallory.actor,
            at=now(),
            password=RIVALS,
        )
    return _signed_in(RIVALS)


@pytest.fixture
def waiting(acme: Company, planted: Client) -> Membership:
    """Acme has let the address in."""
    return _invite(acme)


def _signed_in(password: str) -> Client:
    client = Client()
    client.post("/accounts/login/", {"login": ADDRESS, "password": password})
    return client


def _enters(client: Client, slug: str = "acme") -> bool:
    return client.get(f"/t/{slug}/settings/profile/").status_code == 200


def _invite(company: Company, address: str = ADDRESS, at: datetime | None = None) -> Membership:
    admin = next(p for p in company.people.values() if p.membership.role.code == "tenant_admin")
    with tenant_active(company.tenant.pk):
        return services.add_member(
            email=address, name="Nadia", role_code="dispatcher", actor=admin.actor, at=at or now()
        )


def _mailed() -> str:
    """The path in the newest letter."""
    while journal.deliver_due():
        pass
    channels.send_due()
    found = re.search(r"http://[^/]+(/join/\S+/)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def _accept(path: str, client: Client | None = None, password: str = OWN) -> Any:
    return (client or Client()).post(path, {"password1": password, "password2": password})


def test_whoever_made_the_account_is_not_let_in_with_it(waiting: Membership, planted: Client) -> None:
    assert _enters(planted, "globex")
    assert not _enters(planted)
    assert "/t/acme/" not in planted.get("/t/globex/settings/profile/").content.decode()
    assert planted.get("/", follow=True).redirect_chain[-1][0].startswith("/t/globex/")
    assert planted.get("/t/acme/").status_code == 404


def test_a_place_that_waits_is_nowhere_active(acme: Company, waiting: Membership) -> None:
    with tenant_active(acme.tenant.pk):
        assert queries.find_membership(waiting.user) is None
        assert waiting.pk not in queries.members().filter(is_active=True).values_list("pk", flat=True)
    assert {m.tenant.slug for m in queries.memberships_of(waiting.user)} == {"globex"}


def test_the_database_lets_nobody_be_active_who_has_not_joined(waiting: Membership) -> None:
    with pytest.raises(IntegrityError, match="joined_before_active"), transaction.atomic():
        Membership._base_manager.filter(pk=waiting.pk).update(is_active=True)


def test_the_owner_of_the_address_joins_and_the_rival_is_out(waiting: Membership, planted: Client) -> None:
    user = waiting.user
    TOTP.activate(user, pyotp.random_base32())
    assert _enters(planted, "globex")
    path, nadia = _mailed(), Client()
    page = nadia.get(path)
    text = page.content.decode()
    assert "Ada Admin of Acme Service invites you" in text
    assert "Dispatcher" in text
    assert "n•••@acme.example" in text
    assert (page["Cache-Control"], page["Referrer-Policy"]) == ("no-store", "same-origin")

    assert _accept(path, nadia).headers["Location"] == "/t/acme/"
    assert _enters(nadia)
    assert not _enters(planted, "globex"), "every session of before has ended"
    assert not _enters(planted)
    assert not _enters(_signed_in(RIVALS), "globex"), "the password of before is none"
    assert _enters(_signed_in(OWN))
    assert not Authenticator.objects.filter(user=user).exists()
    user.refresh_from_db()
    assert user.proven_at is not None
    assert check_password(OWN, user.password)
    keys = set(UserSession.objects.filter(user=user).values_list("session_key", flat=True))
    assert planted.session.session_key not in keys


def test_a_passkey_or_password_that_waits_for_the_joining_comes_too_late(
    waiting: Membership, planted: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rival's request read its session before the owner joined, and writes after."""
    stale = User.objects.get(pk=waiting.user_id)
    _accept(_mailed())
    monkeypatch.setattr("django.contrib.auth.middleware.auth.get_user", lambda request: stale)
    answer = planted.post(
        "/accounts/password/change/", {"oldpassword": RIVALS, "password1": "x", "password2": "x"}
    )
    assert answer.headers["Location"].startswith("/accounts/login/")
    assert check_password(OWN, User.objects.get(pk=waiting.user_id).password)


def test_a_password_link_of_before_ends_with_the_joining(
    globex: Company, acme: Company, planted: Client
) -> None:
    member = Membership._base_manager.get(user__email=ADDRESS)
    with tenant_active(globex.tenant.pk):
        link = services.make_password_link(membership_id=member.pk, actor=globex.mallory.actor, at=now())
    _invite(acme)
    with tenant_active(globex.tenant.pk), pytest.raises(Conflict, match="Forgot your password"):
        services.make_password_link(membership_id=member.pk, actor=globex.mallory.actor, at=now())
    _accept(_mailed())
    page = Client().get(link, follow=True)
    assert 'name="password1"' not in page.content.decode()


def test_after_the_owner_proved_the_address_no_admin_makes_a_password_link(
    globex: Company, acme: Company, waiting: Membership
) -> None:
    """Not even when Acme's place is gone again."""
    _accept(_mailed())
    Membership._base_manager.filter(pk=waiting.pk).delete()
    member = Membership._base_manager.get(user__email=ADDRESS)
    with tenant_active(globex.tenant.pk), pytest.raises(Conflict, match="Forgot your password"):
        services.make_password_link(membership_id=member.pk, actor=globex.mallory.actor, at=now())


def test_a_proven_account_signs_in_and_accepts(acme: Company, globex: Company, signed_in: SignIn) -> None:
    User.objects.filter(pk=acme.ada.user.pk).update(proven_at=now())
    _invite(globex, acme.ada.user.email)
    path = _mailed()
    asked = Client().get(path).content.decode()
    assert f"/accounts/login/?next={path}".replace(":", "%3A") in asked
    assert Client().post(path).status_code == 422
    assert not _enters(signed_in(acme.ada), "globex")
    client = signed_in(acme.ada)
    assert "password1" not in client.get(path).content.decode()
    assert client.post(path).headers["Location"] == "/t/globex/"
    assert _enters(client, "globex")
    assert _enters(client, "acme"), "the session goes on"


def test_another_account_is_told_so_and_may_sign_out(
    acme: Company, waiting: Membership, signed_in: SignIn
) -> None:
    path, client = _mailed(), signed_in(acme.tom)
    text = client.get(path).content.decode()
    assert "signed in with another account" in text
    assert ADDRESS not in text
    assert "/accounts/logout/" in text
    assert _accept(path, client).status_code == 422
    assert not _enters(_signed_in(OWN))


@pytest.mark.parametrize(
    "how", ["used", "withdrawn", "again", "late", "changed", "other address", "nonsense"]
)
def test_a_link_that_no_longer_holds_opens_nothing(
    acme: Company, waiting: Membership, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, ada, tenant = _mailed(), acme.ada.actor, acme.tenant.pk
    later = now() + timedelta(minutes=11)
    if how == "used":
        _accept(path)
    elif how == "withdrawn":
        with tenant_active(tenant):
            services.withdraw_invitation(membership_id=waiting.pk, actor=ada, at=now())
    elif how == "again":
        with tenant_active(tenant):
            services.send_invitation_again(membership_id=waiting.pk, actor=ada, at=later)
    elif how == "late":
        monkeypatch.setattr("accounts.views.joining.now", lambda: now() + links.LIFETIME)
    elif how == "other address":
        User.objects.filter(pk=waiting.user_id).update(email="else@acme.example")
    else:
        path = path[:-2] + "x/" if how == "changed" else "/join/nonsense/"
    for answer in (Client().get(path), _accept(path, password="another-secret-33")):
        assert answer.status_code == 404
        assert "invitation is over" in answer.content.decode()
    assert not _enters(_signed_in("another-secret-33"))


def test_the_link_is_mailed_once_in_the_persons_language_and_kept_nowhere(
    acme: Company, waiting: Membership, signed_in: SignIn
) -> None:
    User.objects.filter(pk=waiting.user_id).update(language="ja")
    path = _mailed()
    journal.deliver_due()
    channels.send_due()
    assert [m.to for m in mail.outbox] == [[ADDRESS]]
    token = path.split("/")[2]
    with tenant_active(acme.tenant.pk):
        message = OutboundMessage.objects.get()
        assert (message.language, message.status, message.body) == ("ja", "sent", "")
        entries = [f"{e.changes} {e.reason} {e.object_label}" for e in AuditEntry.objects.all()]
    assert token not in " ".join(entries)
    ada = signed_in(acme.ada)
    for page in (PEOPLE, "/t/acme/audit/"):
        text = ada.get(page).content.decode()
        assert token not in text
        assert "/join/" not in text


def test_only_the_system_writes_the_letter(acme: Company, waiting: Membership) -> None:
    with tenant_active(acme.tenant.pk), pytest.raises(NotAllowed, match="mailed to them"):
        services.write_invitation(membership_id=waiting.pk, actor=acme.ada.actor, at=now())


def test_an_admin_sees_who_waits_sends_again_and_withdraws(
    acme: Company, waiting: Membership, signed_in: SignIn
) -> None:
    ada = signed_in(acme.ada)
    assert "Waits for the person to accept" in ada.get(PEOPLE).content.decode()
    assert ada.post(f"{PEOPLE}{waiting.pk}/invite/").status_code == 409, "not twice in ten minutes"
    assert ada.post(f"{PEOPLE}{waiting.pk}/switch/", {"active": "yes"}).status_code == 409
    assert ada.post(f"{PEOPLE}{waiting.pk}/password-link/").status_code == 409
    Membership._base_manager.filter(pk=waiting.pk).update(invited_at=now() - timedelta(hours=1))
    assert ada.post(f"{PEOPLE}{waiting.pk}/invite/").status_code == 303
    assert Client().get(_mailed()).status_code == 200
    assert ada.post(f"{PEOPLE}{waiting.pk}/withdraw/").status_code == 303
    assert not Membership._base_manager.filter(pk=waiting.pk).exists()


def test_a_bad_password_is_refused_beside_its_field(waiting: Membership) -> None:
    path = _mailed()
    for one, two, said in (("short", "short", "too short"), (OWN, "other", "not the same")):
        answer = Client().post(path, {"password1": one, "password2": two})
        assert answer.status_code == 422
        assert said in answer.content.decode()


def test_the_link_is_in_no_log(waiting: Membership, caplog: pytest.LogCaptureFixture) -> None:
    path = _mailed()
    assert Client().post(path, {"password1": "short", "password2": "short"}).status_code == 422
    assert "/join/…/" in caplog.text
    assert path not in caplog.text


def test_a_tenant_sees_its_own_name_for_a_person(
    acme: Company, globex: Company, waiting: Membership, signed_in: SignIn
) -> None:
    text = signed_in(acme.ada).get(PEOPLE).content.decode()
    assert "Nadia" in text
    assert "Dumb" not in text
    nadia = Client()
    _accept(_mailed(), nadia)
    nadia.post("/t/acme/settings/profile/", {"name": "Nadia N.", "language": "", "time_zone": ""})
    assert "Nadia N." in nadia.get("/t/acme/settings/profile/").content.decode()
    assert "Dumb" not in nadia.get("/t/acme/settings/profile/").content.decode()
    assert "Dumb Nadia" in nadia.get("/t/globex/settings/profile/").content.decode()
    with tenant_active(acme.tenant.pk):
        assert queries.find_membership(waiting.user).name == "Nadia N."  # type: ignore[union-attr]


def test_whoever_is_new_to_the_installation_joins_at_once(acme: Company) -> None:
    with tenant_active(acme.tenant.pk):
        member = services.add_member(
            email="new@acme.example", name="Nora", role_code="dispatcher", actor=acme.ada.actor, at=now()
        )
        services.deactivate_member(membership_id=member.pk, actor=acme.ada.actor, at=now())
        assert services.activate_member(membership_id=member.pk, actor=acme.ada.actor, at=now()).is_active
    assert member.joined_at is not None


def test_the_guest_of_one_invitation_accepts_no_other(acme: Company, waiting: Membership) -> None:
    token = links.token_of(waiting)
    with tenant_active(acme.tenant.pk), pytest.raises(Exception, match="invitation is over"):
        services.join_tenant(
            token=token, signed_in_as=None, actor=Actor.customer("x"), at=now(), password=OWN
        )


def test_a_person_joins_in_the_browser(page: Page, acme: Company, waiting: Membership) -> None:
    page.goto(_mailed())
    expect(page.get_by_role("heading", name="Join Acme Service")).to_be_visible()
    page.get_by_label("New password", exact=True).fill(OWN)
    page.get_by_label("New password once more").fill(OWN)
    page.get_by_role("button", name="Accept and join").click()
    page.wait_for_url("**/t/acme/**")
    page.goto("/t/acme/settings/profile/")
    expect(page.get_by_label("Name")).to_have_value("Nadia")
