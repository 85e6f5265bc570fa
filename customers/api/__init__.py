"""The REST door of customers."""
