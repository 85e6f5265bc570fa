"""Notices, when people want them, and who is on call."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from notices.enums import MailWish
from tenants.models import TenantModel


class Notice(TenantModel):
    """Something one person should know. `facts` become a sentence in the reader's own language.

    It waits until `due_at`, the beginning of the person's own hours, and is theirs from `delivered_at`.
    `kind` is a code of `notices.registry`; `path` leads to the thing; `key` makes a repeated order the same
    notice. `count` says how often the same was told before anybody read it.
    """

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=60)
    facts = models.JSONField(default=dict)
    path = models.CharField(max_length=300)
    key = models.CharField(max_length=200)
    is_urgent = models.BooleanField(default=False)
    count = models.PositiveIntegerField(default=1)
    made_at = models.DateTimeField()
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-delivered_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "membership", "key"], name="notice_once"),
        ]
        indexes = [
            models.Index(
                fields=["due_at", "id"], condition=models.Q(delivered_at__isnull=True), name="notice_due_idx"
            ),
            models.Index(
                fields=["tenant", "membership", "kind", "path"],
                condition=models.Q(read_at__isnull=True),
                name="notice_unread_idx",
            ),
            models.Index(fields=["tenant", "membership", "-delivered_at", "-id"], name="notice_person_idx"),
            models.Index(
                fields=["read_at"], condition=models.Q(read_at__isnull=False), name="notice_read_idx"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class OwnHours(TenantModel):
    """When and how one person wants to be told. Without a row the usual hours and kinds hold.

    `weekly` maps "mon" … "sun" to [["09:00", "17:00"], …] in the person's own time zone, {} is any time;
    `kinds` maps codes of kinds to yes or no where the person chose.
    """

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="own_hours")
    weekly = models.JSONField(default=dict, blank=True)
    mail = models.CharField(
        _("By e-mail"), max_length=10, choices=MailWish.choices, default=MailWish.WARNINGS
    )
    kinds = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "membership"], name="own_hours_uniq")]

    def __str__(self) -> str:
        return str(self.membership)


class OnCallDuty(TenantModel):
    """A time somebody is on call: once, or again every so many weeks until `last_on`.

    A single duty stands in for the rotation. Repetition follows the wall clock of the tenant's zone.
    """

    membership = models.ForeignKey(
        Membership, on_delete=models.CASCADE, related_name="duties", verbose_name=_("Person")
    )
    from_at = models.DateTimeField(_("From"))
    until_at = models.DateTimeField(_("Until"))
    every_weeks = models.PositiveSmallIntegerField(_("Repeat every … weeks"), default=0)
    last_on = models.DateField(_("Last begins on"), null=True, blank=True)

    refusals = {
        "duty_has_length": _("A time on call must end after it begins. Choose a later end."),
        "duty_within_a_year": _("A time on call comes again within 52 weeks at most. Choose fewer weeks."),
    }

    class Meta:
        ordering = ["from_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(until_at__gt=models.F("from_at")), name="duty_has_length"
            ),
            models.CheckConstraint(condition=models.Q(every_weeks__lte=52), name="duty_within_a_year"),
        ]

    def __str__(self) -> str:
        return f"{self.membership} {self.from_at:%F %H:%M}"
