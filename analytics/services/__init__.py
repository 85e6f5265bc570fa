"""Keeping the read models true to the facts."""

from __future__ import annotations

from analytics.services.inquiries import recount_inquiries, refresh_inquiries
from analytics.services.visits import refresh_figures

__all__ = ["recount_inquiries", "refresh_figures", "refresh_inquiries"]
