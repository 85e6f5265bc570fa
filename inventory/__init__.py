"""Supply: what is on the shelf and in the van.

Owns: Part, StockLocation, StockLevel, Movement. Publishes: StockMoved, StockRanLow. May call: tickets,
customers, workforce, knowledge, channels, accounts, journal, tenants, core.

The stock ledger: every movement is a row; a stock level is their sum, kept in step by the database and never
negative.
"""
