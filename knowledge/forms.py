"""Forms of articles."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import PlainModelForm
from knowledge.models import Article


class ArticleForm(PlainModelForm):
    class Meta:
        model = Article
        fields = ["title", "topic_code", "language", "body", "is_published"]
        help_texts = {
            "topic_code": _("Shown beside tickets with this topic."),
            "is_published": _("Only published articles are shown beside tickets."),
        }
        widgets = {"body": forms.Textarea(attrs={"rows": 14})}
