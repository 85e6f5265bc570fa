"""On site: what happened at the customer's: evidence, time, checklists.

Owns: Checklist, ChecklistItem, Submission, Answer, Photo, Signature, PartUse, TimeEntry.
Publishes: EvidenceRecorded, DelayReported. May call: dispatch, inventory, tickets, customers, workforce,
knowledge, channels, accounts, journal, tenants, core.
"""
