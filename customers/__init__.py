"""For whom: customers, their contacts, sites and assets.

Owns: Customer, Contact, Site, Asset. Publishes: nothing yet. May call: accounts, journal, tenants, core.
"""
