"""Scheduling: work orders and visits; who goes, when, and why.

Owns: WorkType, WorkTypeSkill, WorkOrder, WorkOrderSkill, Visit, DispatchRule, DispatchRun.
Publishes: WorkOrderCreated, VisitScheduled, VisitMoved, VisitSent, VisitProgressed, VisitCancelled,
VisitCompleted.
May call: inventory, tickets, customers, workforce, knowledge, channels, accounts, journal, tenants, core.
"""
