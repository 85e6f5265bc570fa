"""Telling our own people: what concerns them, in their own hours, and at once whoever is on call.

Owns: Notice, OwnHours, OnCallDuty. Publishes: NoticeDelivered, NoticesRead. May call: accounts, journal,
tenants, core.

Later apps say what there is to tell (`services.notify`) and how it is worded (`registry.name_kinds`): a
notice keeps facts, and becomes a sentence in its reader's language when it is read or mailed.
"""
