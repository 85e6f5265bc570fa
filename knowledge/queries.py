"""Reads of articles."""

from __future__ import annotations

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from core.errors import NotFound
from knowledge.models import Article


def articles(text: str = "") -> QuerySet[Article]:
    """Every article by title, drafts too; `text` narrows to those that hold it in title, text or topic."""
    found = Article.objects.order_by("title", "id")
    if text:
        found = found.filter(Q(title__icontains=text) | Q(body__icontains=text) | Q(topic_code=text))
    return found


def articles_about(topic_code: str, language: str = "") -> QuerySet[Article]:
    """Published articles on a topic, those in the reader's language first."""
    fits = Case(When(language=language, then=Value(0)), default=Value(1), output_field=IntegerField())
    return Article.objects.filter(topic_code=topic_code, is_published=True).order_by(fits, "title", "id")


def get_article(article_id: int) -> Article:
    """The article; raises NotFound."""
    found = Article.objects.filter(pk=article_id).first()
    if found is None:
        raise NotFound(_("Article %(id)s is not here.") % {"id": article_id})
    return found
