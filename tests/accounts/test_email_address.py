"""An address is what admins let people in by: nobody may take one that is not theirs."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from tests.cast import Company

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("act", ["action_add", "action_primary", "action_send", "action_remove"])
def test_nobody_takes_an_address_that_is_not_theirs(act: str, globex: Company, client: Client) -> None:
    """Mallory would be let into Acme by calling herself what Acme's next colleague will be called."""
    mallory = globex.mallory.user
    client.force_login(mallory)
    assert client.post("/accounts/email/", {act: "", "email": "new@acme.example"}).status_code == 404
    mallory.refresh_from_db()
    assert mallory.email == "mallory@globex.example"
    assert not EmailAddress.objects.filter(email="new@acme.example").exists()


def test_nobody_signs_up_alone(client: Client) -> None:
    form = {"email": "x@acme.example", "password1": "correct-horse-9", "password2": "correct-horse-9"}
    assert "Nobody signs up alone" in client.post("/accounts/signup/", form).content.decode()
    assert not client.login(email="x@acme.example", password="correct-horse-9")
