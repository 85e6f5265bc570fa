"""The words of our invitations, in the active language and time zone."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from core.formats import local_date, local_datetime, local_span, local_time
from dispatch import queries as dispatch
from dispatch.enums import ConsentCause
from dispatch.models import ConsentRequest, Visit
from dispatch.rules import Window


@dataclass(frozen=True, slots=True)
class Letter:
    """A plain-text message."""

    subject: str
    body: str


def track_letter(visit: Visit, window: Window, *, who: str, name: str, company: str, url: str) -> Letter:
    """When somebody comes (`who`: their names), and where to follow it."""
    facts = {
        "name": name,
        "company": company,
        "day": local_date(window.start_at),
        "start": local_time(window.start_at),
        "end": local_time(window.end_at),
        "work": visit.work_order.subject,
        "engineer": who,
        "url": url,
    }
    subject = _("Your visit on %(day)s, %(start)s–%(end)s") % facts
    body = _(
        "%(name)s\n\n"
        "%(engineer)s will come on %(day)s between %(start)s and %(end)s: %(work)s.\n\n"
        "Follow the visit here, without signing in:\n%(url)s\n\n"
        "%(company)s"
    )
    return Letter(subject, body % facts)


def moved_letter(
    visit: Visit, before: Window, now: Window, *, who: str, name: str, company: str, url: str
) -> Letter:
    """When somebody comes instead of when we said."""
    facts = {
        "name": name,
        "company": company,
        "before": local_span(before.start_at, before.end_at),
        "now": local_span(now.start_at, now.end_at),
        "work": visit.work_order.subject,
        "engineer": who,
        "url": url,
    }
    body = _(
        "%(name)s\n\n"
        "Your visit has moved: %(work)s.\n\n"
        "New time: %(now)s\n"
        "Before: %(before)s\n\n"
        "%(engineer)s will come. Follow the visit here, without signing in:\n%(url)s\n\n"
        "%(company)s"
    )
    return Letter(_("Your visit has moved: %(now)s") % facts, body % facts)


def cancelled_letter(visit: Visit, before: Window, *, who: str, name: str, company: str) -> Letter:
    """Nobody comes when we said (`before`)."""
    facts = {
        "name": name,
        "company": company,
        "before": local_span(before.start_at, before.end_at),
        "work": visit.work_order.subject,
        "engineer": who,
    }
    body = _(
        "%(name)s\n\n"
        "The visit of %(engineer)s on %(before)s will not take place: %(work)s.\n"
        "We will be in touch if another one is needed.\n\n"
        "%(company)s"
    )
    return Letter(_("Your visit is cancelled: %(before)s") % facts, body % facts)


def choose_letter(consent: ConsentRequest, *, name: str, company: str, url: str) -> Letter:
    """May your visit move? With the times that are offered."""
    order = consent.visit.work_order
    facts = {
        "name": name,
        "company": company,
        "booked": local_span(consent.opens_at, consent.closes_at),
        "work": order.subject,
        "why": why_words(consent),
        "offers": "\n".join(f"– {local_span(one.start, one.end)}" for one in dispatch.options_of(consent)),
        "until": local_datetime(consent.expires_at),
        "url": url,
    }
    body = _(
        "%(name)s\n\n"
        "Your visit is booked for %(booked)s: %(work)s.\n"
        "%(why)s We can offer:\n%(offers)s\n\n"
        "Choose, or keep your appointment, without signing in:\n%(url)s\n\n"
        "Nothing changes until you choose. Please answer by %(until)s.\n\n"
        "%(company)s"
    )
    return Letter(_("May we move your visit?"), body % facts)


def why_words(consent: ConsentRequest) -> str:
    """Why we ask, for the customer."""
    if consent.cause == ConsentCause.ABSENCE:
        return _("Your engineer cannot come at that time.")
    return _("We would like to come at another time.")


def rate_letter(visit: Visit, *, who: str, name: str, company: str, url: str) -> Letter:
    """How was it with those who came (`who`)? One question."""
    facts = {
        "name": name,
        "company": company,
        "day": local_date(visit.ended_at or visit.end_at),
        "work": visit.work_order.subject,
        "engineer": who,
        "url": url,
    }
    body = _(
        "%(name)s\n\n"
        "%(engineer)s was with you on %(day)s: %(work)s.\n"
        "How was it? One question, ten seconds:\n%(url)s\n\n"
        "Nothing is recorded until you press a face. The link is valid for 14 days.\n\n"
        "%(company)s"
    )
    return Letter(_("How was our visit?"), body % facts)
