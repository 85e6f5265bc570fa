"""What a queue of the inbox shows: the parameters of people, links and saved views, read and checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from channels.enums import Channel
from tickets.enums import Priority, TicketKind, TicketStatus, WaitingFor
from tickets.rules import ACTIVE

VIEWS = ("open", "mine", "new", "waiting", "all")
PARAMETERS = (
    "view",
    "state",
    "sub",
    "owner",
    "channel",
    "priority",
    "topic",
    "kind",
    "customer",
    "due",
    "breached",
    "waiting",
    "q",
)
LONGEST_SEARCH = 200
OWNERS = ("me", "team", "none")

Values = dict[str, str]


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue. Empty means any; `owner` is one of OWNERS or a member's id, `due` the last day still shown.

    `problems` says what could not be understood and was left out, in words for the reader.
    """

    view: str = "open"
    state: str = ""
    sub: str = ""
    owner: str = ""
    channel: str = ""
    priority: int | None = None
    topic: int | None = None
    kind: str = ""
    customer: int | None = None
    due: date | None = None
    breached: bool = False
    waiting: str = ""
    q: str = ""
    problems: tuple[str, ...] = ()

    @property
    def is_living(self) -> bool:
        """Whether only tickets are meant in which somebody owes the customer something."""
        return self.state in ACTIVE if self.state else self.view != "all"

    @property
    def by_number(self) -> bool:
        """Whether the newest come first, rather than the first due: what was searched for, and old ones."""
        return bool(self.q) or not self.is_living

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the view is said."""
        return bool(set(self.values()) - {"view"})

    def values(self) -> Values:
        """The parameters that say this queue: what a saved view keeps, and what a link carries."""
        found = {
            "view": self.view,
            "state": self.state,
            "sub": self.sub,
            "owner": self.owner,
            "channel": self.channel,
            "priority": str(self.priority or ""),
            "topic": str(self.topic or ""),
            "kind": self.kind,
            "customer": str(self.customer or ""),
            "due": self.due.isoformat() if self.due else "",
            "breached": "1" if self.breached else "",
            "waiting": self.waiting,
            "q": self.q,
        }
        return {name: value for name, value in found.items() if value}


def read(given: Mapping[str, str]) -> Queue:
    """The queue that these parameters name. A search that names no view is over all tickets."""
    problems: list[str] = []

    def one_of(name: str, allowed: tuple[str, ...], says: str) -> str:
        value = given.get(name, "").strip()
        if not value or value in allowed:
            return value
        problems.append(says % {"value": value[:40], "all": ", ".join(allowed)})
        return ""

    def number(name: str, says: str) -> int | None:
        value = given.get(name, "").strip()
        if not value:
            return None
        if value.isdecimal() and 0 < len(value) < 18:
            return int(value)
        problems.append(says % {"value": value[:40]})
        return None

    search = " ".join(given.get("q", "").replace("\x00", "").split())[:LONGEST_SEARCH]
    view = one_of("view", VIEWS, _("“%(value)s” is no view; there are: %(all)s. Open tickets are shown."))
    priority = one_of(
        "priority",
        tuple(str(p) for p in Priority.values),
        _("“%(value)s” is no priority; there are: %(all)s. Every priority is shown."),
    )
    return Queue(
        view=view or ("all" if search else "open"),
        state=one_of(
            "state",
            tuple(TicketStatus.values),
            _("“%(value)s” is no state; there are: %(all)s. Every state is shown."),
        ),
        sub=given.get("sub", "").strip()[:40],
        owner=_owner(given.get("owner", "").strip(), problems.append),
        channel=one_of(
            "channel",
            tuple(Channel.values),
            _("“%(value)s” is no channel; there are: %(all)s. Every channel is shown."),
        ),
        priority=int(priority) if priority else None,
        topic=number("topic", _("“%(value)s” is not the number of a topic. Every topic is shown.")),
        kind=one_of(
            "kind",
            tuple(TicketKind.values),
            _("“%(value)s” is no kind; there are: %(all)s. Every kind is shown."),
        ),
        customer=number(
            "customer", _("“%(value)s” is not the number of a customer. Every customer is shown.")
        ),
        due=_day(given.get("due", "").strip(), problems.append),
        breached=given.get("breached", "") in ("1", "true", "on", "yes"),
        waiting=one_of(
            "waiting",
            tuple(WaitingFor.values),
            _("“%(value)s” is nothing to wait for; there are: %(all)s. All are shown."),
        ),
        q=search,
        problems=tuple(problems),
    )


def _owner(value: str, complain: Callable[[str], None]) -> str:
    if not value or value in OWNERS or (value.isdecimal() and len(value) < 18):
        return value
    complain(
        _("“%(value)s” is no owner; use me, team, none or a member's number. Every owner is shown.")
        % {"value": value[:40]}
    )
    return ""


def _day(value: str, complain: Callable[[str], None]) -> date | None:
    if not value:
        return None
    try:
        found = date.fromisoformat(value)
    except ValueError:
        found = None
    if found is None or not 2000 <= found.year < 2200:
        complain(
            _("“%(value)s” is no day; write it like 2026-11-30. Tickets due at any time are shown.")
            % {"value": value[:40]}
        )
        return None
    return found
