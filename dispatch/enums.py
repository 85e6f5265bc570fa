"""Choices of scheduling."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class VisitStatus(models.TextChoices):
    """Where a visit stands."""

    PROPOSED = "proposed", _("Proposed")
    SCHEDULED = "scheduled", _("Scheduled")
    DISPATCHED = "dispatched", pgettext_lazy("visit", "Sent")
    ACCEPTED = "accepted", _("Accepted")
    TRAVELLING = "travelling", _("Travelling")
    ON_SITE = "on_site", _("On site")
    PAUSED = "paused", _("Paused")
    DONE = "done", _("Done")
    COULD_NOT_COMPLETE = "could_not_complete", _("Could not complete")
    CANCELLED = "cancelled", _("Cancelled")
    NO_SHOW = "no_show", _("No-show")


class WorkOrderStatus(models.TextChoices):
    """Derived from the visits; the last two come from settlement."""

    UNSCHEDULED = "unscheduled", _("Unscheduled")
    SCHEDULED = "scheduled", _("Scheduled")
    IN_PROGRESS = "in_progress", _("In progress")
    DONE = "done", _("Done")
    ACCEPTED = "accepted", _("Accepted")
    SETTLED = "settled", _("Settled")
    CANCELLED = "cancelled", _("Cancelled")


class LockLevel(models.TextChoices):
    """How firmly a visit was promised."""

    PROPOSED = "proposed", _("Proposed")
    CONFIRMED = "confirmed", _("Confirmed")
    COMMITTED = "committed", _("Committed")


class Strategy(models.TextChoices):
    """How a rule picks among the engineers who can."""

    EARLIEST = "earliest", _("Earliest arrival")
    NEAREST = "nearest", _("Nearest")
    LEAST_LOADED = "least_loaded", _("Least loaded")
    BEST = "best", _("Best by policy")
    LAST_ENGINEER = "last_engineer", _("Who was there last")
    ROUND_ROBIN = "round_robin", _("In turn")
    OFFER_POOL = "offer_pool", _("Offer to several engineers")
    OFFER_PROVIDER = "offer_provider", _("Offer to a provider")
    OPTIMISE_LATER = "optimise_later", _("Leave it to the next planning run")
    SEND_NEXT = "send_next", _("Send the engineer's next visit")


class RuleEvent(models.TextChoices):
    """What an auto-dispatch rule waits for."""

    WORK_CREATED = "work_created", _("Work appears")
    SLA_SHARE = "sla_share", _("An SLA clock has used a share of its time")
    PART_ARRIVED = "part_arrived", _("A missing part has arrived")
    ENGINEER_LATE = "engineer_late", _("An engineer is late")
    VISIT_CANCELLED = "visit_cancelled", _("A visit is called off")
    VISIT_ENDED = "visit_ended", _("A visit ends")
    SCHEDULE = "schedule", _("At a set time")


class RunOutcome(models.TextChoices):
    """What came of a rule."""

    ASSIGNED = "assigned", _("Assigned")
    NOBODY = "nobody", _("Nobody can")
    NO_RULE = "no_rule", _("No rule applies")
    SKIPPED = "skipped", _("Not needed")
    OFFERED = "offered", _("Offered")
    SENT = "sent", pgettext_lazy("visit", "Sent")
    DEFERRED = "deferred", _("Left to planning")
    STOPPED = "stopped", _("Stopped: it went in circles")


class Rule(models.TextChoices):
    """Rules of the evaluator: what a policy blocks, asks a reason for or allows."""

    INACTIVE = "inactive", _("Not active")
    OVERLAP = "overlap", _("Another visit at that time")
    ABSENCE = "absence", _("Absent")
    SKILL = "skill", _("Lacks a skill")
    CERTIFICATE = "certificate", _("Certificate has expired")
    EXCLUDED = "excluded", _("The customer does not want the engineer")
    PROVIDER_SCOPE = "provider_scope", _("Outside the provider's scope")
    CREW = "crew", _("The crew is not complete")
    TERRITORY = "territory", _("Outside the territory")
    SHIFT = "shift", _("Outside working time")
    OVERTIME = "overtime", _("Overtime within the engineer's limit")
    OVERTIME_WEEK = "overtime_week", _("More overtime than the engineer's week allows")
    BREAK = "break", _("No room for a break")
    WINDOW = "window", _("Outside the window")
    VISITING_HOURS = "visiting_hours", _("Outside visiting hours")
    DEPENDENCY = "dependency", _("Before the work it hangs on")
    TRAVEL = "travel", _("Cannot get there in time")
    MAX_TRAVEL = "max_travel", _("Too long a trip")
    PARTS = "parts", _("Parts are not in the van")
    CAPACITY = "capacity", _("Takes time that is kept for urgent work")


class RuleVerdict(models.TextChoices):
    """What a policy makes of a broken rule."""

    BLOCK = "block", pgettext_lazy("policy", "Block")
    CONFIRM = "confirm", pgettext_lazy("policy", "Ask for a reason")
    ALLOW = "allow", pgettext_lazy("policy", "Allow")


class Objective(models.TextChoices):
    """What makes one candidate better than another."""

    SLA_SLACK = "sla_slack", _("Time left before the promise")
    TRAVEL = "travel", _("Short travel")
    PRIORITY = "priority", _("Urgent work early")
    PREFERRED = "preferred", _("The customer's own engineer")
    PREVIOUS_ENGINEER = "previous_engineer", _("Who was there before")
    EXACT_SKILL = "exact_skill", _("No more skill than needed")
    LOAD = "load", _("Even load")
    OVERTIME = "overtime", _("No overtime")
    COST = "cost", _("Low cost")


class CrewCover(models.TextChoices):
    """Who of a crew must have the skills."""

    ALL = "all", _("Each engineer")
    ANY = "any", _("The crew together")


class LinkKind(models.TextChoices):
    """How one work order hangs on another."""

    AFTER = "after", _("After it")
    SAME_DAY = "same_day", _("After it, on the same day")
    IMMEDIATELY = "immediately", _("Right after it")
    SAME_ENGINEER = "same_engineer", _("After it, by the same engineer")


class PolicyStatus(models.TextChoices):
    """Where a version of a policy stands. Each tenant has one draft and one published at most."""

    DRAFT = "draft", pgettext_lazy("policy", "Draft")
    PUBLISHED = "published", _("Published")
    RETIRED = "retired", _("Replaced")


class OfferKind(models.TextChoices):
    """Whom an offer goes to."""

    ENGINEER = "engineer", _("Engineer")
    POOL = "pool", _("Several engineers")
    PROVIDER = "provider", _("Provider")


class OfferStatus(models.TextChoices):
    """Where an offer stands."""

    OFFERED = "offered", _("Offered")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")
    EXPIRED = "expired", _("Expired")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class ConsentStatus(models.TextChoices):
    """What came of asking a customer whether a confirmed visit may move."""

    ASKED = "asked", pgettext_lazy("customer", "Asked")
    AGREED = "agreed", pgettext_lazy("customer", "Agreed")
    CHOSE_OTHER = "chose_other", _("Chose another time")
    KEPT = "kept", _("Keeps the appointment")
    EXPIRED = "expired", pgettext_lazy("customer", "No answer")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class ConsentCause(models.TextChoices):
    """Why a customer is asked."""

    BY_HAND = "by_hand", _("A dispatcher wants to move the visit")
    ABSENCE = "absence", _("The engineer is absent")
    PLANNING = "planning", _("A planning run proposes it")


class TimerKind(models.TextChoices):
    """What a dispatch timer does."""

    OFFER_EXPIRES = "offer_expires", _("An offer expires")
    CONSENT_EXPIRES = "consent_expires", _("A customer's time to answer ends")
    RULE_RUNS = "rule_runs", _("A rule runs")
    ENGINEER_LATE = "engineer_late", _("An engineer is late")


class TravelSource(models.TextChoices):
    """Who says how long driving takes."""

    ESTIMATE = "estimate", _("Estimated from the distance")
    OSRM = "osrm", _("OSRM")
    VALHALLA = "valhalla", _("Valhalla")


class TravelBand(models.TextChoices):
    """Parts of a trip with a speed of their own, in the order of `travel.BANDS`."""

    SHORT = "short", _("The first 5 km")
    MIDDLE = "middle", _("From 5 to 20 km")
    LONG = "long", _("Beyond 20 km")
