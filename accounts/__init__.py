"""People, memberships, roles, permissions and API tokens.

Owns: User, Role, Membership, ApiToken. Publishes: PersonInvited. May call: journal, tenants, core.
"""
