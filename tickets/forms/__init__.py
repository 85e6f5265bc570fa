"""Forms of tickets: validate and shape input; the services save."""

from __future__ import annotations

from tickets.forms.intake import AssetRequestForm, CallForm, RequestForm, SenderForm
from tickets.forms.settings import EscalationForm, NewSubStateForm, SubStateForm
from tickets.forms.tickets import LabelForm, ReopenForm, ResolveForm, TicketForm, TriageForm, WaitForm
from tickets.forms.triage import MergeForm, NotSameForm, SplitForm, SuggestionForm
from tickets.forms.writing import CannedReplyForm, ReplyForm

__all__ = [
    "AssetRequestForm",
    "CallForm",
    "CannedReplyForm",
    "EscalationForm",
    "LabelForm",
    "MergeForm",
    "NewSubStateForm",
    "NotSameForm",
    "ReopenForm",
    "ReplyForm",
    "RequestForm",
    "ResolveForm",
    "SenderForm",
    "SplitForm",
    "SubStateForm",
    "SuggestionForm",
    "TicketForm",
    "TriageForm",
    "WaitForm",
]
