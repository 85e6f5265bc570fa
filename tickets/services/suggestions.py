"""What triage would suggest for a ticket: an opinion with reasons, never written to the ticket by itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
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
_LEARNED_KEY = "tickets.topics_learned.{tenant}.{topics}"


@transaction.atomic
def form_opinions(*, ticket_ids: Collection[int], actor: Actor, at: datetime) -> list[Ticket]:
    """Store what tickets are probably about: ranked topics, assets, a priority and articles, with reasons.

    Looks only for what nobody has said yet. Changes nothing else of the tickets, and is no act to record.
    Gives the active ones, in the order of their ids.
    """
    actor.require(permissions.VIEW)
    tickets = list(Ticket.objects.select_for_update().filter(pk__in=ticket_ids).order_by("pk"))
    tickets = [ticket for ticket in tickets if ticket.status in ACTIVE]
    known = learned() if any(ticket.topic_id is None for ticket in tickets) else Learned()
    assets = _Assets.of([ticket for ticket in tickets if ticket.asset_id is None])
    for ticket in tickets:
        opinion = {"at": at.isoformat(), **_thought_of(ticket, known, assets)}
        ticket.opinion = {
            **_kept(ticket.opinion),
            **{name: value for name, value in opinion.items() if value},
        }
    Ticket.objects.bulk_update(tickets, ["opinion"])
    return tickets


def _thought_of(ticket: Ticket, known: Learned, assets: _Assets) -> dict[str, Any]:
    words = words_of(f"{ticket.subject} {ticket.description}")
    opinion: dict[str, Any] = {}
    if ticket.topic_id is None and (guesses := known.guess(words)):
        topics = Topic.objects.in_bulk([guess.topic_id for guess in guesses])
        opinion |= _about_topics([(topics[g.topic_id], g) for g in guesses if g.topic_id in topics], ticket)
    if ticket.asset_id is None and ticket.customer_id is not None:
        opinion["asset"] = _about_assets(assets.near(ticket), words)
    return opinion


@transaction.atomic
def take_suggestion(*, ticket_id: int, what: str, value: int, actor: Actor, at: datetime) -> Ticket:
    """Let one suggestion be right: `what` is topic, asset or priority, `value` what was suggested. A topic brings the
    priority that was suggested with it, where that is the more urgent one."""
    ticket = queries.get_ticket(ticket_id)
    offered = [one["id"] for one in ticket.opinion.get(what, [])] if what in _TAKES else []
    if value not in offered:
        raise Conflict(
            _("That is not suggested for %(ticket)s any more. Look at it again.") % {"ticket": ticket}
        )
    changes = {_TAKES[what]: value}
    if what == "topic":
        usual = next((one.get("priority") for one in ticket.opinion["topic"] if one["id"] == value), None)
        changes |= {"priority": usual} if usual and usual < ticket.priority else {}
    return triage_ticket(ticket_id=ticket_id, actor=actor, at=at, **changes)


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
            "priority": topic.default_priority,
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


@dataclass(frozen=True, slots=True)
class _Assets:
    """The assets that tickets may be about, read together for all tickets that name their site."""

    at_sites: dict[int, list[Asset]]

    @classmethod
    def of(cls, tickets: Iterable[Ticket]) -> _Assets:
        found: dict[int, list[Asset]] = {
            ticket.site_id: [] for ticket in tickets if ticket.site_id is not None
        }
        rows = Asset.objects.filter(site_id__in=found).select_related("site").order_by("id") if found else ()
        for asset in rows:
            found[asset.site_id].append(asset)
        return cls(found)

    def near(self, ticket: Ticket) -> list[Asset]:
        """Those at the ticket's site, else all of its customer's."""
        if ticket.site_id is not None:
            here = self.at_sites.get(ticket.site_id, ())
            return [asset for asset in here if asset.site.customer_id == ticket.customer_id][:MOST_ASSETS]
        theirs = Asset.objects.filter(site__customer_id=ticket.customer_id or 0).select_related("site")
        return list(theirs.order_by("id")[:MOST_ASSETS])


def _about_assets(assets: list[Asset], words: frozenset[str]) -> list[dict[str, Any]]:
    """Those whose name, model or serial the text names; or the only one."""
    ranked = []
    for asset in assets:
        named = words_of(f"{asset.name} {asset.model} {asset.serial}")
        score = 1.0 if len(assets) == 1 else shared_words(named, words)
        if score >= 0.3:
            told = sorted(named & words)[:3]
            ranked.append({"id": asset.pk, "label": str(asset), "score": round(score, 2), "words": told})
    ranked.sort(key=lambda one: (-float(str(one["score"])), int(str(one["id"]))))
    return ranked[:3]
