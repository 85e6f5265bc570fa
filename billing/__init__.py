"""Settlement: what is owed, by whom, to whom, for what was done.

Owns: PriceItem, Charge, Invoice, InvoiceLine, Payment, LedgerEntry, LedgerLine. Publishes: ChargesPriced,
InvoiceIssued, InvoicePaid, PaymentTakenBack, InvoiceReversed. May call: delivery, dispatch, inventory, tickets,
customers, workforce, knowledge, channels, accounts, journal, tenants, core.
"""
