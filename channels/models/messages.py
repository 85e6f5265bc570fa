"""Raw input and outgoing messages."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import models
from django.db.models.functions import Coalesce

from channels.enums import Channel, InboundStatus, OutboundStatus
from channels.models.accounts import ChannelAccount
from channels.sms import Parts, parts_of
from tenants.models import TenantModel


class InboundMessage(TenantModel):
    """What reached us, as it came (`raw`), and what we read in it. `external_id` is the channel's own id.

    `body` holds the new words, `quoted` the repeated ones, `html` a sanitised document without remote images.
    Files that its provider keeps for us, and its sender's name, are fetched at `files_due_at`; while they are
    asked for, since `files_claimed_at`, no others of its account are.
    """

    channel = models.CharField(max_length=10, choices=Channel.choices)
    account = models.ForeignKey(
        ChannelAccount, on_delete=models.PROTECT, null=True, blank=True, related_name="inbound"
    )
    external_id = models.CharField(max_length=300)
    raw = models.BinaryField()
    status = models.CharField(max_length=12, choices=InboundStatus.choices, default=InboundStatus.RECEIVED)
    reason = models.TextField(blank=True)
    sender_name = models.CharField(max_length=200, blank=True)
    sender_address = models.CharField(max_length=254, blank=True)
    sender_phone = models.CharField(max_length=40, blank=True)
    subject = models.CharField(max_length=300, blank=True)
    body = models.TextField(blank=True)
    quoted = models.TextField(blank=True)
    html = models.TextField(blank=True)
    language = models.CharField(max_length=10, blank=True)
    reference = models.CharField(max_length=300, blank=True)
    facts = models.JSONField(default=dict)
    received_at = models.DateTimeField()
    files_due_at = models.DateTimeField(null=True, editable=False)
    files_claimed_at = models.DateTimeField(null=True, editable=False)
    files_tries = models.PositiveSmallIntegerField(default=0, editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "channel", "external_id"], name="inbound_once"),
        ]
        indexes = [
            models.Index(fields=["tenant", "status", "id"], name="inbound_status_idx"),
            models.Index(
                fields=["tenant", "reference", "id"],
                condition=models.Q(channel="chat"),
                name="inbound_chat_idx",
            ),
            models.Index(
                fields=["tenant", "channel", "sender_address", "-id"],
                condition=models.Q(channel__in=["sms", "line", "wechat"]),
                name="inbound_sender_idx",
            ),
            models.Index(
                fields=["tenant", "reference"],
                condition=models.Q(channel="email") & ~models.Q(reference=""),
                name="inbound_answer_idx",
            ),
            models.Index(
                fields=["tenant", "account", "reference"],
                condition=models.Q(status="received") & ~models.Q(reference=""),
                name="inbound_receipt_idx",
            ),
            models.Index(
                fields=["files_due_at", "id"],
                condition=models.Q(files_due_at__isnull=False),
                name="inbound_files_due_idx",
            ),
        ]

    def __str__(self) -> str:
        return self.subject or self.external_id


class OutboundMessage(TenantModel):
    """What we say, once: `key` makes a repeated order the same message.

    A transport that is away is asked again at `due_at`; while one is asked, since `claimed_at`, no other
    message of its account is. `external_id` is the provider's id of what was sent.

    The body of a secret one is forgotten as soon as it was sent, or could not be. One that `is_overtaken` said what a
    newer one says otherwise: no sender begins with it any more.
    """

    channel = models.CharField(max_length=10, choices=Channel.choices)
    account = models.ForeignKey(
        ChannelAccount, on_delete=models.PROTECT, null=True, blank=True, related_name="outbound"
    )
    key = models.CharField(max_length=200)
    recipient = models.CharField(max_length=254)
    subject = models.CharField(max_length=300, blank=True)
    body = models.TextField()
    language = models.CharField(max_length=10, blank=True)
    in_reply_to = models.CharField(max_length=300, blank=True)
    references = models.TextField(blank=True)
    external_id = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    claimed_at = models.DateTimeField(null=True, editable=False)
    is_automatic = models.BooleanField(default=False)
    is_secret = models.BooleanField(default=False)
    is_overtaken = models.BooleanField(default=False, db_default=False, editable=False)
    status = models.CharField(max_length=10, choices=OutboundStatus.choices, default=OutboundStatus.QUEUED)
    reason = models.TextField(blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["tenant", "key"], name="outbound_once")]
        indexes = [
            # What has no time is due at once; `claim_outbound` says the same words.
            models.Index(
                Coalesce("due_at", datetime(1, 1, 1, tzinfo=UTC)),
                "id",
                condition=models.Q(status="queued"),
                name="outbound_due_idx",
            ),
            models.Index(
                fields=["tenant", "channel", "external_id"],
                condition=~models.Q(external_id=""),
                name="outbound_external_idx",
            ),
            models.Index(
                fields=["tenant", "recipient", "id"],
                condition=models.Q(channel="chat"),
                name="outbound_chat_idx",
            ),
            models.Index(
                fields=["tenant", "channel", "account"],
                condition=models.Q(claimed_at__isnull=False),
                name="outbound_claimed_idx",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.recipient}"

    @property
    def parts(self) -> Parts:
        """Into how many SMS its words are cut."""
        return parts_of(self.body)

    @property
    def may_be_resent(self) -> bool:
        """Whether its words are still there, and true, to be sent again."""
        is_there = not (self.is_secret and not self.body)
        return self.status == OutboundStatus.FAILED and is_there and not self.is_overtaken
