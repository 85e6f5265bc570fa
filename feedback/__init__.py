"""Evaluation: did it work for the customer?

Owns: CustomerLink, Response, Recovery. Publishes: ResponseRecorded. May call: billing, delivery, dispatch, inventory,
tickets, customers, workforce, knowledge, channels, accounts, journal, tenants, core.
"""
