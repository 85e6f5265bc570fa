"""What happens when a promise is at risk or broken, and the rows that wait for it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, Role
from tenants.models import TenantModel
from tickets.enums import EscalationAct, EscalationMoment, EscalationWhom
from tickets.models.sla import SlaClock, SlaPolicy


class Escalation(TenantModel):
    """One act of a policy: when, what, and whom. It outlives the versions of the policy's promises.

    `item_code` names one promise (`SlaItem.code`), "" is each of them. `after_minutes` counts real minutes
    from the breach. `word` is what rules listen to.
    """

    policy = models.ForeignKey(SlaPolicy, on_delete=models.CASCADE, related_name="escalations")
    item_code = models.CharField(_("Promise"), max_length=40, blank=True)
    moment = models.CharField(_("When"), max_length=10, choices=EscalationMoment.choices)
    after_minutes = models.PositiveIntegerField(_("Minutes later"), default=0)
    act = models.CharField(_("Do"), max_length=10, choices=EscalationAct.choices)
    whom = models.CharField(_("Whom"), max_length=10, choices=EscalationWhom.choices, blank=True)
    role = models.ForeignKey(
        Role, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Role")
    )
    member = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Person"),
    )
    word = models.CharField(_("Word"), max_length=60, blank=True)

    refusals = {
        "escalation_later_or_not": _(
            "Say how many minutes after the breach, and only for a moment after it."
        ),
        "escalation_names_whom": _("Say whom to tell or to give the ticket to, and only for those acts."),
        "escalation_role": _("Choose the role that is meant, and only where a role is."),
        "escalation_member": _("Choose the person who is meant, and only where a person is."),
    }

    class Meta:
        ordering = ["policy", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(moment="after", after_minutes__gte=1)
                | ~models.Q(moment="after") & models.Q(after_minutes=0),
                name="escalation_later_or_not",
            ),
            models.CheckConstraint(
                condition=models.Q(act__in=["notify", "reassign"]) & ~models.Q(whom="")
                | models.Q(act__in=["raise", "rule"], whom=""),
                name="escalation_names_whom",
            ),
            models.CheckConstraint(
                condition=models.Q(whom="role", role__isnull=False)
                | ~models.Q(whom="role") & models.Q(role__isnull=True),
                name="escalation_role",
            ),
            models.CheckConstraint(
                condition=models.Q(whom="member", member__isnull=False)
                | ~models.Q(whom="member") & models.Q(member__isnull=True),
                name="escalation_member",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.policy} {self.moment} {self.act}"


class EscalationTimer(TenantModel):
    """An escalation that waits for some time after a breach: claimed, never remembered by Celery."""

    clock = models.ForeignKey(SlaClock, on_delete=models.CASCADE, related_name="escalation_timers")
    escalation = models.ForeignKey(Escalation, on_delete=models.CASCADE, related_name="timers")
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "clock", "escalation"], name="escalation_timer_uniq")
        ]
        indexes = [
            models.Index(
                fields=["due_at", "id"], condition=models.Q(done_at__isnull=True), name="escalation_due_idx"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.clock} {self.escalation}"
