"""Reads of the figures."""

from analytics.queries.behind import rows_behind
from analytics.queries.figures import Area, Daily, areas, daily
from analytics.queries.glance import Glance, Tile, day_at_a_glance
from analytics.queries.inquiries import HeatRow, Inquiries, TopicTrend, inquiries
from analytics.queries.live import Decision, Wall, decisions, wall

__all__ = [
    "Area",
    "Daily",
    "Decision",
    "Glance",
    "HeatRow",
    "Inquiries",
    "Tile",
    "TopicTrend",
    "Wall",
    "areas",
    "daily",
    "day_at_a_glance",
    "decisions",
    "inquiries",
    "rows_behind",
    "wall",
]
