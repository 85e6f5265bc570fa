"""Pages that exist before any app: sign-in, account pages, the style page, errors."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from core.views import PAGES
from tests.cast import Company, Person


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "word"), [("en", "Sign in"), ("ja", ""), ("zh-hans", "")])
def test_sign_in_offers_passkey_password_and_language(client: Client, language: str, word: str) -> None:
    response = client.get("/accounts/login/", {"lang": language})
    html = response.content.decode()
    assert response.status_code == 200
    assert f'<html lang="{language}"' in html
    assert word in html
    assert 'id="passkey_login"' in html
    assert 'name="password"' in html
    assert 'lang="zh-Hans"' in html


@pytest.mark.django_db
def test_a_bad_sign_in_says_so_once_and_keeps_the_address(client: Client) -> None:
    response = client.post("/accounts/login/", {"login": "nobody@acme.example", "password": "wrong"})
    html = response.content.decode()
    assert html.count('class="error-summary"') == 1
    assert "nobody@acme.example" in html


@pytest.mark.django_db
@pytest.mark.parametrize("page", PAGES)
def test_the_style_page_is_for_development_only(client: Client, settings: object, page: str) -> None:
    settings.DEBUG = False  # type: ignore[attr-defined]
    assert client.get(f"/look/{page}/").status_code == 404
    settings.DEBUG = True  # type: ignore[attr-defined]
    assert client.get(f"/look/{page}/").status_code == 200


@pytest.mark.django_db
def test_what_is_not_there_says_so(client: Client) -> None:
    response = client.get("/nowhere/")
    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()


@pytest.mark.parametrize(
    "path",
    ["/accounts/password/change/", "/accounts/2fa/", "/accounts/sessions/", "/accounts/logout/"],
)
def test_account_pages_wear_the_look(acme: Company, signed_in: Callable[[Person], Client], path: str) -> None:
    client = signed_in(acme.people["dora"])
    html = client.get(path).content.decode()
    assert 'class="card wide"' in html
    assert 'class="btn' in html
