"""JSON of tickets."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from channels.enums import Channel
from core.api.moments import InstantField
from core.api.reading import ReadSerializer
from core.api.writing import WriteSerializer
from core.clock import now
from customers.models import Asset, Contact, Customer, Site
from tenants.api import RowField
from tickets import queries
from tickets.enums import MessageKind, PolicyReason, Priority, TicketKind, WaitingFor
from tickets.models import SlaClock, Ticket, TicketMessage, Topic


class ClockSerializer(ReadSerializer[SlaClock]):
    """An SLA clock. `due_at` is null while it is paused."""

    class Meta:
        model = SlaClock
        fields = [
            "id",
            "kpi",
            "code",
            "round",
            "item",
            "policy",
            "state",
            "target_minutes",
            "elapsed_minutes",
            "started_at",
            "due_at",
            "warn_at",
            "stopped_at",
            "breached_at",
        ]
        read_only_fields = fields


class ExplainedClockSerializer(ClockSerializer):
    """An SLA clock with the ledger that explains it. `warn_percent` of the target may be used before a warning;
    `calendar_version` is null around the clock."""

    name = serializers.CharField(source="item.__str__", read_only=True)
    policy_name = serializers.CharField(source="policy.name", read_only=True)
    warn_percent = serializers.IntegerField(source="item.warn_percent", read_only=True)
    why = serializers.SerializerMethodField()
    explanation = serializers.SerializerMethodField()

    class Meta(ClockSerializer.Meta):
        fields = [
            *ClockSerializer.Meta.fields,
            *("name", "policy_name", "warn_percent", "policy_reason", "why", "zone", "calendar_version"),
            "explanation",
        ]
        read_only_fields = fields

    def get_why(self, clock: SlaClock) -> str:
        return PolicyReason.worded(clock.policy_reason)

    @extend_schema_field(serializers.ListField(child=serializers.DictField()))
    def get_explanation(self, clock: SlaClock) -> list[dict[str, Any]]:
        return [
            {
                "from_at": line.from_at,
                "until": line.until,
                "state": line.state,
                "minutes": line.minutes,
                "reason": line.reason,
                "actor": line.actor_label,
            }
            for line in queries.explain(clock, now())
        ]


class MessageSerializer(ReadSerializer[TicketMessage]):
    """One message of the conversation."""

    class Meta:
        model = TicketMessage
        fields = ["id", "ticket", "kind", "direction", "channel", "author_label", "body", "language", "at"]
        read_only_fields = fields


class TicketSerializer(ReadSerializer[Ticket]):
    """A ticket as lists show it."""

    clocks = ClockSerializer(many=True, read_only=True)
    sub_state: serializers.SlugRelatedField[Any] = serializers.SlugRelatedField(
        slug_field="code", read_only=True
    )

    class Meta:
        model = Ticket
        fields = [
            "id",
            "number",
            "subject",
            "description",
            "kind",
            "channel",
            "status",
            "waiting_for",
            "sub_state",
            "priority",
            "topic",
            "customer",
            "contact",
            "site",
            "asset",
            "owner",
            "language",
            "next_action_at",
            "opened_at",
            "resolved_at",
            "resolution",
            "due_at",
            "first_response_at",
            "reopened_count",
            "merged_into",
            "split_from",
            "follows",
            "source",
            "external_id",
            "version",
            "updated_at",
            "clocks",
        ]
        read_only_fields = fields


class OpenedTicketSerializer(TicketSerializer):
    """A ticket just opened, with the clocks that started with it."""

    clocks = ClockSerializer(source="started_clocks", many=True, read_only=True)


class TicketDetailSerializer(TicketSerializer):
    """A ticket with its conversation, that of tickets merged into it included, and its clocks' ledgers."""

    clocks = ExplainedClockSerializer(many=True, read_only=True)
    messages = serializers.SerializerMethodField()

    class Meta(TicketSerializer.Meta):
        fields = [*TicketSerializer.Meta.fields, "messages"]
        read_only_fields = fields

    @extend_schema_field(MessageSerializer(many=True))
    def get_messages(self, ticket: Ticket) -> Any:
        return MessageSerializer(queries.conversation_of(ticket), many=True).data


class NewTicketSerializer(WriteSerializer[Ticket]):
    """What opening a ticket takes. The customer follows from contact, site or asset.

    When open tickets look like it, the answer is 409 `likely_duplicate` with `duplicates`; `allow_duplicate` opens
    it anyway. A ticket with an `external_id` is its own system's and always opened.
    """

    subject = serializers.CharField(max_length=300)
    description = serializers.CharField(max_length=200_000, required=False, default="", allow_blank=True)
    channel = serializers.ChoiceField(Channel.choices, default=Channel.API)
    kind = serializers.ChoiceField(TicketKind.choices, default=TicketKind.PROBLEM)
    priority = serializers.ChoiceField(Priority.choices, required=False)
    topic = RowField(Topic, required=False)
    customer = RowField(Customer, required=False)
    contact = RowField(Contact, required=False)
    site = RowField(Site, required=False)
    asset = RowField(Asset, required=False)
    language = serializers.ChoiceField(["en", "ja", "zh-hans"], required=False)
    source: Any = serializers.CharField(max_length=40, required=False)
    external_id = serializers.CharField(max_length=120, required=False)
    allow_duplicate = serializers.BooleanField(required=False, default=False)


class TriageSerializer(WriteSerializer[Ticket]):
    """What may be corrected about a ticket."""

    subject = serializers.CharField(max_length=300, required=False)
    kind = serializers.ChoiceField(TicketKind.choices, required=False)
    priority = serializers.ChoiceField(Priority.choices, required=False)
    topic = serializers.PrimaryKeyRelatedField(queryset=Topic.objects.all(), required=False, allow_null=True)
    customer = serializers.PrimaryKeyRelatedField(
        queryset=Customer.objects.all(), required=False, allow_null=True
    )
    contact = serializers.PrimaryKeyRelatedField(
        queryset=Contact.objects.all(), required=False, allow_null=True
    )
    site = serializers.PrimaryKeyRelatedField(queryset=Site.objects.all(), required=False, allow_null=True)
    asset = serializers.PrimaryKeyRelatedField(queryset=Asset.objects.all(), required=False, allow_null=True)


class ReplySerializer(serializers.Serializer[Ticket]):
    """Words to the customer, or an internal note."""

    body = serializers.CharField(max_length=200_000)
    kind = serializers.ChoiceField(MessageKind.choices, default=MessageKind.PUBLIC)


class AssignSerializer(serializers.Serializer[Ticket]):
    """The id of the membership that becomes the owner."""

    owner = serializers.IntegerField(min_value=1)


class WaitSerializer(serializers.Serializer[Ticket]):
    """For what the ticket waits, and when to look again."""

    waiting_for = serializers.ChoiceField(WaitingFor.choices)
    next_action_at = InstantField(required=False)


class ResolveSerializer(serializers.Serializer[Ticket]):
    """What solved it."""

    resolution = serializers.CharField(max_length=10_000, required=False, default="", allow_blank=True)


class ReopenSerializer(serializers.Serializer[Ticket]):
    """Why it is not solved."""

    reason = serializers.CharField(max_length=500)


class NothingSerializer(serializers.Serializer[Ticket]):
    """An act that needs no words."""
