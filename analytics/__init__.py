"""Evaluation: reads everything, writes only its own read models.

Owns: VisitFigures. Publishes: nothing. May call: everything below.
"""
