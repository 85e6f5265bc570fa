"""The REST door of dispatch."""
