"""The REST door of knowledge."""
