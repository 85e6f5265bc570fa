"""The settings pages, the switch of tenants, and what sign-in pages show."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts import services
from accounts.models import ApiToken, Membership, Role
from journal.models import IdempotentAct
from tenants.active import tenant_active
from tenants.models import Tenant
from tests.cast import AT, PASSWORD, Company, Person

SignIn = Callable[[Person], Client]
SETTINGS = "/t/acme/settings/"


def _text(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.content.decode()


def test_the_door_leads_to_the_first_page_one_may_open(acme: Company, signed_in: SignIn) -> None:
    assert signed_in(acme.ada).get(SETTINGS).headers["Location"] == f"{SETTINGS}company/"
    assert signed_in(acme.tom).get(SETTINGS).headers["Location"] == f"{SETTINGS}profile/"


@pytest.mark.parametrize("page", ["company", "people", "people/new", "roles", "roles/new", "tokens"])
def test_pages_of_the_tenant_are_for_its_admins(acme: Company, signed_in: SignIn, page: str) -> None:
    assert signed_in(acme.ada).get(f"{SETTINGS}{page}/").status_code == 200
    assert signed_in(acme.dora).get(f"{SETTINGS}{page}/").status_code == 403


@pytest.mark.parametrize("page", ["profile", "security"])
@pytest.mark.parametrize("name", ["ada", "tom", "pia"])
def test_ones_own_pages_are_for_everybody(acme: Company, signed_in: SignIn, page: str, name: str) -> None:
    text = _text(signed_in(acme.people[name]), f"{SETTINGS}{page}/")
    assert ("API tokens" in text) == (name == "ada")


def test_the_company_is_saved(acme: Company, signed_in: SignIn) -> None:
    form = {
        "name": "Acme K.K.",
        "language": "en",
        "time_zone": "Asia/Tokyo",
        "currency": "JPY",
        "tax_rate_percent": "10",
    }
    client = signed_in(acme.ada)
    answer = client.post(f"{SETTINGS}company/", form)
    assert answer.status_code == 303
    assert "settings were saved" in _text(client, f"{SETTINGS}company/")
    assert Tenant.objects.get(pk=acme.tenant.pk).name == "Acme K.K."
    bad = client.post(f"{SETTINGS}company/", {**form, "tax_rate_percent": "400", "time_zone": "Mars"})
    assert bad.status_code == 422
    assert "from 0 to 100" in bad.content.decode()


def test_a_person_is_let_in_and_chooses_a_password(acme: Company, signed_in: SignIn) -> None:
    client = signed_in(acme.ada)
    form = {"name": "Nora", "email": "nora@acme.example", "role": "dispatcher"}
    shown = client.post(f"{SETTINGS}people/new/", form)
    assert shown["Cache-Control"] == "no-store"
    found = re.search(r"http://testserver(/accounts/password/reset/key/[^<]+)", shown.content.decode())
    assert found
    assert found[1] not in _text(client, f"{SETTINGS}people/"), "shown once"
    assert found[1] not in str(dict(client.session.items()))

    visitor = Client()
    page = visitor.get(found[1], follow=True)
    path = page.redirect_chain[-1][0]
    secret = "a-brand-new-secret-1"
    visitor.post(path, {"password1": secret, "password2": secret})
    entered = visitor.post("/accounts/login/", {"login": "nora@acme.example", "password": secret})
    assert entered.status_code == 302
    home = visitor.get(entered.headers["Location"])
    assert home.headers["Location"].startswith("/t/acme/")
    again = Client().get(found[1], follow=True)
    assert 'name="password1"' in page.content.decode()
    assert 'name="password1"' not in again.content.decode(), "works once"


def test_a_role_is_changed_and_a_person_put_out_and_in(acme: Company, signed_in: SignIn) -> None:
    client, member = signed_in(acme.ada), acme.dora.membership
    dora = signed_in(acme.dora)
    client.post(f"{SETTINGS}people/{member.pk}/role/", {"role": "storekeeper"})
    member.refresh_from_db()
    with tenant_active(acme.tenant.pk):
        assert Role.objects.get(pk=member.role_id).code == "storekeeper"
    client.post(f"{SETTINGS}people/{member.pk}/switch/")
    assert dora.get("/t/acme/stock/").status_code == 404
    client.post(f"{SETTINGS}people/{member.pk}/switch/", {"active": "yes"})
    assert dora.get(f"{SETTINGS}profile/").status_code == 200


def test_the_matrix_of_roles_is_edited(acme: Company, signed_in: SignIn) -> None:
    client = signed_in(acme.ada)
    with tenant_active(acme.tenant.pk):
        role = Role.objects.get(code="storekeeper")
    text = _text(client, f"{SETTINGS}roles/{role.pk}/")
    assert re.search(r'value="stock_edit" checked', text)
    client.post(f"{SETTINGS}roles/{role.pk}/", {"permissions": ["stock_view", "work_view"]})
    with tenant_active(acme.tenant.pk):
        assert Role.objects.get(pk=role.pk).permissions == ["stock_view", "work_view"]


def test_a_token_is_shown_once_used_and_revoked(acme: Company, signed_in: SignIn) -> None:
    client = signed_in(acme.ada)
    form = {"name": "Web shop", "scopes": ["customer_view"], "expires_on": "2099-01-01"}
    shown = client.post(f"{SETTINGS}tokens/new/", form)
    found = re.search(r"fsm_[\w-]{40,}", shown.content.decode())
    assert found
    assert found[0] not in _text(client, f"{SETTINGS}tokens/"), "shown once"
    program = Client(headers={"Authorization": f"Bearer {found[0]}"})
    assert program.get("/api/v1/customers/").status_code == 200
    with tenant_active(acme.tenant.pk):
        token = ApiToken.objects.get(name="Web shop")
    assert "Never" not in _text(client, f"{SETTINGS}tokens/"), "the last use is shown"
    client.post(f"{SETTINGS}tokens/{token.pk}/revoke/")
    assert program.get("/api/v1/customers/").status_code == 401
    assert "Revoked" in _text(client, f"{SETTINGS}tokens/")


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("people/{member}/role/", {"role": "engineer"}),
        ("people/{member}/switch/", {}),
        ("people/{member}/password-link/", {}),
        ("people/{member}/invite/", {}),
        ("people/{member}/withdraw/", {}),
        ("roles/{role}/", {"permissions": []}),
        ("tokens/{token}/revoke/", {}),
    ],
)
def test_a_rivals_things_answer_like_things_that_do_not_exist(
    acme: Company, globex: Company, signed_in: SignIn, path: str, form: dict[str, Any]
) -> None:
    with tenant_active(globex.tenant.pk):
        token, _ = services.create_token(name="g", scopes=["work_view"], actor=globex.mallory.actor, at=AT)
    rival = {"member": globex.greg.membership.pk, "role": globex.greg.membership.role_id, "token": token.pk}
    client = signed_in(acme.ada)
    answers = [
        client.post(SETTINGS + path.format(**ids), form) for ids in (rival, dict.fromkeys(rival, 987654321))
    ]
    assert [a.status_code for a in answers] == [404, 404]


def test_language_and_zone_of_the_profile_hold_at_once(acme: Company, signed_in: SignIn) -> None:
    client = signed_in(acme.dora)
    form = {"name": "Dora", "language": "ja", "time_zone": "America/New_York"}
    client.post(f"{SETTINGS}profile/", form)
    answer = client.get(f"{SETTINGS}profile/")
    assert answer.headers["Content-Language"] == "ja"
    assert '<html lang="ja"' in answer.content.decode()


def test_the_secret_of_a_token_is_kept_nowhere(acme: Company, signed_in: SignIn) -> None:
    client = signed_in(acme.ada)
    form = {"name": "Web shop", "scopes": ["customer_view"], "idempotency_key": "pressed-twice"}
    shown = client.post(f"{SETTINGS}tokens/new/", form)
    secret = re.search(r"fsm_[\w-]{40,}", shown.content.decode())
    assert secret
    assert shown["Cache-Control"] == "no-store"
    assert secret[0] not in str(dict(client.session.items()))
    with tenant_active(acme.tenant.pk):
        assert all(secret[0].encode() not in bytes(act.body) for act in IdempotentAct.objects.all())
    again = client.post(f"{SETTINGS}tokens/new/", form)
    assert again.status_code == 409
    assert "shown once" in again.content.decode()
    with tenant_active(acme.tenant.pk):
        assert ApiToken.objects.filter(name="Web shop").count() == 1


def _let_ada_into(globex: Company, acme: Company) -> None:
    """Ada, whose address is proven, is invited by Globex and has accepted."""
    with tenant_active(globex.tenant.pk):
        member = services.add_member(
            email=acme.ada.user.email, name="Ada", role_code="dispatcher", actor=globex.mallory.actor, at=AT
        )
    Membership._base_manager.filter(pk=member.pk).update(joined_at=AT, is_active=True)


def test_the_switch_shows_every_tenant_of_the_person_and_no_other(
    acme: Company, globex: Company, signed_in: SignIn
) -> None:
    text = _text(signed_in(acme.ada), f"{SETTINGS}profile/")
    assert "/t/globex/" not in text
    _let_ada_into(globex, acme)
    text = _text(signed_in(acme.ada), f"{SETTINGS}profile/")
    assert 'href="/t/globex/"' in text
    assert "Tokyo · " in text
    assert "New York · " in text


def test_the_last_tenant_is_where_home_leads(acme: Company, globex: Company, signed_in: SignIn) -> None:
    _let_ada_into(globex, acme)
    client = signed_in(acme.ada)
    for slug in ("acme", "globex", "acme"):
        client.get(f"/t/{slug}/settings/profile/")
        assert client.get("/").headers["Location"].startswith(f"/t/{slug}/")


@pytest.mark.parametrize(
    ("who", "page"),
    [
        ("ada", "tickets/"),
        ("sora", "tickets/"),
        ("dora", "board/"),
        ("dirk", "today/"),
        ("cora", "settlement/"),
        ("stan", "stock/"),
        ("tom", "my-visits/"),
        ("pia", "board/"),
    ],
)
def test_a_day_begins_where_the_role_works(acme: Company, signed_in: SignIn, who: str, page: str) -> None:
    client = signed_in(acme.people[who])
    for path in ("/", "/t/acme/"):
        assert client.get(path).headers["Location"] == f"/t/acme/{page}"


def test_somebody_without_a_tenant_is_told_so(acme: Company, signed_in: SignIn) -> None:
    Membership._base_manager.filter(user=acme.tom.user).update(is_active=False)
    answer = signed_in(acme.tom).get("/")
    assert answer.status_code == 403
    assert "not in a tenant yet" in answer.content.decode()


@pytest.mark.parametrize("size", [1, 4])
def test_the_list_of_people_asks_the_same_number_of_questions(
    acme: Company, signed_in: SignIn, django_assert_num_queries: Any, size: int
) -> None:
    with tenant_active(acme.tenant.pk):
        for number in range(size):
            email = f"n{number}@acme.example"
            services.add_member(email=email, name="N", role_code="engineer", actor=acme.ada.actor, at=AT)
    client = signed_in(acme.ada)
    client.get(f"{SETTINGS}people/")
    with django_assert_num_queries(8):
        client.get(f"{SETTINGS}people/")


def test_nobody_signs_up_alone(db: None) -> None:
    answer = Client().get("/accounts/signup/")
    assert answer.status_code == 200
    assert "Nobody signs up alone" in answer.content.decode()
    form = {"email": "x@y.example", "password1": PASSWORD, "password2": PASSWORD}
    assert "Nobody signs up alone" in Client().post("/accounts/signup/", form).content.decode()


def test_the_language_switch_holds_over_the_language_of_the_profile(acme: Company, signed_in: SignIn) -> None:
    client = signed_in(acme.ada)
    client.post(f"{SETTINGS}profile/", {"name": "Ada", "language": "ja", "time_zone": ""})
    assert 'lang="ja"' in _text(client, f"{SETTINGS}profile/")
    switched = client.post("/i18n/setlang/", {"language": "zh-hans", "next": f"{SETTINGS}profile/"})
    assert (switched.status_code, switched.headers["Location"]) == (302, f"{SETTINGS}profile/")
    assert 'lang="zh-hans"' in _text(client, f"{SETTINGS}profile/").lower()
    client.post("/i18n/setlang/", {"language": "tlh"})
    assert 'lang="zh-hans"' in _text(client, f"{SETTINGS}profile/").lower()


def test_the_language_switch_works_before_signing_in(db: None) -> None:
    client = Client()
    client.post("/i18n/setlang/", {"language": "ja", "next": "/accounts/login/"})
    assert 'lang="ja"' in client.get("/accounts/login/").content.decode()


@pytest.mark.parametrize("page", ["login", "password/reset", "signup"])
@pytest.mark.parametrize("language", ["en", "ja", "zh-hans"])
def test_sign_in_pages_are_ours_in_every_language(db: None, page: str, language: str) -> None:
    answer = Client().get(f"/accounts/{page}/", headers={"Accept-Language": language})
    text = answer.content.decode()
    assert '<div class="gate">' in text
    assert f'<html lang="{language}"' in text
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


def test_guessing_passwords_is_slowed_down_whatever_address_is_claimed(acme: Company) -> None:
    client = Client()
    for number in range(6):
        answer = client.post(
            "/accounts/login/",
            {"login": acme.ada.user.email, "password": "wrong"},
            headers={"X-Forwarded-For": f"203.0.113.{number}"},
        )
    assert "Too many failed" in answer.content.decode()
    right = client.post("/accounts/login/", {"login": acme.ada.user.email, "password": PASSWORD})
    assert right.status_code == 200, "even the right password waits"


def test_a_session_is_noted_once_in_a_while(acme: Company, signed_in: SignIn, settings: Any) -> None:
    client = signed_in(acme.ada)
    text = _text(client, f"{SETTINGS}security/")
    assert text.count("this one") == 1
    assert "password alone" in text
    assert client.session["noted_at"] > 0


def test_strangers_are_sent_to_sign_in_and_come_back(acme: Company) -> None:
    client = Client()
    asked = client.get(f"{SETTINGS}people/?q=tom")
    assert asked.status_code == 302
    assert asked.headers["Location"] == "/accounts/login/?next=/t/acme/settings/people/%3Fq%3Dtom"
    form = {"login": acme.ada.user.email, "password": PASSWORD, "next": "/t/acme/settings/people/?q=tom"}
    assert client.post("/accounts/login/", form).headers["Location"] == "/t/acme/settings/people/?q=tom"


@pytest.mark.parametrize("slug", ["globex", "no-such-tenant"])
def test_a_strangers_tenant_looks_like_none(
    acme: Company, globex: Company, signed_in: SignIn, slug: str
) -> None:
    client = signed_in(acme.ada)
    answer = client.get(f"/t/{slug}/settings/profile/")
    assert answer.status_code == 404
    assert "Globex" not in answer.content.decode()
