"""Facts of people."""

from __future__ import annotations

from dataclasses import dataclass

from journal.events import Event


@dataclass(frozen=True, kw_only=True)
class PersonInvited(Event):
    """Somebody who has an account was asked to join; the link goes to their address and to nobody else."""

    membership_id: int
