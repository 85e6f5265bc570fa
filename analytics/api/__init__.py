"""The REST door of analytics."""
