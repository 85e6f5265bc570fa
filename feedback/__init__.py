"""Evaluation: did it work for the customer? Links without sign-in, ratings, and recoveries of bad ones.

Owns: CustomerLink, Response, Recovery. Publishes: ResponseRecorded, RecoveryOpened, RecoveryFinished.
May call: billing, delivery, dispatch, inventory, tickets, customers, workforce, knowledge, channels,
accounts, journal, tenants, core.
"""
