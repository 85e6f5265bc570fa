"""Pages of feedback: for customers without signing in, and for us."""

from feedback.views.consents import choose
from feedback.views.customers import rate, track
from feedback.views.members import customer_rating, recovery_finish, response_list, visit_qr
from feedback.views.requests import followed

__all__ = [
    "choose",
    "customer_rating",
    "followed",
    "rate",
    "recovery_finish",
    "response_list",
    "track",
    "visit_qr",
]
