"""What may be done in evaluation: links to customers, their ratings, and the follow-up to bad ones."""

from feedback.services.answers import answer_question
from feedback.services.invitations import (
    invite_to_choose,
    invite_to_rate,
    issue_link,
    revoke_link,
)
from feedback.services.responses import finish_recovery, record_response, record_response_for
from feedback.services.telling import invite_to_track, take_back_changes, tell_changes

__all__ = [
    "answer_question",
    "finish_recovery",
    "invite_to_choose",
    "invite_to_rate",
    "invite_to_track",
    "issue_link",
    "record_response",
    "record_response_for",
    "revoke_link",
    "take_back_changes",
    "tell_changes",
]
