"""What may be done to articles."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from core.validation import check_fields
from journal import services as journal
from knowledge import permissions, queries
from knowledge.models import Article
from tenants.actors import Actor
from tenants.enums import Language

FIELDS = frozenset({"title", "body", "topic_code", "language", "is_published"})


@transaction.atomic
def write_article(
    *,
    title: str,
    body: str,
    actor: Actor,
    at: datetime,
    topic_code: str = "",
    language: str = Language.ENGLISH,
    is_published: bool = False,
) -> Article:
    """Write down what is known; a draft until it is published. `topic_code` ties it to tickets' topics."""
    actor.require(permissions.EDIT)
    article = Article(
        title=title.strip(), body=body, topic_code=topic_code, language=language, is_published=is_published
    )
    check_fields(article)
    article.save(force_insert=True)
    journal.record(actor=actor, verb="created", thing=article, at=at)
    return article


@transaction.atomic
def update_article(*, article_id: int, actor: Actor, at: datetime, **changes: Any) -> Article:
    """Change some of FIELDS."""
    article = queries.get_article(article_id)
    actor.require(permissions.EDIT, article)
    if unknown := sorted(set(changes) - FIELDS):
        raise TypeError(f"Article has no changeable {', '.join(unknown)}.")
    changed = {name: value for name, value in changes.items() if getattr(article, name) != value}
    for name, value in changed.items():
        setattr(article, name, value)
    check_fields(article)
    article.save()
    if changed:
        journal.record(actor=actor, verb="changed", thing=article, at=at, changes={"fields": sorted(changed)})
    return article
