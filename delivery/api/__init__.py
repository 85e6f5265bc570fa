"""The REST door of delivery."""
