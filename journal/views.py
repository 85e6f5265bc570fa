"""The record for people: who did what, to what, when and why."""

from __future__ import annotations

import csv
import json
from io import StringIO
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.clock import now
from core.text import harmless
from journal import queries, services
from journal.models import AuditEntry
from journal.permissions import AUDIT_VIEW, TENANT_MANAGE, holders_of
from journal.registry import known_things, thing_named
from journal.wording import Line, line_of, verb_word
from tenants.http import TenantRequest

PAGE = 50
MOST_ROWS = 10_000
_FILTERS = ("person", "verb", "type")


@holders_of(AUDIT_VIEW)
@require_safe
def audit(request: TenantRequest, slug: str) -> HttpResponse:
    """Everything that was done in the tenant, filtered by person, act and kind of thing."""
    asked = {name: request.GET.get(name, "")[:200] for name in _FILTERS}
    found = queries.entries_matching(
        person=asked["person"],
        verb=asked["verb"],
        object_type=asked["type"],
        before_id=_number(request.GET.get("before", "")),
    )
    if request.GET.get("format") == "csv":
        return _as_csv(list(found[:MOST_ROWS]), slug)
    types = known_things()
    choices = {
        "people": queries.values_used("actor_label"),
        "verbs": [(code, verb_word(code)) for code in queries.values_used("verb")],
        "types": [(code, types[code].word) for code in queries.values_used("object_type") if code in types],
    }
    context = {**_page(found, slug), **choices, "asked": asked, "is_filtered": any(asked.values())}
    return render(request, "journal/audit.html", context)


@holders_of(AUDIT_VIEW)
@require_safe
def audit_of(request: TenantRequest, slug: str, object_type: str, object_id: int) -> HttpResponse:
    """What was done to one thing."""
    thing = thing_named(object_type)
    if thing is None:
        raise Http404
    found = queries.entries_of(object_type, object_id)
    if (before := _number(request.GET.get("before", ""))) is not None:
        found = found.filter(pk__lt=before)
    context = _page(found, slug)
    lines: list[dict[str, Any]] = context["lines"]
    context |= {
        "thing": thing,
        "name": lines[0]["line"].entry.object_label if lines else "",
        "thing_url": lines[0]["url"] if lines else "",
    }
    return render(request, "journal/audit_of.html", context)


@holders_of(TENANT_MANAGE)
@require_safe
def parked_list(request: TenantRequest, slug: str) -> HttpResponse:
    """Facts whose handlers kept failing, with the error, to be tried again when its cause is gone."""
    page = Paginator(queries.parked_events(), PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "journal/parked_list.html",
        {"page": page, "attempts": services.MAX_ATTEMPTS, "here": "undelivered"},
    )


@holders_of(TENANT_MANAGE)
@require_POST
def parked_retry(request: TenantRequest, slug: str, outbox_id: int) -> HttpResponse:
    """Put one such fact back in line."""
    services.retry_parked(outbox_id=outbox_id, actor=request.actor, at=now())
    messages.success(request, _("It is in line again and will be tried in a moment."))
    return HttpResponseRedirect(reverse("journal:parked_list", args=[slug]), status=303)


def _page(found: Any, slug: str) -> dict[str, Any]:
    """One page of acts and the id from which the next one goes on."""
    entries = list(found[: PAGE + 1])
    lines = [{"line": line, "url": _url(line, slug)} for line in map(line_of, entries[:PAGE])]
    return {"lines": lines, "older": entries[PAGE - 1].pk if len(entries) > PAGE else None}


def _url(line: Line, slug: str) -> str:
    if line.thing is None or not line.thing.url_name:
        return ""
    return reverse(line.thing.url_name, args=[slug, line.entry.object_id])


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 19 else None


def _as_csv(entries: list[AuditEntry], slug: str) -> HttpResponse:
    """At most 10,000 rows; opens safely in a spreadsheet."""
    out = StringIO()
    # A byte-order mark, or Excel reads Japanese and Chinese as something else.
    out.write("\ufeff")
    writer = csv.writer(out)
    writer.writerow(["at", "who", "kind", "verb", "type", "id", "thing", "changes", "reason", "source"])
    for entry in entries:
        changes = json.dumps(entry.changes, ensure_ascii=False) if entry.changes else ""
        texts = [entry.actor_label, entry.actor_kind, entry.verb, entry.object_type]
        rest = [entry.object_label, changes, entry.reason, entry.source]
        writer.writerow([entry.at.isoformat(), *map(harmless, texts), entry.object_id, *map(harmless, rest)])
    response = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="audit-{slug}.csv"'
    return response
