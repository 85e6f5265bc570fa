"""The tenant's own addresses on each channel."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from channels.enums import Channel
from tenants.models import TenantModel


class ChannelAccount(TenantModel):
    """One mailbox, number or messaging account of the tenant, and how to reach its provider.

    `adapter` is a name of `channels.adapters`. `options` holds what may be shown; `secrets` is encrypted and
    never shown again. `hook` is the random part of the webhook's address. `cursor` is how far a poll got;
    nothing is sent before `held_until`, after a provider let us wait.
    """

    channel = models.CharField(_("Channel"), max_length=10, choices=Channel.choices)
    adapter = models.CharField(_("Provider"), max_length=20)
    name = models.CharField(_("Name"), max_length=120)
    address = models.CharField(_("Address"), max_length=254)
    options = models.JSONField(default=dict, blank=True)
    secrets = models.TextField(blank=True, editable=False)
    hook = models.CharField(max_length=64, editable=False)
    is_active = models.BooleanField(_("Active"), default=True)
    cursor = models.JSONField(default=dict, editable=False)
    checked_at = models.DateTimeField(null=True, editable=False)
    held_until = models.DateTimeField(null=True, editable=False)
    leased_until = models.DateTimeField(null=True, editable=False)
    problem = models.TextField(blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    refusals = {
        "account_address_uniq": _(
            "This channel has an account with this address already. Change that one, or give another address."
        ),
    }

    class Meta:
        ordering = ["channel", "name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "channel", "address"], name="account_address_uniq"),
            models.UniqueConstraint(fields=["tenant", "hook"], name="account_hook_uniq"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.address})"
