"""The words of our invitations, in the active language and time zone."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from core.formats import local_date, local_time
from dispatch.models import Visit
from feedback.rules import Window


@dataclass(frozen=True, slots=True)
class Letter:
    """A plain-text message."""

    subject: str
    body: str


def track_letter(visit: Visit, window: Window, *, name: str, company: str, url: str) -> Letter:
    """When somebody comes, and where to follow it."""
    facts = {
        "name": name,
        "company": company,
        "day": local_date(window.start_at),
        "start": local_time(window.start_at),
        "end": local_time(window.end_at),
        "work": visit.work_order.subject,
        "engineer": visit.engineer.name,
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


def rate_letter(visit: Visit, *, name: str, company: str, url: str) -> Letter:
    """How was it? One question."""
    facts = {
        "name": name,
        "company": company,
        "day": local_date(visit.ended_at or visit.end_at),
        "work": visit.work_order.subject,
        "engineer": visit.engineer.name,
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
