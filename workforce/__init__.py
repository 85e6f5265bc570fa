"""By whom: engineers, their skills, territories, shifts and absences, and the providers who lend them.

Owns: Skill, Territory, Provider, Engineer, EngineerSkill, EngineerTerritory, Shift, Absence.
Publishes: nothing yet. May call: accounts, journal, tenants, core.
"""
