"""The REST door of tickets."""
