"""Pure helpers that know no business noun: errors, clock, money, calendars, pages, looks.

Owns nothing in the database. May call: nothing of ours.
"""
