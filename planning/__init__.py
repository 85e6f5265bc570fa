"""Planning: whole days and regions as proposals that dispatchers accept or refuse, whole or by row.

Owns: PlanRun, PlanChange. Publishes: PlanAsked, PlanProposed, PlanEnded, PlanDecided. May call: dispatch,
inventory, tickets, customers, workforce, accounts, journal, tenants, core.

The search itself is `dispatch.optimiser`; what may be done is said by `dispatch.evaluator`.
"""
