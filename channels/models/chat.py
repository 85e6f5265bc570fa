"""A live conversation with a visitor of the customer's site."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from channels import chats
from channels.models.accounts import ChannelAccount
from tenants.models import TenantModel


class ChatSession(TenantModel):
    """One visitor in the chat widget, known by a random code of which only the hash is kept."""

    account = models.ForeignKey(ChannelAccount, on_delete=models.PROTECT, related_name="chats")
    code_hash = models.CharField(max_length=64)
    visitor_name = models.CharField(max_length=120, blank=True)
    visitor_email = models.CharField(max_length=254, blank=True)
    language = models.CharField(max_length=10, blank=True)
    page = models.CharField(max_length=500, blank=True)
    opened_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["tenant", "code_hash"], name="chat_code_uniq")]

    @property
    def room(self) -> str:
        """What messages and the live feed call this session."""
        return chats.name_of(self.pk)

    def is_open(self, at: datetime) -> bool:
        """Whether the visitor can still read there what we write."""
        return self.closed_at is None and self.seen_at > at - chats.LIFETIME

    def is_here(self, at: datetime) -> bool:
        """Whether the visitor's page was open within the last minute or so."""
        return self.closed_at is None and self.seen_at > at - chats.HERE

    def __str__(self) -> str:
        return self.visitor_name or f"#{self.pk}"
