"""What the service desk keeps to work with: views, replies, drafts, and who is at a ticket."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from tenants.enums import Language
from tenants.models import TenantModel
from tickets.enums import MessageKind
from tickets.models.tickets import Ticket, Topic


class SavedView(TenantModel):
    """A queue somebody saved: the inbox's own parameters under a name. Without an owner it is everybody's."""

    owner = models.ForeignKey(
        Membership, on_delete=models.CASCADE, null=True, blank=True, related_name="views"
    )
    name = models.CharField(_("Name"), max_length=80)
    query = models.JSONField(default=dict)
    position = models.PositiveSmallIntegerField(default=0)

    refusals = {
        "view_name_uniq": _("You have a view of this name already. Choose another name."),
    }

    class Meta:
        ordering = ["position", "name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "owner", "name"], name="view_name_uniq", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return self.name


class CannedReply(TenantModel):
    """Words said often, with places for the ticket's own facts."""

    title = models.CharField(_("Title"), max_length=120)
    body = models.TextField(_("Text"))
    language = models.CharField(_("Language"), max_length=10, choices=Language.choices, blank=True)
    topic = models.ForeignKey(
        Topic, on_delete=models.PROTECT, null=True, blank=True, related_name="canned_replies"
    )
    is_active = models.BooleanField(_("Active"), default=True)
    used_count = models.PositiveIntegerField(default=0, editable=False)

    refusals = {
        "canned_title_uniq": _(
            "There is a reply of this title in this language already. Choose another title."
        ),
    }

    class Meta:
        ordering = ["title", "id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "title", "language"], name="canned_title_uniq")
        ]

    def __str__(self) -> str:
        return self.title


class Draft(TenantModel):
    """What somebody began to write to a ticket. One per person and ticket; sending it takes it away."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="drafts")
    member = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="drafts")
    kind = models.CharField(max_length=10, choices=MessageKind.choices, default=MessageKind.PUBLIC)
    body = models.TextField(blank=True)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "ticket", "member"], name="draft_uniq")]

    def __str__(self) -> str:
        return f"{self.ticket} {self.member}"


class Sitting(TenantModel):
    """A stretch of time somebody had a ticket open: the collision notice, and the handling time."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="sittings")
    member = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="sittings")
    from_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    is_writing = models.BooleanField(default=False)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["tenant", "ticket", "-seen_at"], name="sitting_ticket_idx")]

    def __str__(self) -> str:
        return f"{self.ticket} {self.member}"
