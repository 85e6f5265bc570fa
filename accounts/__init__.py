"""People, memberships, roles, permissions and API tokens.

Owns: User, Role, Membership, ApiToken. Publishes: nothing yet. May call: journal, tenants, core.
"""
