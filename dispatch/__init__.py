"""Scheduling: work orders and visits; who goes, when, and why.

Owns: WorkType, WorkTypeSkill, WorkOrder, WorkOrderSkill, WorkOrderLink, Visit, DispatchPolicy,
EngineerPreference, TravelProfile, TravelLeg, DispatchRule, DispatchRuleVersion, DispatchRun, Offer, ConsentRequest,
DispatchTimer.
Publishes: WorkOrderCreated, VisitScheduled, VisitMoved, VisitLocked, VisitSent, VisitProgressed, VisitCancelled,
VisitCompleted, ConsentAsked, ConsentClosed, OfferMade, OfferClosed.
May call: inventory, tickets, customers, workforce, knowledge, channels, accounts, journal, tenants, core.
"""
