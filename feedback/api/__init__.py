"""The REST door of feedback."""
