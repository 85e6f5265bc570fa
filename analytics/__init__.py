"""Evaluation: reads everything, writes only its own read models.

Owns: VisitFact. Publishes: nothing. May call: everything below.
"""
