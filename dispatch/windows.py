"""Whether the windows of work can be kept at all. Pure; the words are told to whoever asks for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from core import formats

PROMISE = frozenset({"promised_start_at", "promised_end_at"})
WINDOWS = (*sorted(PROMISE), "window_start_at", "window_end_at")


@dataclass(frozen=True, slots=True)
class Windows:
    """When work may be done (`window_*`) and when the engineer must arrive (`promised_*`); None is open."""

    minutes: int
    window_start_at: datetime | None = None
    window_end_at: datetime | None = None
    promised_start_at: datetime | None = None
    promised_end_at: datetime | None = None

    def faults(self, *, is_promised: bool = True) -> dict[str, str]:
        """{field: why nobody could keep it, and what to do}. A promise is held against the window only when
        `is_promised` by whoever gives the windows: an SLA may have promised what is over."""
        found = {**self._crossed(), **self._backwards()}
        if is_promised and not found:
            found = self._contradiction()
        return found

    def past(self, at: datetime) -> dict[str, str]:
        """{field: why} of ends that are over."""
        text = _("This is over since %(time)s. Give a later time.")
        ends = {"window_end_at": self.window_end_at, "promised_end_at": self.promised_end_at}
        return {
            name: text % {"time": formats.local_datetime(end)}
            for name, end in ends.items()
            if end is not None and end <= at
        }

    def _backwards(self) -> dict[str, str]:
        start, end = self.promised_start_at, self.promised_end_at
        if start is None or end is None or end > start:
            return {}
        text = _("“Arrive by” must be later than “Arrive from” (%(time)s).")
        return {"promised_end_at": text % {"time": formats.local_datetime(start)}}

    def _crossed(self) -> dict[str, str]:
        start, end = self.window_start_at, self.window_end_at
        if start is None or end is None:
            return {}
        if end <= start:
            text = _("“Finish by” must be later than “Not before” (%(time)s).")
            return {"window_end_at": text % {"time": formats.local_datetime(start)}}
        if (room := _minutes(end - start)) < self.minutes:
            text = _("The window is %(room)s long and the work takes %(work)s. Let it finish later.")
            facts = {"room": formats.minutes(room), "work": formats.minutes(self.minutes)}
            return {"window_end_at": text % facts}
        return {}

    def _contradiction(self) -> dict[str, str]:
        opens, closes = self.window_start_at, self.window_end_at
        if opens and self.promised_end_at and self.promised_end_at < opens:
            text = _("The engineer would have to arrive before the work may begin (%(time)s).")
            return {"promised_end_at": text % {"time": formats.local_datetime(opens)}}
        first = self.promised_start_at
        if closes and first and _minutes(closes - first) < self.minutes:
            text = _("Who arrives then cannot finish by %(time)s: the work takes %(work)s.")
            facts = {"time": formats.local_datetime(closes), "work": formats.minutes(self.minutes)}
            return {"promised_start_at": text % facts}
        return {}


def _minutes(time: timedelta) -> int:
    return int(time.total_seconds()) // 60
