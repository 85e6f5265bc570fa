"""Pages of articles: list, one article, and the form."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.guards import permitted
from core.clock import now
from core.text import clean
from knowledge import permissions, queries, services
from knowledge.forms import ArticleForm
from tenants.http import TenantRequest

PAGE = 50


@permitted(permissions.VIEW)
@require_safe
def article_list(request: TenantRequest, slug: str) -> HttpResponse:
    """Articles by title; `?q=` narrows."""
    text = clean(request.GET.get("q", "")).strip()[:200]
    page = Paginator(queries.articles(text), PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "q": text, "may_edit": request.actor.can(permissions.EDIT)}
    return render(request, "knowledge/article_list.html", context)


@permitted(permissions.VIEW)
@require_safe
def article_detail(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """One article."""
    context = {"article": queries.get_article(pk), "may_edit": request.actor.can(permissions.EDIT)}
    return render(request, "knowledge/article_detail.html", context)


@permitted(permissions.EDIT)
@require_http_methods(["GET", "POST"])
def article_create(request: TenantRequest, slug: str) -> HttpResponse:
    """Write an article."""
    form = ArticleForm(request.POST or None, initial={"topic_code": request.GET.get("topic", "")[:60]})
    if request.method == "POST" and form.is_valid():
        article = services.write_article(**form.cleaned_data, actor=request.actor, at=now())
        messages.success(request, _("Saved."))
        return HttpResponseRedirect(reverse("knowledge:article_detail", args=[slug, article.pk]), status=303)
    return _form(request, form, _("New article"), reverse("knowledge:article_list", args=[slug]))


@permitted(permissions.EDIT)
@require_http_methods(["GET", "POST"])
def article_edit(request: TenantRequest, slug: str, pk: int) -> HttpResponse:
    """Change an article."""
    article = queries.get_article(pk)
    form = ArticleForm(request.POST or None, instance=article)
    back = reverse("knowledge:article_detail", args=[slug, pk])
    if request.method == "POST" and form.is_valid():
        services.update_article(article_id=pk, **form.cleaned_data, actor=request.actor, at=now())
        messages.success(request, _("Saved."))
        return HttpResponseRedirect(back, status=303)
    return _form(request, form, _("Change article"), back)


def _form(request: TenantRequest, form: ArticleForm, heading: str, back: str) -> HttpResponse:
    context = {"form": form, "heading": heading, "back_url": back}
    return render(request, "knowledge/form.html", context, status=422 if form.errors else 200)
