"""The REST door of channels."""
