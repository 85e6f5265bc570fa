"""By whom: engineers with their skills, hours and costs, the providers who lend them, crews, and capacity.

Owns: Skill, Territory, Provider (with its scope), Engineer, EngineerSkill, EngineerTerritory, EngineerPair, Shift,
ShiftBreak, ExtraShift, Absence, Crew, CapacityRule.
Publishes: AvailabilityChanged. May call: notices, accounts, journal, tenants, core.
"""
