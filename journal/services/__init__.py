"""Recording acts, publishing facts, and delivering them once."""

from journal.services.delivery import deliver_all, deliver_due, retry_parked
from journal.services.handling import MAX_ATTEMPTS
from journal.services.pruning import KEPT_DAYS, prune
from journal.services.publishing import LEASE_SECONDS, publish, start_soon
from journal.services.recording import Named, record, record_many

__all__ = [
    "KEPT_DAYS",
    "LEASE_SECONDS",
    "MAX_ATTEMPTS",
    "Named",
    "deliver_all",
    "deliver_due",
    "prune",
    "publish",
    "record",
    "record_many",
    "retry_parked",
    "start_soon",
]
