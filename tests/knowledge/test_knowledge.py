"""Articles: written, found beside tickets, shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from core.errors import BadInput, NotAllowed, NotFound
from knowledge import queries, services
from knowledge.models import Article
from tenants.active import tenant_active
from tests.cast import AT, Company, Person

SignIn = Callable[[Person], Client]


def write(company: Company, **facts: Any) -> Article:
    values = {"title": "Jams", "body": "Clean the roller", "topic_code": "paper-jam", "is_published": True}
    return services.write_article(**{**values, "actor": company.sora.actor, "at": AT, **facts})


def test_published_articles_on_a_topic_in_the_readers_language_first(in_acme: Company) -> None:
    english = write(in_acme)
    japanese = write(in_acme, title="紙づまり", language="ja")
    write(in_acme, title="Draft", is_published=False)
    write(in_acme, title="Other", topic_code="toner")
    assert list(queries.articles_about("paper-jam", "ja")) == [japanese, english]


def test_who_only_reads_cannot_write(in_acme: Company) -> None:
    with pytest.raises(NotAllowed):
        write(in_acme, actor=in_acme.dirk.actor)
    with pytest.raises(BadInput):
        write(in_acme, title="")


def test_a_rivals_article_does_not_exist(acme: Company, globex: Company) -> None:
    with tenant_active(acme.tenant.pk):
        article = write(acme)
    with tenant_active(globex.tenant.pk), pytest.raises(NotFound):
        queries.get_article(article.pk)


def test_write_read_change_find(acme: Company, signed_in: SignIn) -> None:
    desk = signed_in(acme.sora)
    assert "No article" in desk.get("/t/acme/articles/").content.decode()
    made = desk.post("/t/acme/articles/new/", {"title": "Jams", "body": "Clean it", "language": "en"})
    assert made.status_code == 303
    assert "Clean it" in desk.get(made.headers["Location"]).content.decode()
    edit = made.headers["Location"] + "edit/"
    values = {"title": "Jams", "body": "Change it", "language": "en", "is_published": "on"}
    assert desk.post(edit, values).status_code == 303
    assert "Jams" in desk.get("/t/acme/articles/?q=change").content.decode()
    assert desk.post(edit, {"title": ""}).status_code == 422
    assert signed_in(acme.tom).get("/t/acme/articles/").status_code == 403
