"""How: articles that help to solve what customers need.

Owns: Article. Publishes: nothing yet. May call: accounts, journal, tenants, core.
"""
