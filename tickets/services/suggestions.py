"""What triage would suggest for a ticket: an opinion with reasons, never written to the ticket by itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import BadInput, Conflict
from customers.models import Asset
from knowledge import queries as knowledge
from tenants.active import active_tenant_id
from tenants.actors import Actor
from tickets import permissions, queries
from tickets.enums import TicketStatus
from tickets.learning import Guess, Learned
from tickets.likeness import shared_words, words_of
from tickets.models import Ticket, Topic
from tickets.rules import ACTIVE
from tickets.services.common import finish
from tickets.services.progress import triage_ticket

LEARN_FROM = 2_000
"""How many of the latest solved tickets teach."""

KEPT_SECONDS = 900
MOST_ASSETS = 200
LEAST_SHARE = 0.05
_LEARNED_KEY = "tickets.learned.{tenant}.{topics}"


@transaction.atomic
def form_opinion(*, ticket_id: int, actor: Actor, at: datetime) -> Ticket | None:
    """Store what the ticket is probably about: ranked topics, assets, a priority and articles, with reasons.

    Looks only for what nobody has said yet. Changes nothing else of the ticket, and is no act to record.
    """
    ticket = Ticket.objects.select_for_update().filter(pk=ticket_id).first()
    actor.require(permissions.VIEW, ticket)
    if ticket is None or ticket.status not in ACTIVE:
        return None
    words = words_of(f"{ticket.subject} {ticket.description}")
    opinion: dict[str, Any] = {"at": at.isoformat()}
    if ticket.topic_id is None and (guesses := learned().guess(words)):
        topics = Topic.objects.in_bulk([guess.topic_id for guess in guesses])
        opinion |= _about_topics([(topics[g.topic_id], g) for g in guesses if g.topic_id in topics], ticket)
    if ticket.asset_id is None and ticket.customer_id is not None:
        opinion["asset"] = _about_assets(ticket, words)
    ticket.opinion = {**_kept(ticket.opinion), **{name: value for name, value in opinion.items() if value}}
    ticket.save(update_fields=["opinion"])
    return ticket


@transaction.atomic
def take_suggestion(*, ticket_id: int, what: str, value: int, actor: Actor, at: datetime) -> Ticket:
    """Let one suggestion be right: `what` is topic, asset or priority, `value` what was suggested."""
    ticket = queries.get_ticket(ticket_id)
    offered = [one["id"] for one in ticket.opinion.get(what, [])] if what in _TAKES else []
    if value not in offered:
        raise Conflict(
            _("That is not suggested for %(ticket)s any more. Look at it again.") % {"ticket": ticket}
        )
    return triage_ticket(ticket_id=ticket_id, actor=actor, at=at, **{_TAKES[what]: value})


_TAKES = {"topic": "topic_id", "asset": "asset_id", "priority": "priority"}


@transaction.atomic
def dismiss_duplicate(*, ticket_id: int, other_id: int, actor: Actor, at: datetime) -> Ticket:
    """Say that two tickets are not about the same problem: neither is offered for the other again."""
    if ticket_id == other_id:
        raise BadInput(_("A ticket is no duplicate of itself. Choose another one."))
    ticket, other = queries.tickets_for_update(ticket_id, other_id)
    actor.require(permissions.WORK, ticket)
    ticket.opinion = {
        **ticket.opinion,
        "not_same": sorted({*ticket.opinion.get("not_same", []), other.pk}),
    }
    return finish(ticket, verb="not_same", actor=actor, at=at, changes={"as": str(other)})


def learned() -> Learned:
    """What the tenant's own solved tickets teach, and the names of its topics.

    Reckoned anew every 15 minutes, and as soon as a topic is added.
    """
    latest = Topic.objects.order_by("-id").values_list("pk", flat=True).first()
    key = _LEARNED_KEY.format(tenant=active_tenant_id(), topics=latest or 0)
    found: Learned | None = cache.get(key)
    if found is None:
        found = _learn()
        cache.set(key, found, KEPT_SECONDS)
    return found


def _learn() -> Learned:
    known = Learned()
    for topic in Topic.objects.all():
        known.name(topic.pk, words_of(f"{topic.name} {topic.code.replace('-', ' ')}"))
    solved = Ticket.objects.filter(
        status__in=(TicketStatus.RESOLVED, TicketStatus.CLOSED), topic__isnull=False
    ).order_by("-id")
    for topic_id, subject, text in solved.values_list("topic_id", "subject", "description")[:LEARN_FROM]:
        known.learn(topic_id or 0, words_of(f"{subject} {text}"))
    return known


def _kept(opinion: dict[str, Any]) -> dict[str, Any]:
    """What a person said stays, whatever is thought anew."""
    return {"not_same": opinion["not_same"]} if opinion.get("not_same") else {}


def _about_topics(found: list[tuple[Topic, Guess]], ticket: Ticket) -> dict[str, Any]:
    """Topics, and what the likeliest one brings: its usual priority and its articles."""
    likely = [(topic, guess) for topic, guess in found if guess.share >= LEAST_SHARE]
    if not likely:
        return {}
    topics = [
        {
            "id": topic.pk,
            "label": topic.name,
            "score": round(guess.share, 2),
            "words": list(guess.words),
            "texts": guess.texts,
        }
        for topic, guess in likely
    ]
    best, first = likely[0]
    told: dict[str, Any] = {"topic": topics}
    if best.default_priority != ticket.priority:
        told["priority"] = [
            {
                "id": best.default_priority,
                "label": f"P{best.default_priority}",
                "score": round(first.share, 2),
                "topic": best.name,
            }
        ]
    told["article"] = [
        {"id": article.pk, "label": article.title, "score": round(guess.share, 2), "topic": topic.name}
        for topic, guess in likely
        for article in knowledge.articles_about(topic.code, ticket.language)[:2]
    ][:3]
    return told


def _about_assets(ticket: Ticket, words: frozenset[str]) -> list[dict[str, Any]]:
    """The customer's assets whose name, model or serial the text names; or their only one."""
    assets = Asset.objects.filter(site__customer_id=ticket.customer_id or 0).select_related("site")
    if ticket.site_id is not None:
        assets = assets.filter(site_id=ticket.site_id)
    rows = list(assets.order_by("id")[:MOST_ASSETS])
    ranked = []
    for asset in rows:
        named = words_of(f"{asset.name} {asset.model} {asset.serial}")
        score = 1.0 if len(rows) == 1 else shared_words(named, words)
        if score >= 0.3:
            told = sorted(named & words)[:3]
            ranked.append({"id": asset.pk, "label": str(asset), "score": round(score, 2), "words": told})
    ranked.sort(key=lambda one: (-float(str(one["score"])), int(str(one["id"]))))
    return ranked[:3]
