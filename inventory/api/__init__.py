"""The REST door of inventory."""
