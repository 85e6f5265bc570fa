"""The REST door of workforce."""
