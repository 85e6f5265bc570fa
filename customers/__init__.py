"""For whom: customers, their contacts, contracts, sites and assets.

Owns: Customer, Contact, Contract, Site, Asset. Publishes: ContractChanged. May call: accounts, journal, tenants, core.
"""
