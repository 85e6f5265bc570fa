"""Who calls the API, and what a token may do."""
