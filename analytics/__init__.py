"""Evaluation: reads everything, writes only its own read models.

Owns: VisitFigures, InquiryFigures. Publishes: nothing. May call: everything below.
"""
