"""One module per app: the smallest true objects for tests, made inside the active tenant."""
