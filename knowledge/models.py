"""Article."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.enums import Language
from tenants.models import TenantModel


class Article(TenantModel):
    """What we know about a topic or a model, in one language."""

    title = models.CharField(_("Title"), max_length=200)
    body = models.TextField(_("Text"))
    topic_code = models.SlugField(_("Topic"), max_length=60, blank=True)
    language = models.CharField(
        _("Language"), max_length=10, choices=Language.choices, default=Language.ENGLISH
    )
    is_published = models.BooleanField(_("Published"), default=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["title", "id"]
        indexes = [models.Index(fields=["tenant", "topic_code"], name="article_topic_idx")]

    def __str__(self) -> str:
        return self.title
