"""Whose data this is: the tenant, the active tenant, and the nets that keep tenants apart.

Owns: Tenant, Counter. Publishes: nothing. May call: core.

The nets: the raising manager (`managers`), the request middleware (`middleware`), row-level security with
composite foreign keys (`postgres`), and the guard tests.
"""
