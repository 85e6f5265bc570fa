"""The queue beside a ticket: which one is asked for, its rows, and the words that name it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from accounts.guards import permitted
from accounts.queries import members
from channels.enums import Channel
from core.clock import now
from customers import queries as customers
from tenants.http import TenantRequest
from tickets import permissions, queries, queue
from tickets.enums import Priority, TicketKind, TicketStatus, WaitingFor
from tickets.models import SavedView, Ticket
from tickets.queries import ClockView

NEVER_IN_A_LINK = ("page", "after", "only")


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A ticket in the queue with the clock that presses most."""

    ticket: Ticket
    clock: ClockView | None


def queue_context(request: TenantRequest) -> dict[str, Any]:
    """What the queue and its bar show."""
    asked = queue.read(request.GET.dict())
    reader = _reader(request)
    page = queries.queue_page(asked, reader, after=request.GET.get("after", ""))
    counts = queries.view_counts(reader)
    labels = view_labels()
    saved = list(queries.saved_views(request.actor))
    current = _current(request, saved, asked)
    return {
        "queue": asked,
        "rows": _rows(page.rows, reader),
        "after": page.after,
        "is_first": page.is_first,
        "view": asked.view,
        "view_label": current.name if current else _label(asked, labels),
        "how_many": _how_many(asked, page, counts),
        "views": [(code, labels[code], _capped(counts.get(code))) for code in queue.VIEWS],
        "saved_views": [(one, _link(one)) for one in saved],
        "current_view": current,
        "channel": asked.channel,
        "channel_word": dict(Channel.choices).get(asked.channel, ""),
        "channels": Channel.choices,
        "q": asked.q,
        "query": query_of(request),
        "next_query": urlencode({**_kept(request), "after": page.after}) if page.after else "",
        "page_keys": page_keys(),
        "may_open": request.actor.can(permissions.OPEN),
        "may_share": request.actor.can(permissions.WORK),
        "is_member": request.actor.membership_id is not None,
    }


@permitted(permissions.VIEW)
@require_safe
def queue_filter(request: TenantRequest, slug: str) -> HttpResponse:
    """The conditions of a queue, to be changed: a sheet over the inbox, or a page of its own."""
    asked = queue.read(request.GET.dict())
    context = {
        "queue": asked,
        "view": asked.view,
        "q": asked.q,
        "choices": choices(),
        "customer_asked": customers.find_customer(asked.customer) if asked.customer else None,
    }
    template = "tickets/_narrow.html" if request.headers.get("HX-Request") else "tickets/narrow.html"
    return render(request, template, context)


def changed_rows(request: TenantRequest) -> dict[str, Any]:
    """Of the tickets of `?only=` those that the queue shows, as rows."""
    ids = [int(part) for part in request.GET.get("only", "").split(",")[:50] if _is_id(part)]
    reader = _reader(request)
    found = queries.queue_rows(queue.read(request.GET.dict()), reader, ids)
    return {"rows": _rows(found, reader), "query": query_of(request)}


def view_labels() -> dict[str, str]:
    """The words of the five views."""
    return {
        "open": pgettext("ticket", "Open"),
        "mine": _("Mine"),
        "new": pgettext("ticket", "New"),
        "waiting": _("Waiting"),
        "all": _("All"),
    }


def page_keys() -> list[tuple[str, str]]:
    """What the sheet of keys says about the inbox."""
    return [
        ("j", _("Next ticket")),
        ("k", _("Previous ticket")),
        ("Enter", _("Open the ticket")),
        ("r", _("Reply")),
        ("n", _("Internal note")),
        ("w", _("Let it wait")),
        ("m", _("Merge")),
        ("t", _("Take it")),
        ("e", _("Resolve")),
    ]


def choices() -> dict[str, list[tuple[Any, Any]]]:
    """What the filter sheet offers, by parameter."""
    people = [(str(member.pk), str(member)) for member in members().filter(is_active=True)]
    return {
        "state": list(TicketStatus.choices),
        "sub": [(one.code, one.name) for one in queries.sub_states() if one.is_active],
        "owner": [("me", _("Me")), ("team", _("My team")), ("none", _("Nobody")), *people],
        "channel": list(Channel.choices),
        "priority": [(str(value), label) for value, label in Priority.choices],
        "topic": [(str(topic.pk), topic.name) for topic in queries.topics()],
        "kind": list(TicketKind.choices),
        "waiting": list(WaitingFor.choices),
    }


def _reader(request: TenantRequest) -> queries.Reader:
    return queries.Reader(request.actor, now(), request.tenant.zone)


def _rows(tickets: list[Ticket], reader: queries.Reader) -> list[QueueRow]:
    return [QueueRow(ticket, queries.next_clock(ticket.clocks.all(), reader.at)) for ticket in tickets]


def _kept(request: TenantRequest) -> dict[str, str]:
    return {name: str(value) for name, value in request.GET.items() if name not in NEVER_IN_A_LINK}


def query_of(request: TenantRequest) -> str:
    """The queue's conditions as links carry them on."""
    return urlencode(_kept(request))


def _link(view: SavedView) -> str:
    return urlencode({**view.query, "saved": str(view.pk)})


def _current(request: TenantRequest, saved: list[SavedView], asked: queue.Queue) -> SavedView | None:
    """The saved view that was opened, as long as nothing was changed since."""
    wanted = request.GET.get("saved", "")
    found = next((one for one in saved if str(one.pk) == wanted), None)
    return found if found and found.query == asked.values() else None


def _label(asked: queue.Queue, labels: dict[str, str]) -> str:
    if asked.q:
        return _("Found")
    if asked.state:
        return str(dict(TicketStatus.choices)[asked.state])
    return labels[asked.view]


def _how_many(asked: queue.Queue, page: queries.QueuePage, counts: dict[str, int]) -> str:
    """How many the queue holds: known for a view as it is, else what is on the page, and whether more follow."""
    if not asked.is_narrowed and asked.view in counts:
        return _capped(counts[asked.view]) or ""
    if not page.is_first:
        return ""
    return f"{len(page.rows)}+" if page.after else str(len(page.rows))


def _capped(count: int | None) -> str | None:
    if count is None:
        return None
    return f"{queries.MOST_COUNTED}+" if count > queries.MOST_COUNTED else str(count)


def _is_id(text: str) -> bool:
    return text.isdecimal() and len(text) < 18
