"""Figures in the reader's words: names, written definitions, changes."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from analytics.enums import Kpi, Need, Node
from analytics.queries import Decision, Tile
from analytics.rules import REPEAT_DAYS
from core.formats import local_datetime
from dispatch.rules import TOLD_SPREAD


@dataclass(frozen=True, slots=True)
class Shown:
    """A tile for a reader: `hue` and `arrow` of its change, `spark_hue` of its line."""

    tile: Tile
    name: str
    value: str
    unit: str
    change: str
    hue: str
    arrow: str
    goal: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A decision for a reader."""

    decision: Decision
    icon: str
    hue: str
    title: str
    detail: str


def kpi_name(kpi: Kpi) -> str:
    return {
        Kpi.ON_TIME: _("On-time arrival"),
        Kpi.SLA: _("SLA kept"),
        Kpi.FIRST_FIX: _("First-time fix"),
        Kpi.UTILISATION: _("Utilisation"),
        Kpi.SATISFACTION: _("Satisfaction"),
        Kpi.BACKLOG: _("Open backlog"),
    }[kpi]


def node_look(node: Node) -> tuple[str, str, str]:
    """(hue, icon, word) of a state of the wall."""
    return {
        Node.ON_THE_WAY: ("move", "car", _("On the way")),
        Node.ON_SITE: ("work", "tool", _("On site")),
        Node.PAUSED: ("wait", "player-pause", _("Paused")),
        Node.LATE: ("stop", "run", _("Late")),
        Node.DONE: ("rest", "circle-check", _("Done")),
        Node.COULD_NOT: ("stop", "circle-x", _("Could not")),
        Node.NOT_STARTED: ("plan", "calendar", _("Not started")),
    }[node]


def need_name(need: Need) -> str:
    """The heading of the list behind a decision."""
    return {
        Need.LATE: _("After the promise"),
        Need.CLOCKS: _("Broken promises"),
        Need.NOBODY: _("Nobody can"),
    }.get(need, "")


def shown(tile: Tile, oldest_days: float | None) -> Shown:
    """A tile in words."""
    hue, arrow, text = _change(tile)
    return Shown(
        tile=tile,
        name=kpi_name(tile.kpi),
        value=value_of(tile.kpi, tile.value),
        unit=_unit(tile),
        change=text,
        hue=hue,
        arrow=arrow,
        goal=" ".join(filter(None, (_definition(tile, oldest_days), _target(tile)))),
    )


def value_of(kpi: Kpi, value: float | None) -> str:
    """A value as written: 93.6, 4.52, 186, or a dash."""
    if value is None:
        return "–"
    return rounded(value, _digits(kpi))


def rounded(value: float, digits: int) -> str:
    """A figure in the reader's format. `number_format` alone cuts off what it does not show."""
    return number_format(round(value, digits), decimal_pos=digits)


def _digits(kpi: Kpi) -> int:
    """How exactly a figure is told, wherever it stands: every share in percent to a tenth."""
    return {Kpi.SATISFACTION: 2, Kpi.BACKLOG: 0}.get(kpi, 1)


def _unit(tile: Tile) -> str:
    if tile.value is None:
        return ""
    if tile.kpi == Kpi.SATISFACTION:
        return _("of 5")
    if tile.kpi == Kpi.BACKLOG:
        return ngettext("order", "orders", round(tile.value))
    return "%"


def _definition(tile: Tile, oldest_days: float | None) -> str:
    number = {"n": tile.number}
    if tile.kpi == Kpi.ON_TIME:
        minutes = {"minutes": int(TOLD_SPREAD.total_seconds() // 60)}
        return _("Arrived within the promise, else %(minutes)s min of the plan.") % minutes
    if tile.kpi == Kpi.SLA:
        text = ngettext("Kept of %(n)s clock ended.", "Kept of %(n)s clocks ended.", tile.number)
        return text % number
    if tile.kpi == Kpi.FIRST_FIX:
        return _("No same work on the asset or site in %(days)s days before.") % {"days": REPEAT_DAYS}
    if tile.kpi == Kpi.UTILISATION:
        return _("Work and travel of finished visits, of the shift so far.")
    if tile.kpi == Kpi.SATISFACTION:
        return ngettext("Mean of %(n)s rating.", "Mean of %(n)s ratings.", tile.number) % number
    if oldest_days is None:
        return _("Not yet done. None waits.")
    return _("Not yet done, the oldest %(days)s days.") % {"days": rounded(oldest_days, 1)}


def _target(tile: Tile) -> str:
    if tile.target is None:
        return ""
    digits = 2 if tile.kpi == Kpi.SATISFACTION else 0
    unit = "" if tile.kpi == Kpi.SATISFACTION else "\u00a0%"
    return _("Target %(target)s") % {"target": f"{number_format(tile.target, digits)}{unit}"}


def _change(tile: Tile) -> tuple[str, str, str]:
    """(hue, icon, text) of the change against the usual."""
    if tile.value is None:
        return "rest", "minus", _("Nothing yet on this day")
    change = tile.change
    if change is None:
        return "rest", "minus", _("No usual yet to compare")
    if change.is_good is None:
        return "rest", "arrow-right", _("As usual")
    by = _amount(tile.kpi, abs(change.by))
    text = _("%(by)s above usual") if change.by > 0 else _("%(by)s below usual")
    arrow = "arrow-up-right" if change.by > 0 else "arrow-down-right"
    bad = "stop" if tile.is_missed else "wait"
    return ("work" if change.is_good else bad), arrow, text % {"by": by}


def _amount(kpi: Kpi, by: float) -> str:
    amount = rounded(by, _digits(kpi))
    if kpi in (Kpi.BACKLOG, Kpi.SATISFACTION):
        return amount
    return _("%(points)s pt") % {"points": amount}


def asked(decision: Decision) -> Ask:
    """A decision in words."""
    n = decision.number
    facts = {"n": n, "name": decision.name, "at": local_datetime(decision.at)}
    if decision.need == Need.AREA:
        percent = value_of(Kpi.ON_TIME, decision.percent or 0)
        title = _("%(name)s: on-time arrival at %(percent)s %%") % {**facts, "percent": percent}
        detail = ngettext("%(n)s visit in 28 days", "%(n)s visits in 28 days", n) % facts
        return Ask(decision, "alert-octagon", "stop", title, detail)
    if decision.need == Need.RECOVERIES:
        title = ngettext("%(n)s customer waits for a call", "%(n)s customers wait for a call", n) % facts
        return Ask(decision, "mood-sad", "wait", title, _("Call the first by %(at)s") % facts)
    if decision.need == Need.CLOCKS:
        title = ngettext("%(n)s promise is broken and open", "%(n)s promises are broken and open", n) % facts
        return Ask(decision, "alert-octagon", "stop", title, _("The oldest since %(at)s") % facts)
    if decision.need == Need.LATE:
        title = ngettext(
            "%(n)s visit will come after the promise", "%(n)s visits will come after the promise", n
        )
        return Ask(decision, "run", "stop", title % facts, _("The first was promised by %(at)s") % facts)
    if decision.need == Need.NOBODY:
        title = ngettext("Nobody can take %(n)s work order", "Nobody can take %(n)s work orders", n) % facts
        return Ask(decision, "user-off", "stop", title, _("The oldest since %(at)s") % facts)
    if decision.need == Need.STOCK:
        title = ngettext("%(n)s stock level is low", "%(n)s stock levels are low", n) % facts
        detail = decision.name or _("Below the minimum of their place")
        return Ask(decision, "package", "wait", title, detail)
    title = ngettext("%(n)s work order waits for a price", "%(n)s work orders wait for a price", n) % facts
    return Ask(decision, "receipt", "wait", title, _("Done and charged with 0 until it is set"))
